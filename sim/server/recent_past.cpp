#include "sim/server/recent_past.h"

namespace mm::server {
namespace {

template <class Versions>
void drop_old(Versions& versions, Nanos before) {
  while (versions.size() > 1 && versions[1].since <= before) versions.pop_front();
}

template <class Versions>
auto* as_of(const Versions& versions, Nanos then) {
  for (auto version = versions.rbegin(); version != versions.rend(); ++version) {
    if (version->since <= then) return &*version;
  }
  return static_cast<decltype(&versions.front())>(nullptr);
}

}  // namespace

void RecentPast::note(const sim::RestingOrder& order, std::string name, Nanos now) {
  const Nanos before = now - kLength;
  auto& versions = orders_[order.id.v];
  versions.push_back({now, order, std::move(name)});
  drop_old(versions, before);
  if (order.status != OrderStatusCode::kOpen) ended_.emplace_back(now, order.id.v);
  forget(before);
}

void RecentPast::forget(Nanos before) {
  for (; !ended_.empty() && ended_.front().first <= before; ended_.pop_front()) {
    orders_.erase(ended_.front().second);
  }
}

void RecentPast::note(sim::AccountId account, sim::AssetId asset, const sim::Funds& funds,
                      Nanos now) {
  auto& versions = funds_[{account, asset}];
  versions.push_back({now, funds});
  drop_old(versions, now - kLength);
}

const RecentPast::OrderThen* RecentPast::find(ClientOrderId number, Nanos then) const {
  const auto found = orders_.find(number.v);
  return found == orders_.end() ? nullptr : as_of(found->second, then);
}

const sim::Funds* RecentPast::find(sim::AccountId account, sim::AssetId asset, Nanos then) const {
  const auto found = funds_.find({account, asset});
  if (found == funds_.end()) return nullptr;
  const FundsThen* const version = as_of(found->second, then);
  return version == nullptr ? &found->second.front().funds : &version->funds;
}

}  // namespace mm::server
