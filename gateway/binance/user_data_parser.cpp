#include "gateway/binance/user_data_parser.h"

#include <vector>

#include "gateway/binance/json_reader.h"

namespace mm::binance::orders {
namespace {

using json::Error;
using json::kOk;
namespace od = json::od;

UserEventKind kind_of(std::string_view word) {
  if (word == "executionReport") return UserEventKind::kExecutionReport;
  if (word == "outboundAccountPosition") return UserEventKind::kAccountPosition;
  if (word == "balanceUpdate") return UserEventKind::kBalanceUpdate;
  if (word == "eventStreamTerminated") return UserEventKind::kStreamTerminated;
  return word == "serverShutdown" ? UserEventKind::kServerShutdown : UserEventKind::kIgnored;
}

}  // namespace

struct UserDataParser::Impl {
  explicit Impl(std::size_t bytes_max) : json(bytes_max), balances(ResponseParser::kBalancesMax) {
    ready = json.allocate(bytes_max) == kOk;
  }

  const char* parse(std::string_view text);

  od::parser json;
  bool ready;
  UserEvent out;
  std::vector<BalanceRecord> balances;
  std::size_t balance_count = 0;

 private:
  Error read_letter(char key, od::value& value);
  Error read_lower_letter(char key, od::value& value);
  Error read_balances(od::value& value);
  Error read_event(od::value& value);
};

Error UserDataParser::Impl::read_balances(od::value& value) {
  if (json::type_of(value) != od::json_type::array) return kOk;
  return json::for_each_element(value, [this](od::value& element) {
    if (balance_count == balances.size()) return simdjson::CAPACITY;
    BalanceRecord& b = balances[balance_count++];
    b = {};
    return json::for_each_member(element, [&b](std::string_view key, od::value& v) {
      if (key == "a") return json::read_text(v, b.asset);
      if (key == "f") return json::read_decimal(v, b.free);
      return key == "l" ? json::read_decimal(v, b.locked) : kOk;
    });
  });
}

Error UserDataParser::Impl::read_lower_letter(char key, od::value& value) {
  ExecutionReport& r = out.report;
  switch (key) {
    case 's':
      return json::read_text(value, r.symbol);
    case 'c':
      return json::read_text(value, r.client_id);
    case 'x':
      return json::read_text(value, r.execution);
    case 'r':
      return json::read_text(value, r.reject_reason);
    case 'i':
      return json::read_id(value, r.order_id);
    case 't':
      return json::read_id(value, r.trade_id);
    case 'p':
      return json::read_decimal(value, r.price);
    case 'q':
      return json::read_decimal(value, r.quantity);
    case 'z':
      return json::read_decimal(value, r.executed);
    case 'l':
      return json::read_decimal(value, r.last_quantity);
    case 'n':
      return json::read_decimal(value, r.fee);
    case 'm':
      return json::read_bool(value, r.maker);
    default:
      return kOk;
  }
}

Error UserDataParser::Impl::read_letter(char key, od::value& value) {
  ExecutionReport& r = out.report;
  switch (key) {
    case 'C':
      return json::read_text(value, r.original_client_id);
    case 'S':
      return json::read_text(value, r.side);
    case 'X':
      return json::read_text(value, r.status);
    case 'N':
      return json::read_text(value, r.fee_asset);
    case 'L':
      return json::read_decimal(value, r.last_price);
    case 'A':
      return json::read_decimal(value, r.prevented);
    case 'B':  // of a prevented trade a quantity, of an account position the balances
      return read_balances(value);
    default:
      return read_lower_letter(key, value);
  }
}

// Members may come in any order: what the letters of another kind would mean is not used.
Error UserDataParser::Impl::read_event(od::value& value) {
  return json::for_each_member(value, [this](std::string_view key, od::value& v) {
    if (key == "e") {
      std::string_view word;
      const Error e = json::read_text(v, word);
      out.kind = kind_of(word);
      return e;
    }
    if (key == "eR") return json::read_text(v, out.report.expiry_reason);
    if (key == "u" && out.kind == UserEventKind::kAccountPosition) {
      return json::read_integer(v, out.balance_time_ms);
    }
    if (key.size() != 1) return kOk;
    const bool of_use =
        out.kind == UserEventKind::kExecutionReport || out.kind == UserEventKind::kAccountPosition;
    return of_use ? read_letter(key[0], v) : kOk;
  });
}

const char* UserDataParser::Impl::parse(std::string_view text) {
  out = UserEvent{};
  balance_count = 0;
  if (!ready) return "no memory";
  const Error e = json::read_message(json, text, kPadding, [this](od::object& object) {
    return json::for_each_member(object, [this](std::string_view key, od::value& v) {
      return key == "event" ? read_event(v) : kOk;
    });
  });
  out.balances = {balances.data(), balance_count};
  return e == kOk ? "" : simdjson::error_message(e);
}

UserDataParser::UserDataParser(std::size_t message_bytes_max)
    : impl_(std::make_unique<Impl>(message_bytes_max)) {}
UserDataParser::~UserDataParser() = default;
UserDataParser::UserDataParser(UserDataParser&&) noexcept = default;
UserDataParser& UserDataParser::operator=(UserDataParser&&) noexcept = default;

const char* UserDataParser::parse(std::string_view text) {
  return impl_->parse(text);
}
const UserEvent& UserDataParser::event() const {
  return impl_->out;
}

}  // namespace mm::binance::orders
