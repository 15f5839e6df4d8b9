#include "core/plugin/file_trust.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace headgate::plugin {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr uid_t kStranger = 4242;

// top/sub/plugin.so, and a program in top/bin; all of it this user's, and nobody else's to write.
class FileTrustTest : public ::testing::Test {
 protected:
  FileTrustTest() {
    fs::remove_all(top);
    for (const fs::path& folder : {top, sub, bin}) {
      fs::create_directories(folder);
      fs::permissions(folder, fs::perms(0755));
    }
    for (const fs::path& path : {file, program}) {
      std::ofstream(path) << "x";
      fs::permissions(path, fs::perms(0644));
    }
  }
  ~FileTrustTest() override { fs::remove_all(top); }

  FileTrust check(const fs::path& path, const fs::path& of_program = {}) const {
    return check_trust(path.string(), of_program.string());
  }
  static fs::path test_folder() {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    return fs::canonical(::testing::TempDir()) / (std::string("headgate_trust_") + info->name());
  }

  const fs::path top = test_folder();
  const fs::path sub = top / "sub";
  const fs::path bin = top / "bin";
  const fs::path file = sub / "plugin.so";
  const fs::path program = bin / "headgate";
};

TEST_F(FileTrustTest, TakesWhatOnlyThisUserCanWrite) {
  const FileTrust trust = check(file);
  EXPECT_EQ(trust.refused, "");
  EXPECT_THAT(trust.group_writes, ElementsAre());
}

TEST_F(FileTrustTest, RefusesWhatOthersCanWriteUpToTheTop) {
  for (const fs::path& path : {file, sub, top}) {
    const fs::perms before = fs::status(path).permissions();
    fs::permissions(path, fs::perms::others_write, fs::perm_options::add);
    EXPECT_THAT(check(file).refused, HasSubstr(path.string() + " can be written by others"));
    fs::permissions(path, before);
    EXPECT_EQ(check(file).refused, "");
  }
}

TEST_F(FileTrustTest, TellsWhatAGroupCanWrite) {
  for (const fs::path& path : {file, sub, top}) {
    fs::permissions(path, fs::perms::group_write, fs::perm_options::add);
  }
  const FileTrust trust = check(file);
  EXPECT_EQ(trust.refused, "");
  EXPECT_THAT(trust.group_writes, ElementsAre(file.string(), sub.string(), top.string()));
}

// As in the folder for temporary files: nobody can exchange the folder in it.
TEST_F(FileTrustTest, TakesAFolderAboveInWhichOnlyOwnersMayRename) {
  fs::permissions(top, fs::perms(01777));
  EXPECT_EQ(check(file).refused, "");
  fs::permissions(sub, fs::perms(01777));
  EXPECT_THAT(check(file).refused, HasSubstr(sub.string() + " can be written by others"));
}

TEST_F(FileTrustTest, LooksAtTheFolderOfALinkAndAtWhatItLeadsTo) {
  const fs::path links = top / "links";
  fs::create_directory(links);
  fs::permissions(links, fs::perms(0755));
  fs::create_symlink(file, links / "link.so");
  EXPECT_EQ(check(links / "link.so").refused, "");
  fs::permissions(links, fs::perms(0757));
  EXPECT_THAT(check(links / "link.so").refused, HasSubstr(links.string() + " can be written"));
  EXPECT_EQ(check(file).refused, "");
  fs::permissions(links, fs::perms(0755));
  fs::permissions(file, fs::perms(0666));
  EXPECT_THAT(check(links / "link.so").refused, HasSubstr(file.string() + " can be written"));
}

TEST_F(FileTrustTest, DoesNotLookAtFoldersThatTheProgramLiesInToo) {
  fs::permissions(top, fs::perms(0777));
  EXPECT_NE(check(file).refused, "");
  EXPECT_EQ(check(file, program).refused, "");
  fs::permissions(sub, fs::perms(0777));
  EXPECT_THAT(check(file, program).refused, HasSubstr(sub.string() + " can be written"));
  // A folder whose name only begins like that of the program's is another one.
  fs::permissions(sub, fs::perms(0755));
  EXPECT_NE(check(file, top.string() + "-other/headgate").refused, "");
}

TEST_F(FileTrustTest, RefusesWhatBelongsToAnotherUserUnlessTheProgramDoesToo) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  for (const fs::path& path : {file, sub, top}) {
    ASSERT_EQ(chown(path.c_str(), kStranger, kStranger), 0);
    EXPECT_THAT(check(file).refused, HasSubstr(path.string() + " belongs to another user (4242)"));
    ASSERT_EQ(chown(path.c_str(), 0, 0), 0);
  }
  ASSERT_EQ(chown(file.c_str(), kStranger, kStranger), 0);
  EXPECT_NE(check(file, program).refused, "");
  ASSERT_EQ(chown(program.c_str(), kStranger, kStranger), 0);
  EXPECT_EQ(check(file, program).refused, "");
}

TEST_F(FileTrustTest, SaysThatAFileIsNotThere) {
  EXPECT_THAT(check(sub / "other.so").refused, HasSubstr("No such file"));
}

TEST(OwnProgram, IsThisTest) {
  EXPECT_TRUE(fs::is_regular_file(own_program()));
}

}  // namespace
}  // namespace headgate::plugin
