#include "engine/counters/metric_table.h"

namespace mm::counters {
namespace {

// FNV-1a.
class Hash {
 public:
  void mix(std::uint64_t value) { h_ = (h_ ^ value) * 0x100000001b3ULL; }
  void mix(std::string_view text) {
    for (const char c : text) mix(static_cast<std::uint64_t>(static_cast<unsigned char>(c)));
    mix(text.size());
  }
  template <std::size_t N>
  void mix(const std::array<Metric, N>& table) {
    for (const Metric& m : table) mix(m);
    mix(N);
  }
  std::uint64_t value() const { return h_; }

 private:
  void mix(const Metric& m) {
    mix(m.name);
    mix(static_cast<std::uint64_t>(m.type));
    mix(static_cast<std::uint64_t>(m.unit));
    mix(static_cast<std::uint64_t>(m.label));
    for (std::size_t i = 0; i < values_of(m.label); ++i) mix(label_text(m.label, i));
    constexpr std::string_view kNone = "?";
    for (std::int64_t v = 0; kNone != enum_name(m.unit, v); ++v) {
      mix(std::string_view(enum_name(m.unit, v)));
    }
  }

  std::uint64_t h_ = 0xcbf29ce484222325ULL;
};

}  // namespace

std::uint64_t table_hash() {
  Hash hash;
  hash.mix(kEngineMetrics);
  hash.mix(kLatencyMetrics);
  hash.mix(kInstrumentMetrics);
  hash.mix(kBookRow);
  hash.mix(kOrderRow);
  hash.mix(kLevelRow);
  for (const std::size_t rows : {kBookRowsMax, kOrderRowsMax, kLevelRowsMax}) hash.mix(rows);
  return hash.value();
}

}  // namespace mm::counters
