// The journal's lines of instruments: what is read prints the same.
#include "engine/journal/instrument_text.h"

#include "tests/fuzz/fuzz_target.h"

MM_FUZZ_TARGET(instrument_text) {
  std::vector<mm::Instrument> instruments, again;
  if (!mm::parse_instrument_lines(input, instruments).empty()) return;
  const std::string text = mm::instrument_lines(instruments);
  MM_ASSERT(mm::parse_instrument_lines(text, again).empty(), "what is printed can be read");
  MM_ASSERT(mm::instrument_lines(again) == text, "and is the same");
}
