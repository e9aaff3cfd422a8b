// The journal on disk: what is written is read back, and whatever a file can do wrong is said.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <sys/resource.h>

#include <csignal>

#include "engine/runtime/sealed_scope.h"
#include "tests/journal_test_support.h"

namespace mm {
namespace {

using test::Contents;
using test::read_journal;

void expect_records(const Contents& c, const std::vector<JournalRecord>& expected) {
  ASSERT_EQ(c.records.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    ASSERT_TRUE(test::same(c.records[i], expected[i])) << "record " << i;
  }
}

// A small journal with every kind of frame but a link.
std::string write_small_journal(const std::string& path) {
  const auto records = test::random_records(7, 6);
  JournalWriter writer;
  EXPECT_EQ(writer.open(path, test::sample_header()), "");
  for (int i = 0; i < 4; ++i) writer.append(records[static_cast<std::size_t>(i)]);
  EXPECT_TRUE(writer.config("[strategy]\nmin_spread = 0.003\n"));
  writer.append(records[4]);
  writer.gap(3);
  writer.append(records[5]);
  EXPECT_EQ(writer.end({.output_hash = 42}), "");
  return test::read_file(path);
}

TEST(JournalFile, Crc32cIsTheKnownOneAndTheSameByTable) {
  const std::string check = "123456789";
  EXPECT_EQ(crc32c(check.data(), check.size()), 0xE3069283u);
  ASSERT_TRUE(rc::check([](const std::string& a, const std::string& b) {
    const std::string all = a + b;
    const std::uint32_t whole = crc32c(all.data(), all.size());
    RC_ASSERT(whole == crc32c_by_table(all.data(), all.size()));
    RC_ASSERT(whole == crc32c(b.data(), b.size(), crc32c(a.data(), a.size())));
  }));
}

TEST(JournalFile, EveryRecordComesBackAsItWas) {
  ASSERT_TRUE(rc::check([](std::uint64_t seed) {
    const test::TemporaryFolder folder;
    const auto records = test::random_records(seed, seed % 1000 * (seed % 4));
    JournalWriter writer;
    RC_ASSERT(writer.open(folder / "journal.bin", test::sample_header()).empty());
    for (const JournalRecord& r : records) writer.append(r);
    RC_ASSERT(writer.records() == records.size());
    RC_ASSERT(writer.end({.end_time = Nanos(9), .output_hash = seed, .commands = 5}).empty());
    RC_ASSERT(writer.bytes_written() == std::filesystem::file_size(folder / "journal.bin"));
    const Contents c = read_journal(folder / "journal.bin");
    RC_ASSERT(c.open_error.empty() && c.last == JournalItem::kEnd);
    RC_ASSERT(c.records.size() == records.size() && c.end.records == records.size());
    for (std::size_t i = 0; i < records.size(); ++i) {
      RC_ASSERT(test::same(c.records[i], records[i]));
    }
    RC_ASSERT(c.end.output_hash == seed && c.end.end_time.v == 9 && c.end.commands == 5u);
  }));
}

TEST(JournalFile, HeaderConfigGapAndEndComeBack) {
  const test::TemporaryFolder folder;
  write_small_journal(folder / "journal.bin");
  const Contents c = read_journal(folder / "journal.bin");
  EXPECT_EQ(c.open_error, "");
  EXPECT_EQ(c.header.start_time, test::sample_header().start_time);
  EXPECT_EQ(c.header.mode, "backtest");
  EXPECT_EQ(c.header.build, "0.1.0");
  EXPECT_EQ(c.header.config, test::sample_header().config);
  EXPECT_EQ(c.header.instruments, "BTCUSDT\n");
  EXPECT_EQ(c.configs, std::vector<std::string>{"[strategy]\nmin_spread = 0.003\n"});
  EXPECT_EQ(c.gaps, std::vector<std::uint64_t>{3});
  expect_records(c, test::random_records(7, 6));
  EXPECT_EQ(c.last, JournalItem::kEnd);
  EXPECT_EQ(c.end.output_hash, 42u);
  EXPECT_EQ(c.end.lost, 3u);
}

TEST(JournalFile, AnyChangedByteIsFound) {
  const test::TemporaryFolder folder;
  const std::string good = write_small_journal(folder / "journal.bin");
  const std::string path = folder / "changed.bin";
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const int change : {0x01, 0x80, 0xFF, static_cast<int>(good[at]) & 0xFF}) {
      if (change == 0) continue;
      std::string bad = good;
      bad[at] = static_cast<char>(bad[at] ^ change);
      test::write_file(path, bad);
      const Contents c = read_journal(path);
      const bool found = !c.open_error.empty() || c.last == JournalItem::kCorrupt;
      ASSERT_TRUE(found) << "byte " << at << " xor " << change;
      ASSERT_FALSE(c.open_error.empty() && c.error.empty()) << "and it is said where";
    }
  }
}

