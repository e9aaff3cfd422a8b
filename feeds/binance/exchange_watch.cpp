#include "feeds/binance/exchange_watch.h"

namespace mm::binance {

ExchangeWatch::ExchangeWatch(const LiveFeedOptions& options, const net::TlsContext* tls,
                             net::SharedRequestPause& pause,
                             const std::vector<std::string>& symbols, Tell tell,
                             std::atomic<bool>* wanted, LogWriter* log,
                             const std::atomic<bool>* stop)
    : rest_(options, tls, pause, stop),
      target_(exchange_info_target(symbols)),
      tell_(std::move(tell)),
      wanted_(wanted),
      log_(log) {}

int ExchangeWatch::do_work(Nanos now) {
  const bool wanted = wanted_ != nullptr && wanted_->load(std::memory_order_acquire);
  if (now < (wanted ? due_min_ : due_) || rest_.next(now, kExchangeInfoWeight) > now) return 0;
  if (wanted) wanted_->store(false, std::memory_order_release);
  due_ = now + kInterval;
  due_min_ = now + kIntervalMin;
  const RestAnswer answer = rest_.get(target_, kExchangeInfoWeight, now);
  if (!answer.error.empty()) {
    log_.print(LogLevel::kWarning, now, "what the venue says of our symbols is not known: {}",
               answer.error);
    return 1;
  }
  const ExchangeInfo info = parse_exchange_info(answer.body);
  if (info.error.empty()) {
    tell_(info);
  } else {
    log_.print(LogLevel::kWarning, now, "what the venue says of our symbols is not known: {}",
               info.error);
  }
  return 1;
}

}  // namespace mm::binance
