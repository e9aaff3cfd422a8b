// An instrument as one line of text and back, exactly: how a journal's header carries instruments.
//
// Any thread, cold. The line is `key=value` pairs with integer values in the units of Instrument,
// so that a replay sees the very numbers the session ran with, inferred ones included.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/instrument.h"

namespace mm {

std::string instrument_line(const Instrument& instrument);
// Returns the error, empty if none; every key must be there exactly as instrument_line writes it.
[[nodiscard]] std::string parse_instrument_line(std::string_view line, Instrument& instrument);

// All of them, a line each, for JournalHeader::instruments.
std::string instrument_lines(std::span<const Instrument> instruments);
[[nodiscard]] std::string parse_instrument_lines(std::string_view text,
                                                 std::vector<Instrument>& instruments);

}  // namespace mm
