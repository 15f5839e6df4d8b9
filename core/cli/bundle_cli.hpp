#pragma once
// The arguments of `headgate bundle ...`, for main. [main]

#include <functional>
#include <memory>

namespace CLI {
class App;
}

namespace headgate::cli {

// Adds the commands to the program's. What is returned runs the one that was given and has its exit
// code; call it after parsing, if `bundle` was there.
std::function<int()> add_bundle_commands(CLI::App& bundle);

}  // namespace headgate::cli
