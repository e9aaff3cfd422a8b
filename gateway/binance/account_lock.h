// One engine at a time for each API key and instance.
//
// Cold: taken at start, held until destroyed or the process ends, however it ends. The key itself
// is not in the file's name, only a digest of it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mm::binance::orders {

class AccountLock {
 public:
  // In `folder`, which is made if need be: where the epoch of the ids is kept, which it guards.
  AccountLock(std::string_view api_key, std::uint8_t instance, const std::string& folder);
  ~AccountLock();
  AccountLock(const AccountLock&) = delete;
  AccountLock& operator=(const AccountLock&) = delete;

  bool held() const { return error_.empty(); }
  const std::string& error() const { return error_; }  // names who holds it
  const std::string& path() const { return path_; }

 private:
  int fd_ = -1;
  std::string path_, error_;
};

}  // namespace mm::binance::orders
