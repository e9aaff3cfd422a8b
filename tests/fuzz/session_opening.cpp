// What a session goes on from, as a journal's header has it: what is understood reads back.
#include "engine/journal/session_opening.h"

#include "tests/fuzz/fuzz_target.h"

MM_FUZZ_TARGET(session_opening) {
  using namespace mm;
  SessionOpening opening;
  if (!parse_opening(input, opening).empty()) return;
  const std::string text = opening_text(opening);
  SessionOpening again;
  MM_ASSERT(parse_opening(text, again).empty(), "what was understood once is again");
  MM_ASSERT(opening_text(again) == text, "and says the same");
  for (const SymbolOpening& symbol : opening.symbols) {
    const SymbolOpening* const found = opening.find(symbol.symbol());
    MM_ASSERT(found != nullptr && found->symbol() == symbol.symbol(), "what was read is found");
  }
}
