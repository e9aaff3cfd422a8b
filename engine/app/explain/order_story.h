// The life of one client order id: what was sent for it and why, what came back, what was left.
//
// One thread, cold; some hundred bytes a line, and an order has few lines: what repeats at every
// decision, an order left where it is, is one line between two others.
#pragma once

#include <string>
#include <string_view>

#include "engine/core/command.h"
#include "engine/core/core.h"
#include "engine/core/event.h"

namespace mm::app {

class OrderStory {
 public:
  explicit OrderStory(ClientOrderId id) : id_(id) {}

  // Each after the core has consumed the event; `command` and `event` name this order.
  void on_command(const Core& core, const Command& command);
  void on_event(const Core& core, const Event& event);
  // The order rests at the end of a batch, and nothing was sent for it.
  void on_left(const Core& core, const Order& order);

  void on_reload(Nanos time, const std::string& changes);

  ClientOrderId id() const { return id_; }
  // All lines so far; `core` says how the order ended where no report did.
  std::string text(const Core& core) const;

 private:
  void begin(const InstrumentState& s, Side side, std::string_view how);
  void add(Nanos time, const std::string& line);
  void close_left();
  std::string report_line(const InstrumentState& s, const Event& e) const;
  std::string failure_line(const Event& e) const;

  ClientOrderId id_;
  std::string text_;
  bool ended_ = false;
  Nanos left_since_{kNever}, left_until_{};  // while it is left where it is
  Ratio left_off_max_{};
  Ratio left_threshold_{};
  std::string_view left_why_;  // beyond the threshold all the same
};

}  // namespace mm::app
