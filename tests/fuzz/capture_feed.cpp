// Captures as a feed: scanned for their instruments, then read; every event is of one of them.
#include "feeds/capture/capture_feed.h"

#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/memory_file.h"

MM_FUZZ_TARGET(capture_feed) {
  using namespace mm;
  const mm::test::MemoryFile file(input);
  CaptureOptions options;
  options.files = {file.path()};
  const CaptureFeed::Opened opened = CaptureFeed::open(options);
  MM_ASSERT((opened.feed == nullptr) == !opened.error.empty(), "a feed, or why there is none");
  if (opened.feed == nullptr) return;
  CaptureFeed& feed = *opened.feed;
  for (const Instrument& i : feed.instruments()) {
    MM_ASSERT(i.tick.v > 0 && i.lot.v > 0, "units are complete");
  }
  EventBatch batch;
  Nanos at{};
  for (std::size_t messages = 0; feed.next(at, batch); ++messages) {
    MM_ASSERT(messages <= 2 * input.size() + 2, "no more messages than bytes");
    MM_ASSERT(!batch.empty(), "what makes no events is not told");
    for (const Event& e : batch.events()) {
      MM_ASSERT(is_market(e.kind), "a feed tells of markets");
      MM_ASSERT(e.instrument < feed.instruments().size(), "of its own");
    }
  }
}
