// Text in URLs and forms: percent-encoding, both ways.
//
// Cold, pure, allocates. Feeds and gateway write queries with it, the venue server reads them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mm::net {

// Everything but letters, digits and -._~ as %XX.
std::string percent_encoded(std::string_view text);

// "%2F", and "+" as forms have it; nullopt if a percent sign stands wrong or it is not UTF-8.
std::optional<std::string> percent_decoded(std::string_view text);

}  // namespace mm::net