TEST(JournalFile, AnyCutIsTornNeverCorrupt) {
  const test::TemporaryFolder folder;
  const std::string good = write_small_journal(folder / "journal.bin");
  const std::string path = folder / "cut.bin";
  for (std::size_t size = 0; size < good.size(); ++size) {
    for (const std::size_t zeros : {0u, 1u, 7u, 5000u}) {
      test::write_file(path, good.substr(0, size) + std::string(zeros, '\0'));
      const Contents c = read_journal(path);
      // A zero in place of a mark's last byte is taken for damage.
      if (zeros > 0 && size > 3 && good.compare(size - 3, 4, "FME\n") == 0) continue;
      ASSERT_TRUE(!c.open_error.empty() || c.last == JournalItem::kTorn)
          << "cut at " << size << " with " << zeros << " zeros: " << c.error;
      const auto all = test::random_records(7, 6);
      for (std::size_t i = 0; i < c.records.size(); ++i) {
        ASSERT_TRUE(test::same(c.records[i], all[i]));
      }
    }
  }
}

TEST(JournalFile, DamageBeforeZerosIsCorruptNotTorn) {
  const test::TemporaryFolder folder;
  std::string bytes = write_small_journal(folder / "journal.bin") + std::string(100, '\0');
  const std::string path = folder / "changed.bin";
  test::write_file(path, bytes);
  EXPECT_EQ(read_journal(path).last, JournalItem::kEnd) << "zeros after the end do no harm";
  bytes[bytes.size() - 50] = 'x';
  test::write_file(path, bytes);
  EXPECT_EQ(read_journal(path).last, JournalItem::kCorrupt);
}

TEST(JournalFile, RandomDamageNeverCrashes) {
  const test::TemporaryFolder folder;
  const std::string good = write_small_journal(folder / "journal.bin");
  const std::string path = folder / "changed.bin";
  std::mt19937_64 random(1);
  for (int round = 0; round < 500; ++round) {
    std::string bad = good;
    for (int i = 0; i < 20; ++i) bad[random() % bad.size()] = static_cast<char>(random());
    if (round % 2 == 0) bad.erase(random() % bad.size(), random() % 40);
    test::write_file(path, bad);
    const Contents c = read_journal(path);
    ASSERT_TRUE(!c.open_error.empty() || !c.error.empty());
  }
}

// A frame whose checksums are right but whose content is not what its type says.
std::string forged_frame(FrameType type, const std::string& payload, std::uint32_t number,
                         std::uint16_t records, std::uint32_t size) {
  FrameHeader h{.payload_bytes = size, .number = number, .record_count = records, .type = type};
  h.checksum = header_checksum(h);
  const FrameTrailer t{crc32c(payload.data(), payload.size()), kFrameMark};
  std::string out(sizeof h + sizeof t, '\0');
  std::memcpy(out.data(), &h, sizeof h);
  std::memcpy(out.data() + sizeof h, &t, sizeof t);
  return out.substr(0, sizeof h) + payload + out.substr(sizeof h);
}

