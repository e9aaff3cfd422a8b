// Memory that outlives the process that wrote it.
#include "engine/runtime/shared_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

namespace mm {
namespace {

using Found = SharedFile::Found;
using testing::HasSubstr;

std::string name_here(const char* what) {
  return "mm_test_" + std::to_string(::getpid()) + "_" + what;
}
std::string path_of(const std::string& name) {
  return std::string(SharedFile::kFolder) + "/" + name;
}

TEST(SharedFile, IsZeroedAndHasNoNameUntilItGetsOne) {
  SharedFile file;
  ASSERT_EQ(file.reserve(10'000), "");
  EXPECT_EQ(file.memory().size(), 10'000u);
  for (const std::byte b : file.memory()) ASSERT_EQ(b, std::byte{0});
  EXPECT_EQ(file.path(), "");
  EXPECT_EQ(file.publish(name_here("named")), "");
  EXPECT_EQ(file.path(), path_of(name_here("named")));
  file.remove();
  EXPECT_FALSE(std::filesystem::exists(path_of(name_here("named"))));
}

TEST(SharedFile, IsTheOwnersOnly) {
  SharedFile file;
  ASSERT_EQ(file.reserve(4096), "");
  ASSERT_EQ(file.publish(name_here("mode")), "");
  struct stat is = {};
  ASSERT_EQ(::stat(file.path().c_str(), &is), 0);
  EXPECT_EQ(is.st_mode & 0777, 0600u);
  file.remove();
}

TEST(SharedFile, IsHeldWhileItsWriterLivesAndFoundWithWhatItHeldAfterwards) {
  const std::string name = name_here("left");
  {
    SharedFile writer;
    ASSERT_EQ(writer.reserve(4096), "");
    ASSERT_EQ(writer.publish(name), "");
    std::memcpy(writer.memory().data(), "kept", 4);
    SharedFile other;
    ASSERT_EQ(other.open(path_of(name)), Found::kOpen) << "to be looked at";
    EXPECT_EQ(other.hold(), Found::kHeld);
    EXPECT_EQ(std::memcmp(other.memory().data(), "kept", 4), 0);
  }
  SharedFile looking, later;
  ASSERT_EQ(looking.open(path_of(name)), Found::kOpen);
  ASSERT_EQ(later.open(path_of(name)), Found::kOpen);
  ASSERT_EQ(later.hold(), Found::kOpen) << "who only looks is in nobody's way";
  ASSERT_EQ(later.memory().size(), 4096u);
  EXPECT_EQ(std::memcmp(later.memory().data(), "kept", 4), 0);
  SharedFile third;
  ASSERT_EQ(third.open(path_of(name)), Found::kOpen);
  EXPECT_EQ(third.hold(), Found::kHeld) << "two cannot take what was left";
  later.remove();
  EXPECT_EQ(third.open(path_of(name)), Found::kGone);
}

TEST(SharedFile, ANameThatIsTakenIsAnError) {
  SharedFile first, second;
  ASSERT_EQ(first.reserve(4096), "");
  ASSERT_EQ(second.reserve(4096), "");
  ASSERT_EQ(first.publish(name_here("twice")), "");
  EXPECT_THAT(second.publish(name_here("twice")), HasSubstr("File exists"));
  first.remove();
}

TEST(SharedFile, MoreThanThereIsRoomForIsAnErrorAndNoCrashLater) {
  SharedFile file;
  EXPECT_THAT(file.reserve(std::size_t{1} << 50), HasSubstr("no room"));
}

TEST(SharedFile, WhatIsNoFileIsRefused) {
  const std::string link = path_of(name_here("link")), empty = path_of(name_here("empty"));
  std::filesystem::create_symlink("/etc/hostname", link);
  std::ofstream(empty).flush();
  SharedFile file;
  EXPECT_EQ(file.open(link), Found::kRefused);
  EXPECT_EQ(file.open(empty), Found::kRefused);
  EXPECT_EQ(file.open(SharedFile::kFolder), Found::kRefused);
  EXPECT_EQ(file.open(path_of(name_here("nothing"))), Found::kGone);
  std::filesystem::remove(link);
  std::filesystem::remove(empty);
}

}  // namespace
}  // namespace mm
