#include "store/state_lock.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/store/temporary_directory.h"

namespace pikachu::store {
namespace {

std::string line_of(const std::string& path) {
  std::string line;
  std::ifstream file(path);
  std::getline(file, line);
  return line;
}

std::string inode_of(const std::string& path) {
  struct stat about {};
  EXPECT_EQ(::stat(path.c_str(), &about), 0);
  return std::to_string(about.st_ino);
}

std::string instance_in(const std::string& dir) {
  const auto lock = StateLock::acquire(dir);
  EXPECT_TRUE(lock) << lock.error().message;
  return lock ? lock->instance() : "";
}

TEST(StateLock, InstanceStaysFromHolderToHolder) {
  const TemporaryDirectory dir;
  const std::string path = dir / "pikachu.lock";

  const auto instance = instance_in(dir.path());

  EXPECT_EQ(instance.size(), 16U);
  EXPECT_EQ(instance.find_first_not_of("0123456789abcdef"), std::string::npos) << instance;
  const std::string line = line_of(path);
  EXPECT_TRUE(line.starts_with(std::to_string(::getpid()) + " ")) << line;
  EXPECT_TRUE(line.ends_with(" " + instance + " " + inode_of(path))) << line;
  EXPECT_EQ(std::count(line.begin(), line.end(), ' '), 3) << line;
  EXPECT_EQ(instance_in(dir.path()), instance);
  EXPECT_EQ(line_of(path), line);
}

TEST(StateLock, DirectoriesDifferInTheirInstance) {
  const TemporaryDirectory one;
  const TemporaryDirectory other;

  EXPECT_NE(instance_in(one.path()), instance_in(other.path()));
}

TEST(StateLock, CopyOfADirectoryIsAnotherInstance) {
  const TemporaryDirectory dir;
  const TemporaryDirectory copy;
  const auto instance = instance_in(dir.path());
  std::filesystem::copy_file(dir / "pikachu.lock", copy / "pikachu.lock");

  const auto of_copy = instance_in(copy.path());

  EXPECT_NE(of_copy, instance);
  EXPECT_EQ(instance_in(copy.path()), of_copy);
  EXPECT_EQ(instance_in(dir.path()), instance);
}

TEST(StateLock, InstanceOutlastsADirectoryThatIsMoved) {
  const TemporaryDirectory parent;
  std::filesystem::create_directory(parent / "before");
  const auto instance = instance_in(parent / "before");

  std::filesystem::rename(parent / "before", parent / "after");

  EXPECT_EQ(instance_in(parent / "after"), instance);
}

TEST(StateLock, LineOfAnotherFormGetsANewInstance) {
  const TemporaryDirectory dir;
  const std::string path = dir / "pikachu.lock";
  instance_in(dir.path());
  const std::string inode = inode_of(path);
  const std::string good = "0123456789abcdef";
  for (const std::string& line :
       {std::string(), std::string("42 db1"), "42 db1 " + good, "42 db1 " + good + " 1" + inode,
        "42 db1 0123456789abcde " + inode, "42 db1 0123456789abcdeF " + inode,
        "42 db1 " + good + " " + inode + " more", good + " " + inode}) {
    SCOPED_TRACE(line);
    std::ofstream(path) << line << '\n';

    const auto instance = instance_in(dir.path());

    EXPECT_EQ(instance.size(), 16U);
    EXPECT_NE(instance, good);
    EXPECT_TRUE(line_of(path).ends_with(" " + instance + " " + inode)) << line_of(path);
  }
  // Without its end, and followed by what a longer line left: the process ended as it wrote.
  std::ofstream(path) << "42 db1 " << good << ' ' << inode << "\nof-a-longer-line\n";
  EXPECT_EQ(instance_in(dir.path()), good);
  EXPECT_EQ(std::filesystem::file_size(path), line_of(path).size() + 1);
}

TEST(StateLock, HolderIsNamedByProcessAndHostAlone) {
  const TemporaryDirectory dir;
  const auto lock = StateLock::acquire(dir.path());
  ASSERT_TRUE(lock) << lock.error().message;
  const std::string line = line_of(dir / "pikachu.lock");
  const auto blank = line.find(' ');
  const std::string host = line.substr(blank + 1, line.find(' ', blank + 1) - blank - 1);

  EXPECT_EQ(StateLock::holder(dir.path()),
            "process " + std::to_string(::getpid()) + " on host " + host);
}

TEST(StateLock, DirectoryThatNobodyHoldsHasNoHolder) {
  const TemporaryDirectory dir;
  EXPECT_FALSE(StateLock::holder(dir.path()));
  instance_in(dir.path());
  EXPECT_FALSE(StateLock::holder(dir.path()));
}

}  // namespace
}  // namespace pikachu::store
