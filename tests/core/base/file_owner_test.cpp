#include "core/base/file_owner.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>

namespace headgate {
namespace {

constexpr std::uint32_t kStranger = 4242;

OwnerRisk risk(std::uint32_t user, std::uint32_t mode, FileRole role = FileRole::itself) {
  return owner_risk({user, mode}, role);
}

TEST(FileOwner, RootAndTheUserOfTheProcessAreTrusted) {
  EXPECT_EQ(risk(0, 0755), OwnerRisk::none);
  EXPECT_EQ(risk(geteuid(), 0755), OwnerRisk::none);
  EXPECT_EQ(risk(geteuid() + kStranger, 0400), OwnerRisk::other_user);
  const std::array<std::uint32_t, 2> trusted = {7, geteuid() + kStranger};
  EXPECT_EQ(owner_risk({geteuid() + kStranger, 0755}, FileRole::itself, trusted), OwnerRisk::none);
}

TEST(FileOwner, TellsTheWorstOfWhoMayWrite) {
  EXPECT_EQ(risk(0, 0555), OwnerRisk::none);
  EXPECT_EQ(risk(0, 0020), OwnerRisk::group_writes);
  EXPECT_EQ(risk(0, 0002), OwnerRisk::others_write);
  EXPECT_EQ(risk(0, 0777), OwnerRisk::others_write);
  EXPECT_EQ(risk(geteuid() + kStranger, 0777), OwnerRisk::other_user);
}

TEST(FileOwner, AFolderAboveMayBeEverybodysWhereOnlyOwnersMayRename) {
  EXPECT_EQ(risk(0, 01777, FileRole::above), OwnerRisk::none);
  EXPECT_EQ(risk(0, 01777), OwnerRisk::others_write);
  EXPECT_EQ(risk(0, 0777, FileRole::above), OwnerRisk::others_write);
  EXPECT_EQ(risk(0, 0775, FileRole::above), OwnerRisk::group_writes);
  EXPECT_EQ(risk(geteuid() + kStranger, 01777, FileRole::above), OwnerRisk::other_user);
}

TEST(FileOwner, IsReadFromWhatLiesAtThePath) {
  const std::string path = ::testing::TempDir() + "headgate_file_owner";
  std::filesystem::remove(path);
  std::ofstream(path) << "x";
  std::filesystem::permissions(path, std::filesystem::perms(01640));
  const auto owner = owner_of(path, "a_code");
  ASSERT_TRUE(owner.ok());
  EXPECT_EQ(owner->user, geteuid());
  EXPECT_EQ(owner->mode, 01640u);
  std::filesystem::remove(path);
  const auto missing = owner_of(path, "a_code");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, "a_code");
  EXPECT_THAT(missing.error().message, ::testing::HasSubstr("No such file"));
  EXPECT_FALSE(owner_of(-1, path, "a_code").ok());
}

TEST(FileOwner, SaysWhatToDo) {
  EXPECT_EQ(describe(OwnerRisk::none, {}), "");
  EXPECT_EQ(describe(OwnerRisk::group_writes, {}), "can be written by its group (chmod g-w)");
  EXPECT_EQ(describe(OwnerRisk::others_write, {}), "can be written by others (chmod go-w)");
  EXPECT_EQ(describe(OwnerRisk::other_user, {42, 0}), "belongs to another user (42)");
}

}  // namespace
}  // namespace headgate
