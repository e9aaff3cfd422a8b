#include "engine/app/venue/key_rights.h"

#include "engine/app/venue/venue_rest.h"

namespace mm::app {

void judge_rights(const simdjson::dom::element& restrictions, Findings& findings) {
  const std::optional<bool> trades = flag_of(restrictions, "enableSpotAndMarginTrading");
  if (trades == false) return findings.fail("rights", "the key may not trade spot");
  constexpr std::pair<const char*, const char*> kNotNeeded[] = {
      {"enableWithdrawals", "withdraw"},
      {"enableInternalTransfer", "transfer to other accounts"},
      {"permitsUniversalTransfer", "transfer between wallets"}};
  for (const auto& [name, doing] : kNotNeeded) {
    if (!flag_of(restrictions, name).value_or(false)) continue;
    findings.warn("rights",
                  fmt::format("the key may {}: trading needs no such right, take it away", doing));
  }
  if (flag_of(restrictions, "ipRestrict") == false) {
    findings.warn("rights", "the key works from any address: restrict it to this host's");
  }
  if (!trades) return findings.warn("rights", "whether the key may trade spot: unknown");
  findings.ok("rights", "the key may trade spot");
}

}  // namespace mm::app
