// Orders that earlier starts of this engine have left open at the venue, when there will be no new
// one to look after them.
//
// Cold, main thread, under the account's lock: no engine of this instance runs. Needs a key and a
// venue, and neither ledger nor instruments, so that hardly anything that refuses a start is in the
// way.
#pragma once

#include <functional>
#include <string>

#include "engine/app/config/config.h"
#include "gateway/binance/credentials.h"

namespace mm::app {

// Cancels them, on whatever symbol; with [venue] allow_live = no they are only looked for. A line
// on what has become of them, `canceled` before included; empty if there were none. `previous`: the
// folder of the session before, empty if there was none; where it was killed, what it sent last is
// waited for. `hurried`: nothing is waited for any more.
std::string clear_left_orders(const Config& config, const binance::orders::Credentials& credentials,
                              const std::string& previous, int canceled,
                              std::function<bool()> hurried = {});

}  // namespace mm::app
