#include "gateway/binance/note_lines.h"

#include <fmt/format.h>

#include <algorithm>

#include "gateway/binance/questions.h"

namespace mm::binance::orders {
namespace {

std::string place_of(const SessionNote& note) {
  return note.lane == SessionNote::kByRest ? "REST" : fmt::format("order connection {}", note.lane);
}

// No warning of what the session does about by itself.
LogLevel level_of(NoteKind kind) {
  const bool routine = kind == NoteKind::kHeldBack || kind == NoteKind::kStrayAnswer;
  return routine ? LogLevel::kInfo : LogLevel::kWarning;
}

}  // namespace

int NoteLines::tell(Nanos now, const Say& say) {
  int count = 0;
  for (SessionNote note; notes_.try_pop(note); ++count) {
    Said& said = row_of(note, say);
    if (said.when != Nanos{} && now - said.when < kQuiet) {
      ++said.unsaid;
      continue;
    }
    said.text = text_of(note, now);
    std::string text = said.text;
    if (said.unsaid > 0) text += fmt::format("; {} more like it meanwhile", said.unsaid);
    said.when = now;
    said.unsaid = 0;
    say(level_of(note.kind), text);
  }
  return count;
}

void NoteLines::finish(Nanos now, const Say& say) {
  tell(now, say);
  for (Said& said : said_) say_rest(said, say);
}

void NoteLines::say_rest(Said& said, const Say& say) {
  if (said.unsaid == 0) return;
  say(level_of(said.kind), fmt::format("{}; {} more like it since", said.text, said.unsaid));
  said.unsaid = 0;
}

// Its own, else a new one; in place of the oldest when there are too many.
NoteLines::Said& NoteLines::row_of(const SessionNote& note, const Say& say) {
  const auto own = std::ranges::find_if(said_, [&](const Said& s) {
    return s.kind == note.kind && s.code == note.code && s.status == note.status;
  });
  if (own != said_.end()) return *own;
  const Said fresh{.kind = note.kind, .code = note.code, .status = note.status};
  if (said_.size() < kKindsMax) return said_.emplace_back(fresh);
  Said& oldest = *std::ranges::min_element(said_, {}, &Said::when);
  say_rest(oldest, say);
  return oldest = fresh;
}

// A key that the end of the note has cut in two is not found any more: that end goes.
std::string NoteLines::words_of(const SessionNote& note) const {
  std::string_view text = note.view();
  if (text.size() == SessionNote::kWordsMax) {
    text.remove_suffix(std::min(api_key_.size(), text.size()));
  }
  std::string words = venue_words(text, api_key_);
  if (note.code != 0) words = fmt::format("{} {}", note.code, words);
  if (note.status == 0) return words;
  return words.empty() ? fmt::format("status {}", note.status)
                       : fmt::format("{} (status {})", words, note.status);
}

std::string NoteLines::text_of(const SessionNote& note, Nanos now) const {
  const std::string words = words_of(note);
  const std::string request =
      note.command == CommandKind::kNone
          ? std::string("a question")
          : fmt::format("{} of {}", name(note.command), instruments_[note.instrument].symbol());
  switch (note.kind) {
    case NoteKind::kNotUnderstood:
      return fmt::format("{}: a message was not understood ({}): {}", place_of(note), note.why,
                         words);
    case NoteKind::kSessionError:
      return fmt::format("{}: an error about no request of ours: {}", place_of(note), words);
    case NoteKind::kStrayAnswer:
      return fmt::format("{}: an answer to nothing that is waited for: {}", place_of(note), words);
    case NoteKind::kClockRefused:
      return fmt::format("{}: the venue refuses our time: {}; its clock is asked for", request,
                         words);
    case NoteKind::kHeldBack:
      return fmt::format("{} is held back for {} ms, for the venue's limits", request,
                         std::max<std::int64_t>(0, (note.until - now).v) / kMillisecond.v);
    case NoteKind::kRefused:
      return fmt::format("{} was refused: {}", request, words);
    case NoteKind::kUncertain:
      return fmt::format("{}: what became of it is not known: {}", request, words);
    case NoteKind::kCount:
      break;
  }
  return words;
}

}  // namespace mm::binance::orders
