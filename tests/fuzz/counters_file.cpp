// counters.dat as another process finds it: refused, or everything in it can be read.
//
// Input: changes of a whole file, each two bytes of place, one of length and the bytes; besides,
// the input as the file itself.
#include "engine/counters/counters_file.h"

#include <cstring>
#include <new>
#include <span>

#include "engine/monitor/prometheus_text.h"
#include "engine/monitor/top_page.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/scratch_folder.h"

namespace {

using namespace mm::counters;
using mm::test::ScratchFolder;

template <std::size_t N>
void look_at(const std::array<char, N>& text) {
  MM_ASSERT(::strnlen(text.data(), N) < N, "every text ends");
}

// Whatever the numbers are, they can be shown.
void show(const CountersFile& file) {
  mm::monitor::EngineView view;
  static_cast<void>(mm::monitor::look(file, view));
  MM_ASSERT(!mm::monitor::prometheus_text({&view, 1}).empty(), "there is always something to tell");
  const mm::EventCounts rates = mm::monitor::events_of(view);
  const mm::monitor::TopInput input{.view = view, .rates = rates, .log = {}};
  MM_ASSERT(mm::monitor::top_page(input, {24, 80}).size() == 24, "it fits");
  MM_ASSERT(!mm::monitor::whole_page(input, 80).empty(), "and has a head");
}

void attach(const ScratchFolder& folder, std::string_view bytes) {
  // Of no process that there could be.
  constexpr std::string_view kLeft = "mm_logic-999999999.fuzzed.counters";
  folder.write(kFileName, bytes);
  CountersFile file;
  const std::string error = file.attach(folder.path());
  MM_ASSERT(error.empty() == file.open(), "counters, or a reason why not");
  if (file.open()) {
    const Identity& id = file.layout().identity;
    look_at(id.mode);
    look_at(id.id_prefix);
    look_at(id.session);
    look_at(id.sessions);
    look_at(id.working);
    static_cast<void>(file.engine_alive());
    look_at(id.venue);
    look_at(id.build);
    for (const Instrument& i : file.instruments()) {
      look_at(i.symbol);
      look_at(i.base);
      look_at(i.quote);
    }
    show(file);
  }
  folder.write(kLeft, bytes);
  const bool alive = file.open() && file.engine_alive();
  remove_left_over(folder.path());
  MM_ASSERT(alive || !std::filesystem::exists(folder / kLeft), "what the dead leave is removed");
}

}  // namespace

MM_FUZZ_TARGET(counters_file) {
  static const ScratchFolder folder;
  attach(folder, input);
  alignas(Layout) static std::array<char, bytes_for(2)> whole;
  whole = {};
  Layout& layout = *new (whole.data()) Layout{};
  layout.magic = kMagic;
  layout.identity.version = kVersion;
  layout.identity.table_hash = table_hash();
  layout.identity.bytes = whole.size();
  layout.identity.instrument_count = 2;
  for (Instrument& i : std::span(layout.instruments(), 2)) i.tick = i.lot = 1;
  while (input.size() >= 3) {
    const auto byte = [input](std::size_t i) { return static_cast<unsigned char>(input[i]); };
    const std::size_t place = std::size_t{byte(0)} << 8 | byte(1), length = byte(2);
    input.remove_prefix(3);
    const std::string_view bytes = input.substr(0, length);
    input.remove_prefix(bytes.size());
    if (place + bytes.size() <= whole.size()) bytes.copy(whole.data() + place, bytes.size());
  }
  attach(folder, {whole.data(), whole.size()});
}
