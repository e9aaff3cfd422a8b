// `mm_logic explain`: why the engine did what it did, from a session's journal.
#include <fmt/format.h>

#include <charconv>
#include <cstdio>

#include "engine/app/explain/explainer.h"
#include "engine/app/explain/moment.h"
#include "engine/app/modes/modes.h"
#include "engine/app/session/session_ledger.h"
#include "engine/app/session/session_report.h"
#include "engine/journal/journal_ring.h"
#include "engine/journal/replay.h"
#include "engine/ledger/ledger.h"
#include "engine/ledger/session_folder.h"

namespace mm::app {
namespace {

int bad_usage(const std::string& error) {
  fail(error);
  return 2;
}

// Our id of an order that the venue has told its own number of; 0 if it has not.
ClientOrderId find_venue_order(const SessionFolder& folder, VenueOrderId wanted) {
  JournalReader reader;
  if (!reader.open(folder.journal()).empty()) return {};
  JournalRecord record;
  for (;;) {
    const JournalItem item = reader.next(record);
    if (item == JournalItem::kConfig || item == JournalItem::kGap) continue;
    if (item != JournalItem::kRecord) return {};
    const Event& e = record.event;
    const bool names_new = e.kind == EventKind::kReplaced;
    const bool reports = names_new || e.kind == EventKind::kAccepted ||
                         e.kind == EventKind::kAmended || e.kind == EventKind::kOrderStatus;
    if (reports && e.report.venue_id == wanted) return names_new ? e.report.new_id : e.report.id;
    if (e.kind == EventKind::kAdopted && e.adoption.venue_id == wanted) return e.adoption.id;
  }
}

// mm and 16 hex digits, or the venue's number.
std::string read_order(const std::string& text, const SessionFolder& folder, Question& out) {
  if (text == "all") {
    out.all_orders = true;
    return {};
  }
  if (text.size() == 18 && text.starts_with("mm")) {
    out.order = order_id_of(text);
    return {};
  }
  std::uint64_t number = 0;
  const char* const stop = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), stop, number);
  if (error != std::errc() || end != stop) {
    return fmt::format(
        "--order {}: must be a client order id (mm and 16 hex digits), the venue's "
        "order number, or all",
        text);
  }
  out.order = find_venue_order(folder, VenueOrderId(number));
  return {};
}

std::string no_answer(const ExplainOptions& options, const SessionFolder& folder) {
  if (!options.order.empty()) {
    return fmt::format("{}: the session has no order {}", folder.path(), options.order);
  }
  return fmt::format("{}: nothing to tell about that", folder.path());
}

// The first instant of the session.
Nanos begin_of(const SessionFolder& folder) {
  JournalReader reader;
  JournalRecord record;
  if (!reader.open(folder.journal()).empty()) return {};
  return reader.next(record) == JournalItem::kRecord ? record.event.time : Nanos{};
}

int tell(const ExplainOptions& options, const SessionFolder& folder, const Question& question,
         bool runs) {
  JournalReader reader;
  if (std::string error = reader.open(folder.journal()); !error.empty()) return fail(error);
  Explainer explainer(question, [](const std::string& text) { fmt::print("{}", text); });
  if (std::string error = explainer.build(reader.header()); !error.empty()) {
    return fail(folder.path() + ": " + error);
  }
  const ReplayResult result = replay(reader, explainer);
  explainer.finish();
  if (const std::string ledger = provide_ledger(folder, result.status); !ledger.empty()) {
    fmt::print(stderr, "{}\n", ledger);
  }
  const bool whole = result.status == ReplayStatus::kSame || (runs && result.ok());
  if (!whole) {
    return fail(fmt::format("{}: {}{}", folder.path(),
                            result.ok() ? "this is of a part of the session: " : "",
                            result.message));
  }
  return explainer.answered() ? 0 : fail(no_answer(options, folder));
}

}  // namespace

int explain_mode(const ExplainOptions& options) {
  const SessionFolder folder = SessionFolder::choose(options.session_dir, options.sessions_dir);
  if (folder.path().empty()) {
    return fail("no session found in " + options.sessions_dir + ": name one, or run one first");
  }
  const JournalRecovery left = recover_journal(folder.path());
  if (const std::string text = left.text(); !text.empty()) fmt::print(stderr, "{}\n", text);
  JournalReader readable;
  if (const std::string error = readable.open(folder.journal()); !error.empty()) return fail(error);
  if (readable.header().segment > 0) {
    const std::string ledger = provide_ledger(folder, ReplayStatus::kNoBeginning);
    if (!ledger.empty()) fmt::print(stderr, "{}\n", ledger);
    return fail(folder.path() + ": " + without_beginning(folder, readable.header()));
  }
  Question question;
  question.symbol = options.symbol;
  if (!options.order.empty()) {
    if (const std::string error = read_order(options.order, folder, question); !error.empty()) {
      return bad_usage(error);
    }
    if (!question.all_orders && question.order.v == 0) return fail(no_answer(options, folder));
  }
  if (!options.level.empty() && !(question.level = parse_level(options.level))) {
    return bad_usage(fmt::format("--level {}: must be bid:N or ask:N, N from 1 (the best) to {}",
                                 options.level, kMaxLevelsPerSide));
  }
  if (!options.at.empty()) {
    const Nanos begin = begin_of(folder);
    question.at = parse_moment(options.at, begin);
    if (!question.at) {
      return bad_usage(
          fmt::format("--at {}: must be 2026-01-31T12:00:00.5Z, 12:00:00.5, +SECONDS "
                      "after the session's begin, or ns since 1970",
                      options.at));
    }
    if (*question.at < begin) {
      return fail(
          fmt::format("--at {}: the session begins later, at {}", options.at, moment_text(begin)));
    }
  }
  const bool runs = left.state == JournalRecovery::State::kInUse;
  return tell(options, folder, question, runs);
}

}  // namespace mm::app
