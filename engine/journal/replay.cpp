#include "engine/journal/replay.h"

#include <fmt/format.h>

namespace mm {

ReplayResult replay_without_beginning(const JournalHeader& header) {
  return {.status = ReplayStatus::kNoBeginning,
          .message = fmt::format("cannot be replayed: its first {} segments with {} records were "
                                 "deleted to bound the space on disk",
                                 header.segment, header.first_record)};
}

void report_difference(ReplayResult& result, const JournalRecord& record, std::uint64_t replayed) {
  result.status = ReplayStatus::kDifferent;
  result.message = fmt::format(
      "record {} ({} of instrument {} at {} ns): the session's commands hash to {:016x}, the "
      "replayed ones to {:016x}",
      result.records, name(record.event.kind), record.event.instrument, record.event.time.v,
      record.command_hash, replayed);
}

void report_impossible(ReplayResult& result, const JournalRecord& record) {
  result.status = ReplayStatus::kCorrupt;
  result.message =
      fmt::format("record {} ({} of instrument {} at {} ns) cannot be an event", result.records,
                  name(record.event.kind), record.event.instrument, record.event.time.v);
}

void report_stop(ReplayResult& result, const JournalReader& reader, JournalItem item) {
  switch (item) {
    case JournalItem::kGap:
      result.status = ReplayStatus::kGap;
      result.message = fmt::format(
          "{} records are missing after record {}: equal up to there, nothing can be said about "
          "the rest",
          reader.gap(), result.records);
      return;
    case JournalItem::kTorn:
      result.status = ReplayStatus::kTorn;
      result.message = fmt::format("{} records equal; {}", result.records, reader.error());
      return;
    default:
      result.status = ReplayStatus::kCorrupt;
      result.message = reader.error();
  }
}

void report_end(ReplayResult& result, const JournalEnd& end, std::uint64_t replayed_output) {
  if (end.output_hash != replayed_output) {
    result.status = ReplayStatus::kDifferent;
    result.message = fmt::format(
        "all {} records equal, but the session's output hashes to {:016x}, the "
        "replayed one to {:016x}",
        result.records, end.output_hash, replayed_output);
  } else if (end.records != result.records) {
    result.status = ReplayStatus::kCorrupt;
    result.message =
        fmt::format("the journal holds {} records, its end says {}", result.records, end.records);
  } else {
    result.message =
        fmt::format("{} records equal, output hash {:016x}", result.records, end.output_hash);
  }
}

}  // namespace mm
