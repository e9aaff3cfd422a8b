// The keys of the accounts, and whether a request was really made with one: signature and time.
//
// The server's thread; a lookup and one signature check a request. Key and secret are never part of
// an error text.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sim/server/api_error.h"
#include "sim/server/request_params.h"
#include "sim/server/server_config.h"

namespace mm::server {

struct ApiKey {
  std::size_t account = 0;  // index of ServerConfig::accounts
  const AccountConfig* config = nullptr;
};

class ApiKeys {
 public:
  // The accounts stay where they are while this lives.
  explicit ApiKeys(const std::vector<AccountConfig>& accounts);

  // nullptr and an error if there is no such key.
  const ApiKey* find(std::string_view api_key, ApiError& error) const;

 private:
  std::unordered_map<std::string, ApiKey> keys_;
};

// "timestamp" and "recvWindow" against the server's time.
std::optional<ApiError> check_timing(const RequestParams& params, Nanos now);

// "signature" over this payload, and the timing.
std::optional<ApiError> check_signed(const ApiKey& key, const RequestParams& params,
                                     std::string_view payload, Nanos now);

}  // namespace mm::server
