#include "core/plugin/registry.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "core/plugin/config_keys.hpp"
#include "core/plugin/host.hpp"
#include "tests/core/plugin/fake_call.hpp"

namespace headgate::plugin {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

const std::string kFixtures = PLUGIN_FIXTURES;

class RegistryTest : public ::testing::Test {
 protected:
  // Faults of loading one file into this registry.
  std::vector<std::string> faults_of(const std::string& path) {
    registry.add_file(path);
    std::vector<std::string> messages;
    for (const LoadFault& fault : registry.take_faults()) messages.push_back(fault.message);
    return messages;
  }
  // The reason why a fixture is refused, which also names the file; nothing of it is kept.
  std::string refusal(const std::string& fixture) {
    const std::string path = kFixtures + fixture + ".so";
    const std::vector<std::string> faults = faults_of(path);
    EXPECT_THAT(faults, SizeIs(1));
    EXPECT_THAT(registry.all(), SizeIs(0));
    if (faults.empty()) return "nothing";
    EXPECT_THAT(faults[0], StartsWith("plugin " + path + ": "));
    return faults[0].substr(std::string("plugin " + path + ": ").size());
  }
  // A folder of this test's own.
  fs::path folder() {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    const fs::path path = fs::path(::testing::TempDir()) / "headgate_registry" / info->name();
    fs::remove_all(path);
    fs::create_directories(path);
    return path;
  }

