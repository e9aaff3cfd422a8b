#include "engine/dashboard/fill_tail.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "engine/core/decimal_text.h"
#include "engine/ledger/ledger.h"

namespace mm::dashboard {
namespace {

constexpr std::size_t kFillsMax = 1000;     // of an instrument
constexpr int kRecordsPerLook = 1'000'000;  // some 20 ms

}  // namespace

FillTail::FillTail(std::string journal, std::size_t instruments)
    : journal_(std::move(journal)), symbols_(instruments, Symbol{RowLog(kFillsMax), {}}) {}

void FillTail::look(std::span<const monitor::InstrumentView> instruments) {
  if (ended_) return;
  if (reader_ == nullptr) {
    reader_ = std::make_unique<JournalReader>();
    if (error_ = reader_->open(journal_); !error_.empty()) return reader_.reset();
  }
  JournalRecord record;
  for (int i = 0; i < kRecordsPerLook; ++i) {
    switch (reader_->next(record)) {
      case JournalItem::kRecord:
        if (record.event.kind == EventKind::kFilled) take(record.event, instruments);
        break;
      case JournalItem::kConfig:
      case JournalItem::kGap:
        break;
      case JournalItem::kTorn:  // up to here it is written
        return reader_->retry();
      case JournalItem::kCorrupt:
        if (skip_deleted()) break;
        error_ = reader_->error();
        [[fallthrough]];
      case JournalItem::kEnd:
        ended_ = true;
        return;
    }
  }
}

bool FillTail::skip_deleted() {
  auto oldest = std::make_unique<JournalReader>();
  if (!oldest->open(journal_).empty()) return false;
  if (oldest->header().segment <= reader_->header().segment) return false;
  reader_ = std::move(oldest);
  return true;
}

void FillTail::take(const Event& event, std::span<const monitor::InstrumentView> instruments) {
  if (event.instrument >= std::min(symbols_.size(), instruments.size())) return;
  Symbol& symbol = symbols_[event.instrument];
  const Fill& fill = event.fill;
  if (std::ranges::find(symbol.last, fill.trade_id) != symbol.last.end()) return;
  symbol.last.push_back(fill.trade_id);
  if (symbol.last.size() > kFillsMax) symbol.last.pop_front();
  const counters::Scale& scale = instruments[event.instrument].scale;
  symbol.rows.add(
      fmt::format("[{},{},{},{},{},\"{}\"]", DecimalText(event.time.v / kMillisecond.v, 3).view(),
                  sign(event.side()), DecimalText(Int128{fill.ticks} * scale.tick.v, 8).view(),
                  DecimalText(Int128{fill.lots.v} * scale.lot.v, 8).view(),
                  (event.flags & kFlagMaker) != 0 ? 1 : 0, order_id_text(fill.id)));
}

}  // namespace mm::dashboard