TEST(JournalFile, ValidChecksumsDoNotMakeNonsenseTrusted) {
  const test::TemporaryFolder folder;
  const std::string path = folder / "journal.bin";
  {
    JournalWriter writer;
    ASSERT_EQ(writer.open(path, test::sample_header()), "");
  }
  const std::string head = test::read_file(path);
  const std::string no_kind("\0\0\0\0\0", 5), too_short("\x08\0\0\0\0", 5);
  const std::string too_long("\x0F\0\0\0\0abcdefghijklmno", 20);
  for (const std::string& frame : {
           forged_frame(FrameType::kRecords, "", 1, 0, 0),
           forged_frame(FrameType::kRecords, "", 1, 5, 0),
           forged_frame(FrameType::kRecords, no_kind, 1, 1, 5),
           forged_frame(FrameType::kRecords, too_short, 1, 1, 5),
           forged_frame(FrameType::kRecords, too_long, 1, 1, 20),
           forged_frame(FrameType::kRecords, "ab", 1, 1, 2),
           forged_frame(FrameType::kGap, "xx", 1, 0, 2),
           forged_frame(FrameType::kEnd, "xx", 1, 0, 2),
           forged_frame(FrameType::kLink, "xx", 1, 0, 2),
           forged_frame(FrameType::kLink, std::string("\x01\0\0\0", 4), 1, 0, 4),
           forged_frame(FrameType::kHeader, "", 1, 0, 0),
           forged_frame(static_cast<FrameType>(99), "", 1, 0, 0),
           forged_frame(FrameType::kGap, std::string(8, '\1'), 2, 0, 8),  // a frame is missing
           forged_frame(FrameType::kConfig, "", 1, 0, 0xFFFFFFFF),  // no such memory is asked for
       }) {
    test::write_file(path, head + frame);
    const Contents c = read_journal(path);
    EXPECT_EQ(c.open_error, "");
    EXPECT_EQ(c.last, JournalItem::kCorrupt) << c.error;
    EXPECT_TRUE(c.records.empty());
  }
  test::write_file(path, head.substr(0, 16) + forged_frame(FrameType::kHeader, "abc", 0, 0, 3));
  EXPECT_NE(read_journal(path).open_error.find("no journal header"), std::string::npos);
}

TEST(JournalFile, AnotherVersionOrFileIsNamedAsSuch) {
  const test::TemporaryFolder folder;
  const std::string good = write_small_journal(folder / "journal.bin");
  const auto error_with = [&](std::size_t at, char value) {
    std::string bad = good;
    bad[at] = value;
    test::write_file(folder / "changed.bin", bad);
    return read_journal(folder / "changed.bin").open_error;
  };
  EXPECT_NE(error_with(0, 'X').find("is not a journal"), std::string::npos);
  EXPECT_NE(error_with(8, 'X').find("order of bytes"), std::string::npos);
  const std::string reads = "this program reads versions " + std::to_string(kJournalVersionOldest) +
                            " to " + std::to_string(kJournalVersion);
  EXPECT_NE(error_with(12, 9).find("version 9, " + reads), std::string::npos);
  EXPECT_NE(error_with(12, 2).find("version 2, " + reads), std::string::npos);
  EXPECT_EQ(error_with(12, 3), "") << "what was written before an order could be adopted";
  test::write_file(folder / "changed.bin", "");
  EXPECT_NE(read_journal(folder / "changed.bin").open_error.find("cut off"), std::string::npos);
  EXPECT_NE(read_journal(folder / "none.bin").open_error.find("cannot be opened"),
            std::string::npos);
}

TEST(JournalFile, AWriterNeverOverwrites) {
  const test::TemporaryFolder folder;
  write_small_journal(folder / "journal.bin");
  JournalWriter writer;
  EXPECT_NE(writer.open(folder / "journal.bin", {}).find("cannot be created"), std::string::npos);
  EXPECT_EQ(read_journal(folder / "journal.bin").last, JournalItem::kEnd);
  JournalWriter other;
  EXPECT_NE(other.open(folder / "journal2.bin", {.config = std::string(kPayloadBytesMax, 'x')}),
            "");
}

TEST(JournalFile, WithoutAnEndItReadsAsTornAfterTheLastRecord) {
  const test::TemporaryFolder folder;
  const auto records = test::random_records(3, 10);
  {
    JournalWriter writer;
    ASSERT_EQ(writer.open(folder / "journal.bin", test::sample_header()), "");
    for (const JournalRecord& r : records) writer.append(r);
  }
  const Contents c = read_journal(folder / "journal.bin");
  expect_records(c, records);
  EXPECT_EQ(c.last, JournalItem::kTorn);
  EXPECT_NE(c.error.find("end frame is missing"), std::string::npos);
}

