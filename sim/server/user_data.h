// Who hears what happens to an account, and what is waiting to be told.
//
// The server's thread. Events wait until the request that caused them has been answered: flush().
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sim/order_request.h"
#include "sim/server/frontend.h"
#include "sim/server/json_text.h"

namespace mm::server {

class UserDataClient {
 public:
  virtual ~UserDataClient() = default;
  virtual TimeUnit unit() const = 0;
  virtual void tell(SharedText text) = 0;
};

class UserDataHub {
 public:
  using Write = std::function<std::string(TimeUnit)>;

  void subscribe(UserDataClient& client, sim::AccountId account, int subscription);
  void unsubscribe(const UserDataClient& client, int subscription);
  // All of a client that goes; what waits for it is forgotten.
  void forget(const UserDataClient& client);

  void say(sim::AccountId account, const Write& event);
  void flush();

 private:
  struct Subscription {
    UserDataClient* client;
    sim::AccountId account;
    int id;
  };
  struct Waiting {
    UserDataClient* client;
    SharedText text;
  };
  std::vector<Subscription> subscriptions_;
  std::vector<Waiting> waiting_;
};

}  // namespace mm::server
