// Everything a feed receives, as it came: for the recorder.
//
// Called on the feed's thread, in the order in which the feed uses it. Text from REST comes in the
// envelope of the streams, so that it names its symbol.
#pragma once

#include <string_view>

#include "engine/core/types.h"

namespace mm::binance {

class RawTap {
 public:
  virtual void on_raw(Nanos received, std::string_view text) = 0;

 protected:
  ~RawTap() = default;
};

}  // namespace mm::binance
