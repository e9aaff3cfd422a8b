// The venue's own dead man's switch: it cancels everything on our symbols unless told in time.
//
// The third way to be without orders, for when this host is gone. The guard tells it; blocks for a
// request. Only for venues that have one and symbols that are ours alone, since it spares nobody's
// orders. Binance USD-M: countdownCancelAll; spot has none.
#pragma once

#include <string>

#include "engine/core/types.h"

namespace mm {

class DeadMansSwitch {
 public:
  virtual ~DeadMansSwitch() = default;

  // From now on, unless armed again within `countdown`; zero disarms. Returns the error.
  virtual std::string arm(Nanos countdown) = 0;
};

}  // namespace mm
