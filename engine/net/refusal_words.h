// What an HTTP answer means that is not the one asked for, in one line for people: the same words
// before a start, on the order path and for market data.
//
// Pure; any thread, cold, allocates.
#pragma once

#include <string>
#include <string_view>

#include "engine/net/http_client.h"

namespace mm::net {

// As far as its first byte tells.
bool is_json(std::string_view body);

// Of a response that is an error, another status than 200, or no JSON: what that means, until when
// the server wants silence, and its own words, which have to be fit for a line (server_words).
std::string refusal_words(const HttpResponse& response, std::string_view words);
// The words are how its body begins.
std::string refusal_words(const HttpResponse& response);

}  // namespace mm::net
