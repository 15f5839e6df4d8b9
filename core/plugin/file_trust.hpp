#pragma once
// Whether a plugin's file may be loaded. A library that anybody can exchange is code that anybody
// can run inside the gateway, so the file, its folder and the folders above it must be in the hands
// of root, of the user that the gateway runs as, or of the owner of the program.
//
// Whoever could exchange the program is not asked about: its owner is trusted, and folders that it
// lies in as well are not looked at. [main]

#include <string>
#include <vector>

namespace headgate::plugin {

struct FileTrust {
  std::string refused;  // why it may not be loaded; empty: it may
  // What members of a group could exchange, which is told and not refused: a group of one's own is
  // how some systems are set up.
  std::vector<std::string> group_writes;
};

// `path`: absolute, may be a link. `program`: the running program's file; empty: not known.
FileTrust check_trust(const std::string& path, const std::string& program);

// The running program's file; empty when the system does not tell.
std::string own_program();

}  // namespace headgate::plugin
