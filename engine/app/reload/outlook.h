// What a reload would do to a running engine, worked out from its journal beside it.
//
// Cold, in the process that asks; the engine does nothing for it. Costs two times what re-driving
// the core over the journal costs, some 0.5 us an event. A core that is where the session is gets
// the parameters and does with its orders what follows, every request answered at once; what rests
// then is the exposure after the reload. Requests over time are those of
// two more cores, with the parameters before and after, on the market of the last minutes: whatever
// they ask for happens at once, and fills are the session's.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/app/config/config.h"
#include "engine/core/core.h"
#include "engine/ledger/session_folder.h"

namespace mm::app {

// Before the reload, and after it.
struct Exposure {
  Amount limit{};
  Amount all_bought{}, all_sold{};  // the position when a whole side is filled
};

struct InstrumentOutlook {
  Instrument instrument{};
  HalfTicks fair{};
  Amount position{};
  std::int64_t resting = 0, amended = 0, cancelled = 0, placed = 0;  // orders
  Exposure before, after;
  // Then: why a side has no order, or not all that it wants.
  std::array<QuoteReason, 2> bare{}, shortfall{};
  // In `watched`: by both sets of parameters, and what the session did send.
  std::int64_t requests_before = 0, requests_after = 0, requests_sent = 0;
};

struct Outlook {
  std::string error;  // why there is none
  Nanos watched{};    // how much of the market the requests are of; 0: they are not known
  // Then: how many all instruments have sent in how long.
  std::int64_t requests_sent = 0;
  Nanos session{};
  std::vector<InstrumentOutlook> instruments;
};

// `next` is valid, and live in all that it changes.
Outlook look_ahead(const SessionFolder& folder, const Config& next);
std::string outlook_text(const Outlook& outlook);

}  // namespace mm::app