  FakeServices services;
  Host host{services, "1.2.3"};
  Registry registry{host};
};

// What was checked is what is loaded: between the two, another library may come to lie at the path.
TEST_F(RegistryTest, LoadsTheOpenFileAndNotWhatItsPathNamesByThen) {
  const fs::path path = folder() / "exchanged.so";
  fs::copy_file(kFixtures + "good_other.so", path);
  const int descriptor =
      open(path.c_str(), O_RDONLY | O_CLOEXEC);  // stays open, as the loader asks
  ASSERT_GE(descriptor, 0);
  fs::remove(path);
  fs::copy_file(kFixtures + "bad_manifest.so", path);
  registry.add_library({path.string(), descriptor, "the hash"});
  EXPECT_THAT(registry.take_faults(), SizeIs(0));
  ASSERT_THAT(registry.all(), SizeIs(3));
  EXPECT_EQ(registry.all()[0]->path, path.string());
  EXPECT_EQ(registry.all()[0]->sha256, "the hash");
  EXPECT_THAT(registry.all()[0]->id(), HasSubstr("other"));
  EXPECT_THAT(registry.all()[0]->manifest_json, HasSubstr(registry.all()[0]->id()));
}

TEST_F(RegistryTest, FindsThePluginsOfALibraryByIdAndKey) {
  EXPECT_THAT(faults_of(kFixtures + "good.so"), ElementsAre());
  ASSERT_THAT(registry.all(), SizeIs(3));
  const Plugin* provider = registry.provider("test");
  ASSERT_NE(provider, nullptr);
  EXPECT_EQ(provider->id(), "test.provider");
  EXPECT_EQ(provider, registry.find("test.provider"));
  EXPECT_EQ(provider->path, fs::canonical(kFixtures + "good.so"));
  EXPECT_EQ(provider->sha256, file_sha256(kFixtures + "good.so"));
  // A provider and a policy may have the same key: they stand at different places.
  ASSERT_NE(registry.policy("test"), nullptr);
  EXPECT_EQ(registry.policy("test")->id(), "test.policy");
  EXPECT_EQ(registry.provider("other"), nullptr);
  EXPECT_EQ(registry.policy("test.policy"), nullptr);
  ASSERT_THAT(registry.dialects(), SizeIs(1));
  EXPECT_EQ(registry.dialects()[0]->id(), "test.dialect");
}

TEST_F(RegistryTest, TellsTheConfigurationTheKeysAndSchemas) {
  registry.add_file(kFixtures + "good.so");
  const config::PluginKeys keys = config_keys(registry);
  ASSERT_THAT(keys.entries(), SizeIs(2));
  EXPECT_EQ(keys.entries()[0].kind, config::PluginKey::Kind::provider);
  EXPECT_EQ(keys.entries()[0].key, "test");
  EXPECT_EQ(keys.entries()[0].id, "test.provider");
  EXPECT_EQ(keys.entries()[0].schema, R"({"type":"object"})");
  EXPECT_EQ(keys.entries()[1].kind, config::PluginKey::Kind::policy);
}

TEST_F(RegistryTest, LoadsAFolderInTheOrderOfNames) {
  const fs::path path = folder();
  fs::copy(kFixtures + "good_other.so", path / "b.so");
  fs::copy(kFixtures + "sizes.so", path / "a.so");
  std::ofstream(path / "README.md") << "not a plugin";
  registry.add_folder(path.string());
  EXPECT_THAT(registry.take_faults(), SizeIs(0));
  ASSERT_THAT(registry.all(), SizeIs(5));
  EXPECT_EQ(registry.all()[0]->id(), "sizes.short");
  EXPECT_EQ(registry.all()[2]->id(), "other.provider");
}

TEST_F(RegistryTest, ReportsEveryRefusedLibraryOfAFolderAndKeepsTheOthers) {
  const fs::path path = folder();
  std::ofstream(path / "a.so") << "text";
  std::ofstream(path / "c.so") << "\x7f"
                                  "ELF and then nothing of the kind";
  fs::copy(kFixtures + "good.so", path / "b.so");
  registry.add_folder(path.string());
  const std::vector<LoadFault> faults = registry.take_faults();
  ASSERT_THAT(faults, SizeIs(2));
  EXPECT_THAT(faults[0].path, HasSubstr("a.so"));
  EXPECT_THAT(faults[0].message, HasSubstr("not a shared library"));
  EXPECT_THAT(faults[1].path, HasSubstr("c.so"));
  EXPECT_NE(registry.find("test.provider"), nullptr);
  EXPECT_THAT(registry.take_faults(), SizeIs(0));
}

TEST_F(RegistryTest, SaysThatAFileOrAFolderIsNotThere) {
  EXPECT_THAT(faults_of("/nowhere/x.so"),
              ElementsAre(AllOf(HasSubstr("/nowhere/x.so"), HasSubstr("No such file"))));
  registry.add_folder("/nowhere/at/all");
  const std::vector<LoadFault> faults = registry.take_faults();
  ASSERT_THAT(faults, SizeIs(1));
  EXPECT_THAT(faults[0].message, HasSubstr("/nowhere/at/all"));
}

TEST_F(RegistryTest, LoadsOneLibraryOnceUnderAllItsNames) {
  const fs::path path = folder();
  fs::copy(kFixtures + "good.so", path / "a.so");
  fs::create_symlink(path / "a.so", path / "b.so");
  registry.add_folder(path.string());
  registry.add_folder(path.string());
  EXPECT_THAT(registry.take_faults(), SizeIs(0));
  EXPECT_THAT(registry.all(), SizeIs(3));
}

TEST_F(RegistryTest, RefusesAFileThatChangedSinceItWasLoaded) {
  const fs::path path = folder() / "a.so";
  fs::copy(kFixtures + "good.so", path);
  EXPECT_THAT(faults_of(path.string()), ElementsAre());
  // A new file at the same path, as a package manager writes it: the old one stays mapped.
  fs::remove(path);
  fs::copy(kFixtures + "sizes.so", path);
  EXPECT_THAT(faults_of(path.string()), ElementsAre(HasSubstr("has changed since it was loaded")));
  EXPECT_EQ(registry.find("sizes.short"), nullptr);
}

TEST_F(RegistryTest, RefusesASecondPluginWithTheSameId) {
  registry.add_file(kFixtures + "good.so");
  const std::vector<std::string> faults = faults_of(kFixtures + "good_same_id.so");
  ASSERT_THAT(faults, SizeIs(3));
  EXPECT_THAT(faults[0], AllOf(HasSubstr("good.so"), HasSubstr("good_same_id.so"),
                               HasSubstr("both claim the id 'test.provider'")));
  EXPECT_THAT(registry.all(), SizeIs(3));
}

TEST_F(RegistryTest, RefusesASecondNeutralDialect) {
  registry.add_file(kFixtures + "good.so");
  EXPECT_THAT(faults_of(kFixtures + "good_other.so"),
              ElementsAre(HasSubstr("both claim being the neutral dialect")));
  EXPECT_THAT(registry.all(), SizeIs(3)) << "nothing of a library with a fault is used";
  EXPECT_EQ(registry.find("other.provider"), nullptr);
}

TEST_F(RegistryTest, RefusesTwoPluginsOfOneLibraryThatClaimTheSame) {
  EXPECT_EQ(refusal("twice"), "refused and refused of " +
                                  fs::canonical(kFixtures + "twice.so").string() +
                                  " both claim the id 'refused'");
}

TEST_F(RegistryTest, RefusesASecondPluginWithTheSameKey) {
  registry.add_file(kFixtures + "good.so");
  EXPECT_THAT(faults_of(kFixtures + "same_key.so"),
              ElementsAre(HasSubstr("both claim the provider key 'test'"),
                          HasSubstr("both claim the policy key 'test'"),
                          HasSubstr("both claim being the neutral dialect")));
}

TEST_F(RegistryTest, LetsAPolicyHaveTheKeyOfAProvider) {
  registry.add_file(kFixtures + "sizes.so");  // a provider "short", no such policy
  EXPECT_THAT(faults_of(kFixtures + "short_key.so"),
              ElementsAre(HasSubstr("third.provider and sizes.short of")));
  EXPECT_EQ(registry.provider("short")->id(), "sizes.short");
}

// It is mapped, and would be given out again for its path whatever lies there by then.
TEST_F(RegistryTest, KeepsOnRefusingWhatWasMappedAndRefused) {
  const fs::path path = folder() / "a.so";
  fs::copy(kFixtures + "bad_manifest.so", path);
  const std::vector<std::string> first = faults_of(path.string());
  ASSERT_THAT(first, SizeIs(2));
  EXPECT_EQ(faults_of(path.string()), first);
  fs::remove(path);
  fs::copy(kFixtures + "good.so", path);
  EXPECT_THAT(faults_of(path.string()), ElementsAre(HasSubstr("has changed since it was loaded")));
  registry.add_file(kFixtures + "good.so");
  const fs::path same_id = folder() / "b.so";
  fs::copy(kFixtures + "good_same_id.so", same_id);
  const std::vector<std::string> conflicts = faults_of(same_id.string());
  ASSERT_THAT(conflicts, SizeIs(3));
  EXPECT_EQ(faults_of(same_id.string()), conflicts);
}

TEST_F(RegistryTest, LoadsAFileThatCouldNotBeLoadedOnceItIsMended) {
  const fs::path path = folder() / "a.so";
  std::ofstream(path) << "text";
  EXPECT_THAT(faults_of(path.string()), SizeIs(1));
  fs::remove(path);
  EXPECT_THAT(faults_of(path.string()), SizeIs(1));
  fs::copy(kFixtures + "good.so", path);
  EXPECT_THAT(faults_of(path.string()), ElementsAre());
  EXPECT_THAT(registry.all(), SizeIs(3));
}

TEST_F(RegistryTest, FindsALibraryByAnyOfItsPaths) {
  const fs::path path = folder();
  fs::copy(kFixtures + "good.so", path / "a.so");
  fs::create_symlink(path / "a.so", path / "b.so");
  registry.add_file((path / "b.so").string());
  ASSERT_NE(registry.module_at((path / "a.so").string()), nullptr);
  EXPECT_EQ(registry.module_at((path / "b.so").string()),
            registry.module_at((path / "a.so").string()));
  EXPECT_EQ(registry.module_at((path / "a.so").string())->plugins[0].get(), registry.all()[0]);
  EXPECT_EQ(registry.module_at(kFixtures + "good.so"), nullptr);
  EXPECT_EQ(registry.module_at("/nowhere/x.so"), nullptr);
}

TEST_F(RegistryTest, RefusesAFileThatAnybodyCouldHaveWritten) {
  const fs::path path = folder() / "a.so";
  fs::copy(kFixtures + "good.so", path);
  fs::permissions(path, fs::perms::others_write, fs::perm_options::add);
  EXPECT_THAT(faults_of(path.string()),
              ElementsAre(HasSubstr(path.string() + " can be written by others")));
  EXPECT_THAT(registry.all(), SizeIs(0));
  fs::permissions(path, fs::perms::others_write, fs::perm_options::remove);
  EXPECT_THAT(faults_of(path.string()), ElementsAre());
  EXPECT_THAT(registry.all(), SizeIs(3));
}

TEST_F(RegistryTest, WarnsOnceOfFilesThatAGroupCouldExchange) {
  const fs::path path = folder();
  for (const fs::path& each : {path, path.parent_path()}) {
    fs::permissions(each, fs::perms::group_write, fs::perm_options::remove);
  }
  for (const char* name : {"sizes", "good"}) {
    const fs::path file = path / (std::string(name) + ".so");
    fs::copy(kFixtures + name + ".so", file);
    fs::permissions(file, fs::perms::group_write, fs::perm_options::add);
  }
  registry.add_folder(path.string());
  EXPECT_THAT(registry.take_faults(), SizeIs(0));
  EXPECT_THAT(registry.all(), SizeIs(5));
  EXPECT_THAT(registry.take_warning(),
              AllOf(HasSubstr((path / "good.so").string()), HasSubstr("more (chmod g-w)")));
  EXPECT_EQ(registry.take_warning(), "");
}

TEST_F(RegistryTest, RefusesALibraryForAnotherAbi) {
  EXPECT_EQ(refusal("other_major"), "built for another ABI: it has major 1, this gateway has 0.1");
  EXPECT_EQ(refusal("other_minor"), "built for another ABI: it has 0.99, this gateway has 0.1");
}

TEST_F(RegistryTest, RefusesWhatIsNotAPlugin) {
  EXPECT_EQ(refusal("missing_symbol"), "not a plugin: it does not export hg_module_v0");
  EXPECT_THAT(refusal("undefined_symbol"), HasSubstr("undefined symbol: nobody_defines_this"));
  EXPECT_THAT(refusal("null_module"), HasSubstr("does not work with this gateway"));
}

TEST_F(RegistryTest, RefusesTablesThatAreTooShortOrOfAnUnknownKind) {
  EXPECT_THAT(refusal("short_module"), HasSubstr("too short"));
  EXPECT_THAT(refusal("short_plugin"),
              HasSubstr("its plugin 0: the table is missing or too short"));
  EXPECT_THAT(refusal("unknown_kind"), HasSubstr("its plugin 0: unknown kind 77"));
  EXPECT_THAT(refusal("no_plugins"), HasSubstr("lists no plugin"));
  EXPECT_THAT(refusal("too_many_plugins"), HasSubstr("lists 65 plugins; at most 64"));
}

TEST_F(RegistryTest, RefusesAPluginThatLacksAFunction) {
  EXPECT_THAT(refusal("no_create"), HasSubstr("refused: has no create()"));
  EXPECT_THAT(refusal("no_build"), HasSubstr("refused: has no build()"));
  EXPECT_THAT(refusal("phase_without_function"), HasSubstr("the phase of on_event()"));
  EXPECT_THAT(refusal("dialect_without_translation"), HasSubstr("has no to_neutral()"));
}

TEST_F(RegistryTest, NamesEveryFaultOfAManifest) {
  const std::vector<std::string> faults = faults_of(kFixtures + "bad_manifest.so");
  EXPECT_THAT(faults, ElementsAre(AllOf(HasSubstr("bad_manifest.so"), HasSubstr("'/kind'")),
                                  HasSubstr("'/colour': is unknown")));
}

TEST_F(RegistryTest, TakesTablesOfOtherLengths) {
  EXPECT_THAT(faults_of(kFixtures + "sizes.so"), ElementsAre());
  const Plugin* shorter = registry.find("sizes.short");
  ASSERT_NE(shorter, nullptr);
  EXPECT_NE(shorter->provider.build, nullptr);
  EXPECT_EQ(shorter->provider.sign, nullptr);
  EXPECT_EQ(shorter->provider.close, nullptr);
  EXPECT_EQ(shorter->instance.destroy, nullptr);
  EXPECT_EQ(shorter->instance.worker_destroy, nullptr);
  const Plugin* longer = registry.find("sizes.long");
  ASSERT_NE(longer, nullptr);
  EXPECT_NE(longer->policy.on_request, nullptr);
  EXPECT_EQ(longer->policy.size, HG_END_OF(hg_policy_api, probe));
}

TEST(LoadModule, TakesAbsolutePathsOnly) {
  FakeServices services;
  Host host(services, "1.2.3");
  const LoadedModule loaded = load_module({"good.so"}, host);
  EXPECT_FALSE(loaded.module.has_value());
  ASSERT_THAT(loaded.faults, SizeIs(1));
  EXPECT_THAT(loaded.faults[0].message, HasSubstr("must be absolute"));
}

TEST(LoadModule, RefusesAFolder) {
  FakeServices services;
  Host host(services, "1.2.3");
  const LoadedModule loaded = load_module({"/"}, host);
  ASSERT_THAT(loaded.faults, SizeIs(1));
  EXPECT_THAT(loaded.faults[0].message, HasSubstr("not a regular file"));
}

}  // namespace
}  // namespace headgate::plugin
