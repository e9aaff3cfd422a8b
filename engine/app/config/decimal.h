// Decimal text to scaled integers, exactly: "0.002" with 9 digits is 2,000,000. The way back is
// engine/core/decimal_text.h.
//
// Cold code for the config, any thread; allocates nothing.
#pragma once

#include <optional>
#include <string_view>

#include "engine/core/types.h"

namespace mm::app {

// Nothing if the text is not a plain decimal number (`-12.5`), has more decimals than `digits`, or
// does not fit in the 10^28 or so whole units that config and reports ever need.
std::optional<Int128> parse_decimal(std::string_view text, int digits);

}  // namespace mm::app