TEST(JournalFile, FlushedRecordsCanBeReadWhileTheJournalIsWritten) {
  const test::TemporaryFolder folder;
  const auto records = test::random_records(3, 2);
  JournalWriter writer;
  ASSERT_EQ(writer.open(folder / "journal.bin", test::sample_header()), "");
  writer.append(records[0]);
  writer.sync();
  EXPECT_EQ(read_journal(folder / "journal.bin").records.size(), 1u);
  writer.append(records[1]);
  writer.flush();
  EXPECT_EQ(read_journal(folder / "journal.bin").records.size(), 2u);
}

// As of a start that has very much to recover.
TEST(JournalFile, AnOpeningOfAnySizeComesBackFromEverySegment) {
  const test::TemporaryFolder folder;
  for (const std::size_t bytes : {kOpeningBytesMax, kOpeningBytesMax + 1, 3 * kPayloadBytesMax}) {
    const std::string path = folder / ("journal_" + std::to_string(bytes) + ".bin");
    JournalHeader header = test::sample_header();
    header.opening.clear();
    while (header.opening.size() < bytes) header.opening += std::to_string(header.opening.size());
    header.opening.resize(bytes);
    JournalWriter writer;
    const auto records = test::random_records(5, 3000);
    ASSERT_EQ(writer.open(path, header, {.segment_bytes_max = bytes + 50'000, .segments_max = 2}),
              "");
    for (const JournalRecord& r : records) writer.append(r);
    ASSERT_EQ(writer.end({}), "");
    JournalReader reader;
    ASSERT_EQ(reader.open(path), "");
    EXPECT_EQ(reader.header().opening, header.opening);
    EXPECT_EQ(read_journal(path).last, JournalItem::kEnd);
  }
}

TEST(JournalFile, AnOpeningThatBreaksOffIsNoJournal) {
  const test::TemporaryFolder folder;
  JournalHeader header = test::sample_header();
  header.opening.assign(kOpeningBytesMax + 100, 'x');
  JournalWriter writer;
  ASSERT_EQ(writer.open(folder / "journal.bin", header), "");
  ASSERT_EQ(writer.end({}), "");
  const std::string whole = test::read_file(folder / "journal.bin");
  const std::size_t end = sizeof(FrameHeader) + sizeof(JournalEnd) + sizeof(FrameTrailer);
  test::write_file(folder / "cut.bin", whole.substr(0, whole.size() - end - 50));
  JournalReader reader;
  EXPECT_NE(reader.open(folder / "cut.bin"), "");
}

TEST(JournalFile, SegmentsReadAsOneJournal) {
  const test::TemporaryFolder folder;
  const auto records = test::random_records(11, 20'000);
  JournalWriter writer;
  ASSERT_EQ(writer.open(folder / "journal.bin", test::sample_header(),
                        {.segment_bytes_max = 100'000, .segments_max = 1000}),
            "");
  for (const JournalRecord& r : records) writer.append(r);
  EXPECT_GT(writer.segment(), 3u);
  ASSERT_EQ(writer.end({}), "");
  const Contents c = read_journal(folder / "journal.bin");
  EXPECT_EQ(c.last, JournalItem::kEnd) << c.error;
  expect_records(c, records);

  std::filesystem::remove(folder / "journal.2.bin");
  const Contents holed = read_journal(folder / "journal.bin");
  EXPECT_EQ(holed.last, JournalItem::kCorrupt);
  EXPECT_NE(holed.error.find("journal.2.bin"), std::string::npos);
  std::filesystem::copy_file(folder / "journal.3.bin", folder / "journal.2.bin");
  EXPECT_NE(read_journal(folder / "journal.bin").error.find("another journal"), std::string::npos);
}

TEST(JournalFile, BytesOnDiskAreBoundedByDeletingTheOldestSegment) {
  const test::TemporaryFolder folder;
  const auto records = test::random_records(11, 40'000);
  JournalWriter writer;
  ASSERT_EQ(writer.open(folder / "journal.bin", test::sample_header(),
                        {.segment_bytes_max = 100'000, .segments_max = 3}),
            "");
  for (const JournalRecord& r : records) writer.append(r);
  ASSERT_EQ(writer.end({}), "");
  std::uintmax_t bytes = 0, files = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder.path())) {
    bytes += file.file_size();
    ++files;
  }
  EXPECT_LE(files, 3u);
  EXPECT_LE(bytes, 3 * (100'000 + kRecordsBytesMax + 1000));
  const Contents c = read_journal(folder / "journal.bin");
  EXPECT_EQ(c.last, JournalItem::kEnd) << c.error;
  ASSERT_LT(c.records.size(), records.size());
  JournalReader reader;
  ASSERT_EQ(reader.open(folder / "journal.bin"), "");
  EXPECT_GT(reader.header().segment, 0u);
  const std::size_t first = reader.header().first_record;
  expect_records(c, {records.begin() + static_cast<std::ptrdiff_t>(first), records.end()});
}

TEST(JournalFile, WhatAFullDiskLostIsAGapWhenThereIsSpaceAgain) {
  const test::TemporaryFolder folder;
  const auto records = test::random_records(5, 6000);
  JournalWriter writer;
  ASSERT_EQ(writer.open(folder / "journal.bin", test::sample_header()), "");
  const auto append = [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) writer.append(records[i]);
    writer.flush();
  };
  append(0, 2000);
  EXPECT_EQ(writer.error(), "");
  {
    const test::FileSizeLimit full(writer.bytes_written() + 10);
    const std::uint64_t before = hot_path_allocations();
    const SealedScope sealed;
    append(2000, 4000);
    EXPECT_EQ(hot_path_allocations(), before) << "a failing disk allocates nothing";
  }
  EXPECT_NE(writer.error().find("cannot be written"), std::string::npos);
  EXPECT_EQ(writer.lost(), 2000u);
  append(4000, 6000);
  ASSERT_EQ(writer.end({}), "");
  const Contents c = read_journal(folder / "journal.bin");
  EXPECT_EQ(c.last, JournalItem::kEnd) << c.error;
  EXPECT_EQ(c.gaps, std::vector<std::uint64_t>{2000});
  EXPECT_EQ(c.end.lost, 2000u);
  std::vector<JournalRecord> expected;
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (i < 2000 || i >= 4000) expected.push_back(records[i]);
  }
  expect_records(c, expected);
}

TEST(JournalFile, RecordsAfterTheEndAreLostAndCountedAndHarmNothing) {
  const test::TemporaryFolder folder;
  JournalWriter writer;
  ASSERT_EQ(writer.open(folder / "journal.bin", test::sample_header()), "");
  ASSERT_EQ(writer.end({}), "");
  for (const JournalRecord& r : test::random_records(5, 6000)) writer.append(r);
  EXPECT_FALSE(writer.config("x"));
  writer.gap(1);
  EXPECT_EQ(writer.lost(), 6001u);
  EXPECT_EQ(writer.records(), 0u);
  EXPECT_EQ(read_journal(folder / "journal.bin").last, JournalItem::kEnd);
}

TEST(JournalFile, ASegmentThatCannotBeMadeLetsTheOldOneGrow) {
  const test::TemporaryFolder folder;
  const auto records = test::random_records(5, 6000);
  test::write_file(folder / "journal.1.bin", "in the way");
  JournalWriter writer;
  ASSERT_EQ(writer.open(folder / "journal.bin", test::sample_header(),
                        {.segment_bytes_max = 50'000, .segments_max = 4}),
            "");
  for (const JournalRecord& r : records) writer.append(r);
  EXPECT_EQ(writer.segment(), 0u);
  EXPECT_NE(writer.error().find("journal.1.bin: cannot be created"), std::string::npos);
  ASSERT_EQ(writer.end({}), "");
  expect_records(read_journal(folder / "journal.bin"), records);
  EXPECT_EQ(test::read_file(folder / "journal.1.bin"), "in the way");
}

}  // namespace
}  // namespace mm
