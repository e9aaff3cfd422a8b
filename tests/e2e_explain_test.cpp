// mm_logic explain on real sessions: every order's life, a level's history, an instant, bad input.
#include <gmock/gmock.h>

#include <map>
#include <regex>

#include "engine/ledger/sqlite.h"
#include "tests/e2e_support.h"

namespace mm {
namespace {

using test::kConfig;
using test::Ran;
using test::Scratch;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// Ten minutes in which fills, amends, resets, a full position and a lack of requests all happen.
const Scratch& session() {
  static const Scratch here;
  static const Ran ran = here.run("run -c " + kConfig +
                                  " --speed max --seconds 600 --seed 3 --session s --quiet"
                                  " --set order_management.reset_interval=100");
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  return here;
}

Ran explain(const std::string& what) {
  return session().run("explain " + what);
}

// Stories by order: the lines from "mm...: " to the next.
std::map<std::string, std::string> stories(const std::string& text) {
  std::map<std::string, std::string> found;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t next = text.find("\nmm", at);
    const std::size_t end = next == std::string::npos ? text.size() : next + 1;
    found[text.substr(at, 18)] = text.substr(at, end - at);
    at = end;
  }
  return found;
}

// What must stand in the story of an order that ended like that: what happened, and what led to it.
struct End {
  std::string happened, why;
};
End end_of(const std::string& state, bool was_replaced) {
  if (was_replaced) return {"replaced: cancelled, mm[0-9a-f]{16} is on the book", "replace by "};
  if (state == "filled") return {"filled [0-9.]+ at [0-9.]+ as maker, trade [0-9]+", ""};
  if (state == "cancelled") return {"cancelled with [0-9.]+ executed", "cancel"};
  if (state == "rejected") return {"(refused by the venue|never on the book): [a-z]", ""};
  if (state == "denied") return {"never sent: [a-z]", ""};
  return {"ended by the venue with [0-9.]+ executed: [a-z]", ""};
}

// Each request names its rule; one that ends the order comes before its end.
void expect_reasons(const std::string& story, const End& end) {
  EXPECT_TRUE(std::regex_search(story, std::regex(" " + end.happened))) << story;
  if (end.why.empty()) return;
  const std::regex request("Z " + end.why + "[^\\n]*: [a-z0-9][^\n]{12,}\n");
  EXPECT_TRUE(std::regex_search(story, request)) << story;
}

// What is left where it is stands near enough, or is kept there by something.
int expect_reasons_of_what_is_left(const std::string& story) {
  static const std::regex left(
      "left where it is for [^\n]*: at most ([0-9.]+) of fair value off a "
      "level that is wanted, modify_threshold is ([0-9.]+)([^\n]*)");
  int too_far = 0;
  for (std::sregex_iterator it(story.begin(), story.end(), left); it != std::sregex_iterator();
       ++it) {
    const bool far = std::stod((*it)[1]) > std::stod((*it)[2]);
    too_far += far ? 1 : 0;
    EXPECT_EQ((*it)[3].str().starts_with("; not moved: "), far) << it->str();
  }
  return too_far;
}

TEST(Explain, EveryEndAndEveryOrderThatIsLeftHasItsReason) {
  const auto told = stories(explain("s --order all").out);
  Database ledger;
  ASSERT_EQ(ledger.open(session().path("s/ledger.sqlite"), Database::Mode::kReadOnly), "");
  Statement orders;
  ASSERT_EQ(ledger.prepare("SELECT client_order_id, state, EXISTS(SELECT 1 FROM orders AS o WHERE "
                           "o.replaces = orders.client_order_id AND o.amends > 0) FROM orders",
                           orders),
            "");
  std::map<std::string, int> ends;
  int too_far = 0;
  while (orders.step()) {
    const std::string& story = told.at(orders.text(0));
    const bool was_replaced = orders.integer(2) != 0;
    ++ends[was_replaced ? "replaced" : orders.text(1)];
    expect_reasons(story, end_of(orders.text(1), was_replaced));
    too_far += expect_reasons_of_what_is_left(story);
    EXPECT_THAT(story, Not(HasSubstr("the next decision does it"))) << "left without a reason";
    EXPECT_THAT(story, Not(HasSubstr("the order may rest"))) << "the session is over";
  }
  for (const char* end : {"filled", "cancelled", "replaced"}) EXPECT_GT(ends[end], 5) << end;
  EXPECT_GT(too_far, 0) << "none was ever kept from moving";
}

TEST(Explain, AnswersForEveryOrderOfTenMinutesWithoutUnknown) {
  const Ran all = explain("s --order all");
  ASSERT_EQ(all.exit_code, 0) << all.err;
  EXPECT_THAT(all.out, Not(HasSubstr("unknown")));
  EXPECT_THAT(all.out, Not(HasSubstr("what was sent before asks for it")));
  const auto told = stories(all.out);
  Database ledger;
  ASSERT_EQ(ledger.open(session().path("s/ledger.sqlite"), Database::Mode::kReadOnly), "");
  Statement orders;
  ASSERT_EQ(ledger.prepare("SELECT client_order_id, filled_lots, replaces FROM orders", orders),
            "");
  std::size_t count = 0;
  while (orders.step()) {
    const auto story = told.find(orders.text(0));
    ASSERT_NE(story, told.end()) << orders.text(0);
    // Asked for alone it has the same; some of them, as each is the whole session once more.
    if (count % 40 == 0) {
      EXPECT_EQ(explain("s --order " + orders.text(0)).out, story->second);
    }
    const bool first = orders.text(2).empty();
    EXPECT_THAT(story->second, HasSubstr(first ? " place " : " placed in its stead: "));
    EXPECT_THAT(story->second, HasSubstr("    fair value  "));
    EXPECT_EQ(story->second.find(" filled ") != std::string::npos, orders.integer(1) > 0)
        << story->second;
    ++count;
  }
  EXPECT_EQ(count, told.size());
  EXPECT_GT(count, 100u);
  for (const char* rule : {"modify_threshold", "timed reset 1", "no order served bid:1",
                           "the session ends", "left where it is for "}) {
    EXPECT_THAT(all.out, HasSubstr(rule));
  }
}

TEST(Explain, TellsOneOrderByEitherOfItsNames) {
  const Ran all = explain("s --order all");
  const Ran ours = explain("s --order " + all.out.substr(0, 18));
  EXPECT_EQ(ours.exit_code, 0);
  EXPECT_EQ(ours.out, stories(all.out).at(all.out.substr(0, 18)));
  EXPECT_EQ(explain("s --order 1").out, ours.out);
}

TEST(Explain, TellsHowALevelStoodAtAnInstant) {
  const Ran at = explain("s --at +60 --level ask:2");
  EXPECT_EQ(at.exit_code, 0) << at.err;
  EXPECT_THAT(at.out, AllOf(StartsWith("ETHUSDT at 2024-01-01T00:0"), HasSubstr("fair value"),
                            HasSubstr("position"), HasSubstr("budget"), HasSubstr("ask:2"),
                            Not(HasSubstr("bid:1")), Not(HasSubstr("ask:1"))));
  const Ran warming = explain("s --at +1");
  EXPECT_THAT(warming.out, HasSubstr("bid:3: not quoted, the measures of the market are warming"));
}

TEST(Explain, TellsALevelsWholeHistory) {
  const Ran level = explain("s --level bid:1");
  EXPECT_EQ(level.exit_code, 0) << level.err;
  EXPECT_THAT(level.out,
              AllOf(HasSubstr("bid:1: not quoted, the measures of the market are warming up"),
                    HasSubstr("for bid:1: no order served bid:1"), HasSubstr("modify_threshold"),
                    Not(HasSubstr("bid:2"))));
}

TEST(Explain, RefusesWhatItCannotAnswerInOneLine) {
  const std::vector<std::pair<std::string, int>> bad{{"s", 2},
                                                     {"s --order x", 2},
                                                     {"s --level bid:0", 2},
                                                     {"s --at noon", 2},
                                                     {"s --order all --at +1", 2},
                                                     {"s --order mm00000000000000ff", 1},
                                                     {"s --order 987654321", 1},
                                                     {"s --at 2020-01-01T00:00:00", 1},
                                                     {"s --at +1 --symbol NONE", 1},
                                                     {"nowhere --at +1", 1}};
  for (const auto& [arguments, exit_code] : bad) {
    const Ran ran = explain(arguments);
    EXPECT_EQ(ran.exit_code, exit_code) << arguments;
    EXPECT_EQ(ran.out, "") << arguments;
    EXPECT_FALSE(ran.err.empty()) << arguments;
    EXPECT_LE(test::count_of(ran.err, "\n"), 2u) << ran.err;
  }
}

TEST(Explain, OfAJournalThatIsCutTellsWhatThereIsAndFails) {
  const std::string bytes = test::read_file(session().path("s/journal.bin"));
  std::filesystem::create_directory(session().path("cut"));
  session().write("cut/journal.bin", std::string_view(bytes).substr(0, bytes.size() * 2 / 3));
  const Ran ran = explain("cut --order all");
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.out, StartsWith("mm"));
  EXPECT_THAT(ran.err, HasSubstr("cut: this is of a part of the session: "));
}

TEST(Explain, TellsOfADamagedJournalNothingThatItCannotProve) {
  std::string bytes = test::read_file(session().path("s/journal.bin"));
  bytes[bytes.size() / 2] ^= 0x10;
  std::filesystem::create_directory(session().path("damaged"));
  session().write("damaged/journal.bin", bytes);
  const Ran ran = explain("damaged --order all");
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.err, HasSubstr("damaged"));
  for (const std::size_t bytes_left : {0u, 10u, 4000u}) {
    session().write("damaged/journal.bin", std::string_view(bytes).substr(0, bytes_left));
    const Ran cut = explain("damaged --order all");
    EXPECT_EQ(cut.exit_code, 1) << bytes_left;
    EXPECT_THAT(cut.err, HasSubstr("journal.bin")) << bytes_left;
  }
}

}  // namespace
}  // namespace mm
