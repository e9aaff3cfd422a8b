// A core that keeps count of what it was told, what it sent and why it did not quote.
//
// The core itself, unchanged; stands in its place in a checked run.
#pragma once

#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include "engine/core/core.h"

namespace mm::test {

struct ObservedCore : Core {
  explicit ObservedCore(const CoreConfig& config)
      : Core(config), seen_(config.instruments.size()), own_(config.instance) {}

  void on(const Event& event, CommandBuffer& out) {
    ++events_[static_cast<std::size_t>(event.kind)];
    if (reports_failure(event.kind)) {
      ++failures_[static_cast<std::size_t>(event.failure.command)]
                 [static_cast<std::size_t>(event.failure.reason)];
    }
    if (event.kind == EventKind::kOrderStatus &&
        event.report.status == static_cast<std::uint8_t>(OrderStatusCode::kNotFound)) {
      ++not_found;
    }
    const std::size_t before = out.size();
    Core::on(event, out);
    for (const Command& c : out.items().subspan(before)) observe(c);
    unknown_most = std::max(unknown_most, static_cast<std::size_t>(orders().unknown_count()));
    if (event.kind == EventKind::kBatchEnd) observe_reasons();
  }

  std::uint64_t events(EventKind kind) const { return events_[static_cast<std::size_t>(kind)]; }
  std::uint64_t commands(CommandKind kind) const {
    return commands_[static_cast<std::size_t>(kind)];
  }
  std::uint64_t failures(CommandKind kind, RejectReason reason) const {
    return failures_[static_cast<std::size_t>(kind)][static_cast<std::size_t>(reason)];
  }
  // Was it a side's reason not to quote?
  bool named(QuoteReason reason, InstrumentId i = 0) const {
    return seen_[i][static_cast<std::size_t>(reason)];
  }

  std::size_t unknown_most = 0;
  std::uint64_t not_found = 0;
  std::uint64_t ids_again = 0;       // orders under an id that another had
  std::uint64_t foreign = 0;         // requests about an order that is not ours
  std::uint64_t own_in_the_way = 0;  // decisions that our own other side kept from being made
  Nanos quoted_last{};

 private:
  void observe(const Command& c) {
    ++commands_[static_cast<std::size_t>(c.kind)];
    if (c.kind == CommandKind::kResyncFeed || c.kind == CommandKind::kQueryOpenOrders) return;
    if (parts(c.id).instance != own_) ++foreign;
    const bool place = c.kind == CommandKind::kPlace, replace = c.kind == CommandKind::kReplace;
    if (place || replace) {
      if (!ids_.insert(place ? c.id.v : c.new_id.v).second) ++ids_again;
      quoted_last = now();
    }
  }
  void observe_reasons() {
    for (InstrumentId i = 0; i < seen_.size(); ++i) {
      for (const SideState& side : instrument(i).sides) {
        seen_[i][static_cast<std::size_t>(side.reason)] = true;
        if (side.reason == QuoteReason::kBookCrossed && !instrument(i).market.crossed()) {
          ++own_in_the_way;
        }
      }
    }
  }

  std::array<std::uint64_t, static_cast<std::size_t>(EventKind::kCount)> events_{};
  std::array<std::uint64_t, static_cast<std::size_t>(CommandKind::kCount)> commands_{};
  std::array<std::array<std::uint64_t, static_cast<std::size_t>(RejectReason::kCount)>,
             static_cast<std::size_t>(CommandKind::kCount)>
      failures_{};
  std::vector<std::array<bool, static_cast<std::size_t>(QuoteReason::kCount)>> seen_;
  std::set<std::uint64_t> ids_;
  std::uint8_t own_;
};

}  // namespace mm::test
