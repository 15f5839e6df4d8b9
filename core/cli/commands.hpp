#pragma once
// The commands of the program, each a function from its arguments to an exit code. [main]

#include <string>
#include <vector>

namespace headgate::cli {

struct CommandOptions {
  std::string file;
  std::vector<std::string> plugin_folders;
  std::string bundle_folder;  // where bundles are installed; empty: beside the built-in plugins
  std::vector<std::string> connect_to;  // HOST:PORT:ADDR:PORT
};

// A request that is to be explained.
struct ExplainOptions {
  std::string path;
  std::string method = "POST";
  std::string host = "localhost";
  std::string port;  // empty: the one that serves it
  std::string model;
  std::vector<std::string> headers;  // "name: value"
  std::string body;
  std::string prompt_tokens;
  std::string max_tokens;
  bool json = false;
  std::string admin;  // ask the gateway that runs there, instead of reading a file
};

int run_command(const CommandOptions& options);
// Says everything that is wrong with a file, without listening.
int check_command(const CommandOptions& options);
// Prints the JSON Schema of the file, with the schemas of all plugins.
int schema_command(const CommandOptions& options);
int plugin_list_command(const CommandOptions& options);
// Prints what a plugin says of itself, or the JSON Schema of its configuration, by its id.
int plugin_inspect_command(const CommandOptions& options, const std::string& id);
int plugin_schema_command(const CommandOptions& options, const std::string& id);
// A command that is planned and not there yet: says so, 2.
int later_command(const std::string& name, const std::string& instead);
// Says who would serve a request and why. 0: somebody would; 1: nobody would, or it cannot be said;
// 2: the question is not one.
int explain_command(const CommandOptions& options, const ExplainOptions& request);

}  // namespace headgate::cli
