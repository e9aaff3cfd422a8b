// What is used of the venue's limits, as the headers of its REST answers tell it.
//
// Pure; cold threads. X-MBX-ORDER-COUNT-10S: the header's name says which limit, by its kind and
// its interval; what may be used only exchangeInfo tells.
#pragma once

#include "engine/net/http_client.h"
#include "gateway/binance/response_parser.h"

namespace mm::binance::orders {

LimitsUsed limits_used(const net::HttpHeaders& headers);

}  // namespace mm::binance::orders
