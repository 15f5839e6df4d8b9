#include "core/cli/file_watch.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace headgate::cli {
namespace {

class FileWatchTest : public ::testing::Test {
 protected:
  FileWatchTest() {
    std::filesystem::create_directories(folder);
    write("a", "one");
    write("b", "one");
    watch.watch({path("a"), path("b")});
  }
  ~FileWatchTest() override { std::filesystem::remove_all(folder); }

  std::string path(const std::string& name) const { return (folder / name).string(); }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name)) << text;
  }

  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() /
      ("headgate-file-watch-" + std::to_string(::getpid()) + "-" +
       ::testing::UnitTest::GetInstance()->current_test_info()->name());
  FileWatch watch;
};

TEST_F(FileWatchTest, SaysOnceThatAFileHasChanged) {
  EXPECT_FALSE(watch.changed());
  write("b", "three");
  EXPECT_TRUE(watch.changed());
  EXPECT_FALSE(watch.changed());
}

TEST_F(FileWatchTest, SeesAFileThatWasPutInTheOthersPlace) {
  write("new", "two");  // of the same size
  std::filesystem::rename(path("new"), path("a"));
  EXPECT_TRUE(watch.changed());
}

TEST_F(FileWatchTest, SeesALinkThatPointsSomewhereElse) {
  std::filesystem::create_symlink(path("a"), path("link"));
  watch.watch({path("link")});
  std::filesystem::remove(path("link"));
  std::filesystem::create_symlink(path("b"), path("link"));
  EXPECT_TRUE(watch.changed());
}

TEST_F(FileWatchTest, LooksAwayWhileAFileIsMissingForAMoment) {
  std::filesystem::rename(path("a"), path("away"));
  EXPECT_FALSE(watch.changed());
  std::filesystem::rename(path("away"), path("a"));
  EXPECT_FALSE(watch.changed());
  EXPECT_FALSE(watch.changed());
}

TEST_F(FileWatchTest, SaysOnceThatAFileStaysAway) {
  std::filesystem::remove(path("a"));
  EXPECT_FALSE(watch.changed());
  EXPECT_TRUE(watch.changed());
  EXPECT_FALSE(watch.changed());
  write("a", "one");
  EXPECT_TRUE(watch.changed());
}

TEST_F(FileWatchTest, RemembersWhatItKnewOfFilesThatItGoesOnToWatch) {
  write("a", "changed while it was read");
  watch.watch({path("a")});
  EXPECT_TRUE(watch.changed());
  write("b", "three");
  EXPECT_FALSE(watch.changed()) << "it is not watched any more";
}

}  // namespace
}  // namespace headgate::cli
