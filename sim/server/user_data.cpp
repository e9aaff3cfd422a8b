#include "sim/server/user_data.h"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace mm::server {

void UserDataHub::subscribe(UserDataClient& client, sim::AccountId account, int subscription) {
  subscriptions_.push_back({&client, account, subscription});
}

void UserDataHub::unsubscribe(const UserDataClient& client, int subscription) {
  std::erase_if(subscriptions_,
                [&](const Subscription& s) { return s.client == &client && s.id == subscription; });
}

void UserDataHub::forget(const UserDataClient& client) {
  std::erase_if(subscriptions_, [&](const Subscription& s) { return s.client == &client; });
  std::erase_if(waiting_, [&](const Waiting& w) { return w.client == &client; });
}

void UserDataHub::say(sim::AccountId account, const Write& event) {
  std::array<std::string, 2> forms;  // by unit of time
  for (const Subscription& s : subscriptions_) {
    if (s.account != account) continue;
    std::string& form = forms[static_cast<std::size_t>(s.client->unit())];
    if (form.empty()) form = event(s.client->unit());
    waiting_.push_back({s.client, std::make_shared<const std::string>(fmt::format(
                                      R"({{"subscriptionId":{},"event":{}}})", s.id, form))});
  }
}

void UserDataHub::flush() {
  if (waiting_.empty()) return;
  for (Waiting& w : std::exchange(waiting_, {})) w.client->tell(std::move(w.text));
}

}  // namespace mm::server
