// Decimal text to scaled integers and back, exactly: "0.002" with 9 digits is 2,000,000.
//
// Cold code for config and reports, any thread; allocates only the text it returns.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/core/types.h"

namespace mm::app {

// Nothing if the text is not a plain decimal number (`-12.5`), has more decimals than `digits`, or
// does not fit in the 10^28 or so whole units that config and reports ever need.
std::optional<Int128> parse_decimal(std::string_view text, int digits);

// The shortest text that parse_decimal reads back to the same value: no trailing zeros.
std::string format_decimal(Int128 value, int digits);

}  // namespace mm::app
