// exchangeInfo: understood or refused; what is understood survives the journal's form.
#include "feeds/binance/exchange_info.h"

#include "engine/journal/instrument_text.h"
#include "tests/fuzz/fuzz_target.h"

MM_FUZZ_TARGET(exchange_info) {
  using namespace mm;
  const binance::ExchangeInfo info = binance::parse_exchange_info(input);
  MM_ASSERT(info.rules.size() == info.instruments.size(), "each instrument has its rules");
  for (const Instrument& i : info.instruments) {
    MM_ASSERT(i.tick.v >= 0 && i.lot.v >= 0 && !i.symbol().empty(), "units are not negative");
    MM_ASSERT(info.find(i.symbol(), i.is_spot) != nullptr, "what was read is found");
    Instrument again;
    const std::string error = parse_instrument_line(instrument_line(i), again);
    if (error.empty()) {
      MM_ASSERT(instrument_line(again) == instrument_line(i), "an instrument's line reads back");
    }
  }
}
