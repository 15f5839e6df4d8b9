// What the built files export, as the dynamic linker sees it. A plugin exports its one function:
// any other symbol could be taken for another library's. The program exports nothing of ours: a
// plugin must not be able to reach past the tables.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <sstream>
#include <string>
#include <vector>

namespace {

using ::testing::ElementsAre;

// Demangled names of the dynamic symbols that the file defines.
std::vector<std::string> exported(const std::string& path) {
  const std::string command = "nm --dynamic --defined-only --demangle '" + path + "'";
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) {
    ADD_FAILURE() << "cannot run nm";
    return {};
  }
  std::string output;
  std::array<char, 4096> block;
  while (const std::size_t bytes = fread(block.data(), 1, block.size(), pipe)) {
    output.append(block.data(), bytes);
  }
  EXPECT_EQ(pclose(pipe), 0) << command;

  std::vector<std::string> names;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    // "0000000000001f40 T name"
    const std::size_t name = line.find_first_of("ABCDGIRSTUVWuvwi", 16);
    if (name != line.npos && name + 2 < line.size()) names.push_back(line.substr(name + 2));
  }
  return names;
}

std::vector<std::string> files(const std::string& list) {
  std::vector<std::string> result;
  std::istringstream stream(list);
  for (std::string file; std::getline(stream, file, '|');) {
    if (!file.empty()) result.push_back(file);
  }
  return result;
}

TEST(AbiSymbols, APluginExportsItsOneFunctionAndNothingElse) {
  const std::vector<std::string> plugins = files(BUILT_PLUGINS);
  EXPECT_FALSE(plugins.empty());
  for (const std::string& plugin : plugins) {
    EXPECT_THAT(exported(plugin), ElementsAre("hg_module_v0")) << plugin;
  }
}

#ifdef BUILT_PROGRAM
TEST(AbiSymbols, TheProgramExportsNothingOfOurs) {
  for (const std::string& name : exported(BUILT_PROGRAM)) {
    EXPECT_EQ(name.find("headgate"), name.npos) << name;
    EXPECT_FALSE(name.starts_with("hg_")) << name;
  }
}
#endif

}  // namespace
