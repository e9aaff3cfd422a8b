// Lines out of the order session's notes.
#include <gmock/gmock.h>

#include "gateway/binance/note_lines.h"
#include "tests/binance_instruments.h"

namespace mm::binance::orders {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class BinanceNoteLines : public testing::Test {
 protected:
  void note(SessionNote note, std::string_view words = {}) {
    note.say(words);
    ASSERT_TRUE(notes_.try_push(note));
  }
  std::vector<std::string> told(Nanos now) {
    std::vector<std::string> all;
    lines_.tell(now, [&](LogLevel level, std::string_view line) {
      all.push_back((level == LogLevel::kWarning ? "! " : "") + std::string(line));
    });
    return all;
  }

  std::vector<std::string> finished(Nanos now) {
    std::vector<std::string> all;
    lines_.finish(now, [&](LogLevel level, std::string_view line) {
      all.push_back((level == LogLevel::kWarning ? "! " : "") + std::string(line));
    });
    return all;
  }

  SessionNotes notes_{kNotesMax};
  InstrumentMap instruments_{test::spot_instruments()};
  NoteLines lines_{notes_, instruments_, "a-key-that-is-secret"};
  Nanos now_{1000 * kSecond.v};
};

TEST_F(BinanceNoteLines, OfAKindAndCodeTheFirstIsSaidAndTheOthersAreCounted) {
  const SessionNote refused{
      .kind = NoteKind::kRefused, .command = CommandKind::kPlace, .status = 400, .code = -2010};
  for (int i = 0; i < 5; ++i) note(refused, "This action is disabled on this account.");
  const std::string line =
      "! place of BTCUSDT was refused: -2010 This action is disabled on this account. (status 400)";
  EXPECT_THAT(told(now_), ElementsAre(line));
  note(refused, "This action is disabled on this account.");
  SessionNote other = refused;
  other.code = -1013;
  note(other, "STP");
  EXPECT_THAT(told(now_ + kSecond),
              ElementsAre("! place of BTCUSDT was refused: -1013 STP (status 400)"));
  note(refused, "This action is disabled on this account.");
  EXPECT_THAT(told(now_ + NoteLines::kQuiet), ElementsAre(line + "; 5 more like it meanwhile"));
  EXPECT_THAT(told(now_ + 2 * NoteLines::kQuiet), IsEmpty());
}

TEST_F(BinanceNoteLines, WhatWasNotSaidIsCountedAtTheEnd) {
  const SessionNote refused{
      .kind = NoteKind::kRefused, .command = CommandKind::kPlace, .status = 400, .code = -2010};
  for (int i = 0; i < 5; ++i) note(refused, "Rejected.");
  const std::string line = "! place of BTCUSDT was refused: -2010 Rejected. (status 400)";
  EXPECT_THAT(told(now_), ElementsAre(line));
  note(refused, "Rejected.");
  note({.kind = NoteKind::kClockRefused, .command = CommandKind::kPlace, .code = -1021}, "Late.");
  EXPECT_THAT(finished(now_ + kSecond), ElementsAre(HasSubstr("the venue refuses our time"),
                                                    line + "; 5 more like it since"));
  EXPECT_THAT(finished(now_ + kSecond), IsEmpty());
}

// A place is given to another kind when there are too many: its count is told first.
TEST_F(BinanceNoteLines, ACountIsNotLostWithItsPlace) {
  const SessionNote first{.kind = NoteKind::kRefused, .command = CommandKind::kCancel, .code = -1};
  for (int i = 0; i < 3; ++i) note(first, "no");
  told(now_);
  std::vector<std::string> all;
  for (int code = 2; code <= 100; ++code) {
    note({.kind = NoteKind::kRefused, .command = CommandKind::kCancel, .code = -code}, "no");
    for (std::string& line : told(now_ + code * kMillisecond)) all.push_back(std::move(line));
  }
  EXPECT_THAT(all,
              testing::Contains("! cancel of BTCUSDT was refused: -1 no; 2 more like it since"));
}

TEST_F(BinanceNoteLines, WhatIsRoutineIsNoWarning) {
  note({.kind = NoteKind::kHeldBack,
        .command = CommandKind::kReplace,
        .until = now_ + 850 * kMillisecond});
  EXPECT_THAT(told(now_),
              ElementsAre("replace of BTCUSDT is held back for 850 ms, for the venue's limits"));
}

TEST_F(BinanceNoteLines, TheKeyIsNeverShownWholeOrCut) {
  note({.kind = NoteKind::kSessionError, .lane = 0, .code = -2014},
       "a-key-that-is-secret is\nno key");
  EXPECT_THAT(told(now_), ElementsAre("! order connection 0: an error about no request of ours: "
                                      "-2014 *** is no key"));
  for (std::size_t before = 0; before < SessionNote::kWordsMax; ++before) {
    note({.kind = NoteKind::kNotUnderstood, .code = static_cast<std::int64_t>(before + 1)},
         std::string(before, 'x') + "a-key-that-is-secret" + std::string(300, 'y'));
    const std::vector<std::string> all = told(now_);
    ASSERT_EQ(all.size(), 1u);
    EXPECT_THAT(all[0], Not(HasSubstr("xa-"))) << before;
    EXPECT_LT(all[0].size(), LogLine::kTextMax + 60);
  }
}

TEST_F(BinanceNoteLines, RemembersNoMoreKindsThanItHasRoomFor) {
  for (int code = 1; code <= 1000; ++code) {
    note({.kind = NoteKind::kRefused, .command = CommandKind::kCancel, .code = -code}, "no");
    EXPECT_EQ(told(now_ + code * kMillisecond).size(), 1u);
  }
}

}  // namespace
}  // namespace mm::binance::orders
