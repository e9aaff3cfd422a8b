// What a venue says by REST before a start and at the end: whatever the words, errors are one
// line, no sum overflows, and a question ends.
//
// Input: an answer a line, `STATUS BODY`, in the order of the questions.
#include <fmt/format.h>

#include <charconv>

#include "engine/app/venue/venue_account.h"
#include "engine/app/venue/venue_rest.h"
#include "tests/core_harness.h"
#include "tests/fuzz/answering_server.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using namespace mm;
namespace orders = mm::binance::orders;

constexpr const char* kKey = "fuzzers-key";

// Long enough to cancel once and look again.
constexpr Nanos kPatience{200'000};

std::string http(std::string_view line) {
  int status = 200;
  const char* const end = line.data() + line.size();
  const char* const rest = std::from_chars(line.data(), end, status).ptr;
  line.remove_prefix(static_cast<std::size_t>(rest - line.data()));
  return fmt::format("HTTP/1.1 {:03} -\r\nContent-Length: {}\r\n\r\n{}",
                     std::clamp(status, 200, 599), line.size(), line);
}

void judge_line(std::string_view text) {
  const bool one_line =
      std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) >= ' '; });
  MM_ASSERT(one_line, "what is told is one line");
}
void judge_error(std::string_view text) {
  judge_line(text);
  MM_ASSERT(text.find(kKey) == std::string_view::npos, "an error has no key");
}

void ask_before(const app::VenueConfig& venue, const orders::Credentials& key) {
  net::SharedRequestPause pause;
  app::VenueRest rest(venue, pause);
  const std::string error = rest.ask_time();
  judge_error(error);
  MM_ASSERT(error.empty() == rest.clock().known(), "a time, or a reason why not");
  if (!error.empty()) return;
  const app::VenueAnswer answer = rest.ask_signed("/api/v3/account", {}, key);
  judge_error(answer.error);
  if (!answer.error.empty()) return;
  static_cast<void>(app::free_balance(answer.body, "ETH"));
  static_cast<void>(app::amount_of(answer.body, "maker"));
  static_cast<void>(app::flag_of(answer.body, "canTrade"));
  static_cast<void>(app::text_of(answer.body, "msg"));
}

void ask_at_end(const app::VenueConfig& venue, const orders::Credentials& key, bool everybody) {
  const std::vector<Instrument> instruments{test::eth_spot()};
  test::CoreHarness core(test::one_instrument());
  Event balance = test::CoreHarness::event(EventKind::kBalance);
  balance.balance = {Amount(kAmountScale), Amount(0), Asset::kBase, {}};
  core.deliver(balance);
  net::SharedRequestPause pause;
  app::VenueAccount account(venue, key, instruments, pause);
  const app::VenueAccount::Left left = account.cancel_all({.self = {.instance = 1, .epoch = 7},
                                                           .everybody = everybody,
                                                           .arrivals_until = Nanos(0),
                                                           .patience = kPatience});
  judge_error(left.error);
  Summary summary;
  account.compare(core.core, left, 0, summary, Nanos(0));
  for (const auto& [name, violations] : summary.invariants) {
    MM_ASSERT(violations >= 0, "a count is none");
  }
  for (const std::string& note : summary.notes) judge_line(note);
}

}  // namespace

MM_FUZZ_TARGET(venue_answers) {
  static test::AnsweringServer server(kKey);
  static const orders::Credentials key = [] {
    orders::Credentials made;
    made.api_key = orders::SecretText(kKey);
    made.signer = orders::Signer::from_secret(orders::SecretText("fuzzers-secret")).signer;
    return made;
  }();
  std::vector<std::string> answers;
  std::string_view line;
  while (answers.size() < 20 && test::next_line(input, line)) answers.push_back(http(line));
  if (answers.empty()) answers.push_back(http("500 "));
  app::VenueConfig venue;
  venue.rest_url = server.url();
  venue.ca_file = "none";  // nobody wants TLS here, and reading them all takes its time
  server.say(answers);
  ask_before(venue, key);
  server.say(answers);
  ask_at_end(venue, key, answers.size() % 2 == 0);
}
