// The way to the venue's dialect on which things go wrong, as a plan of faults says: between the
// sockets and the frontend behind, with the shape of both.
//
// The server's thread. The kinds are those of the simulator (sim/faults/fault_plan.h) that can
// happen on a wire: requests and answers of the WS API and of REST are lost, late, repeated or
// refused, lists of a moment ago, events silent or out of order or of orders that are somebody
// else's, market data lost, repeated, stale or frozen, connections cut, refused, slow, closed for
// their age, left without a word or half-open; the venue's clock jumps, a symbol halts, balances
// move, tick or lot changes. A late request has been read and is carried out whatever becomes of
// its connection, unless it is older than its recvWindow by then. Events that were kept from a
// client are told by nobody afterwards: it has to find out. "Not found" is only said of orders that
// are young.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sim/faults/fault_windows.h"
#include "sim/server/api_error.h"
#include "sim/server/venue_frontend.h"

namespace mm::server {

class FaultyWire;

// What a request does about orders, if anything.
struct OrderRequest {
  bool places = false, replaces = false, amends = false, cancels = false, asks = false;
  bool looks = false;  // at all open orders, at trades, at the account

  bool any() const { return places || replaces || amends || cancels || asks || looks; }
};

class FaultyFrontend : public Frontend {
 public:
  // Of the kinds of a plan, those that this does.
  static sim::FaultPlan on_the_wire(sim::FaultPlan plan);

  // All of them outlive this.
  FaultyFrontend(VenueFrontend& behind, sim::FaultPlan plan, std::uint64_t seed, Nanos (*clock)());
  ~FaultyFrontend() override;

  void answer(const HttpRequest& request, Reply reply) override;
  std::optional<HttpAnswer> refuse_upgrade(const HttpRequest& request) override;
  std::unique_ptr<Conversation> open(const HttpRequest& request, Connection& connection) override;

  // Windows open and close, and what was held back goes on.
  void advance();

  // Before the sockets go that wait for answers: what is late comes no more.
  void drop_late() { late_.clear(); }

  const sim::FaultCounts& counts() const { return faults_.counts(); }
  // Late requests that were carried out when their WebSocket had gone.
  std::uint64_t orphans() const { return orphans_; }

 private:
  friend class FaultyWire;
  // How long "not found" may be said of an order.
  static constexpr Nanos kYoung{kSecond};
  static constexpr std::size_t kBirthsMax = 1024, kSnapshotsMax = 64, kLateMax = 4096;

  // What a request is refused with now, if it is.
  std::optional<ApiError> refusal(const OrderRequest& request);
  // 5xx, in one of the venue's words.
  ApiError status_unknown();
  // Whether the request, to be carried out at once, comes to something else than it should: half of
  // a replace, a cancel that is none, a list of a moment ago. leave_fate() afterwards.
  bool changes_fate(const OrderRequest& request);
  void leave_fate();
  // Of REST: why it does not come to the venue, if it does not; until when it is late; what the
  // venue says; and that on its way back.
  std::optional<HttpAnswer> stop(const HttpRequest& request, const OrderRequest& asked);
  std::optional<Nanos> late_until(const OrderRequest& asked);
  HttpAnswer carry_out(const HttpRequest& request, const OrderRequest& asked);
  void say(HttpAnswer answer, const Reply& reply);
  // Something late; false if there is no room for it.
  bool hold(Nanos at, std::function<void()> carry_out);
  HttpAnswer begin_fault(const HttpRequest& request);
  void on_begin(const sim::Fault& fault);
  void on_end(const sim::Fault& fault);
  // What the venue's clock shows then, if nothing sets it again.
  Nanos venue_time(Nanos wall) const { return wall + behind_.now() - clock_(); }
  void set_clock();
  void halt(InstrumentId i);
  void resume_trading();
  void take_balances();
  void give_back_balances();
  void change_grid(bool tick);
  template <class Use>
  void for_each_wire(Use&& use);
  // Those for which `strike` answers true are counted.
  template <class Strike>
  void strike_wires(sim::FaultKind kind, Strike&& strike);
  void note_birth(std::string_view client_id);
  bool is_young(std::string_view client_id) const;
  HttpAnswer old_snapshot(const HttpRequest& request);

  VenueFrontend& behind_;
  sim::FaultWindows faults_;
  Nanos (*clock_)();
  std::vector<FaultyWire*> wires_;
  std::multimap<Nanos, std::function<void()>> late_;
  std::uint64_t orphans_ = 0;
  std::map<std::string, Nanos, std::less<>> births_;  // of orders, by client id
  std::map<std::string, HttpAnswer> snapshots_;       // the last one, by query
  std::vector<InstrumentId> halted_;
  struct Taken {
    sim::AccountId account;
    sim::AssetId asset;
    Amount amount;
  };
  std::vector<Taken> taken_;  // of balances, to be given back
};

}  // namespace mm::server
