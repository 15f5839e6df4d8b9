#pragma once
// The commands of the program, each a function from its arguments to an exit code. [main]

#include <string>
#include <vector>

namespace headgate::cli {

struct CommandOptions {
  std::string file;
  std::vector<std::string> plugin_folders;
  std::vector<std::string> connect_to;  // HOST:PORT:ADDR:PORT
};

int run_command(const CommandOptions& options);
// Says everything that is wrong with a file, without listening.
int check_command(const CommandOptions& options);
// Prints the JSON Schema of the file, with the schemas of all plugins.
int schema_command(const CommandOptions& options);
int plugin_list_command(const CommandOptions& options);

}  // namespace headgate::cli
