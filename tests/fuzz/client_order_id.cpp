// Client order ids: every text is an id of ours, printed the same, or it is not.
#include "gateway/binance/client_order_id.h"

#include "tests/fuzz/fuzz_target.h"

using namespace mm::binance::orders;

MM_FUZZ_TARGET(client_order_id) {
  constexpr Identity kSelf{.instance = 1, .epoch = 7};
  const auto id = parse_client_id(input);
  MM_ASSERT(id.has_value() == (owner_of(input, kSelf) != Owner::kForeign), "an id has an owner");
  if (!id) return;
  const ClientIdText text = client_id_text(*id);
  MM_ASSERT(std::string_view(text.data(), text.size()) == input, "an id prints as it was read");
  MM_ASSERT(mm::make_order_id(mm::parts(*id)) == *id, "an id is its parts");
}
