#pragma once
// The plugins that are there, by id and by the key under which users configure them. Faults are
// collected, not thrown: whoever loads decides whether the start (or the reload) goes on.
//
// Nothing of a library with a fault is used. A file that only the wrong people could have changed
// is such a fault (file_trust.hpp).
//
// Lives as long as the process; adding is [main], and only ever adds. Finding is [main].

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/plugin/fault.hpp"
#include "core/plugin/module.hpp"
#include "core/plugin/plugin.hpp"

namespace headgate::plugin {

class Host;

class Registry {
 public:
  // `host` must outlive the registry.
  explicit Registry(Host& host);
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  // Loads every *.so of the folder, in the order of their names. A library that is loaded already
  // is left as it is; if its file has changed since, that is a fault.
  void add_folder(const std::string& path);
  // Loads one library. A relative path is taken from the current directory.
  void add_file(const std::string& path);
  // Loads a library that was opened and checked already, its owner too.
  void add_library(const LibraryFile& library);

  // The library that lies there, also if it was loaded by another name. nullptr: none was.
  const Module* module_at(const std::string& path) const;

  // nullptr when there is none.
  const Plugin* find(std::string_view id) const;
  const Plugin* provider(std::string_view key) const;
  const Plugin* policy(std::string_view key) const;
  std::span<const Plugin* const> dialects() const { return dialects_; }
  // All, in the order of loading.
  std::span<const Plugin* const> all() const { return all_; }

  // What was refused since the last call.
  std::vector<LoadFault> take_faults();
  // What was loaded since the last call although a group could exchange it, in one text; empty:
  // nothing.
  std::string take_warning();

 private:
  // A library that is mapped and cannot be used.
  struct Refused {
    std::string sha256;
    std::vector<LoadFault> faults;
  };

  bool has_changed(const std::string& path, const std::string& sha256);
  void add_module(Module module);
  std::vector<LoadFault> conflicts(const Module& module) const;

  Host& host_;
  const std::string program_;
  std::map<std::string, Module, std::less<>> modules_;   // by canonical path
  std::map<std::string, Refused, std::less<>> refused_;  // by canonical path
  std::set<std::string> group_writes_;
  std::vector<const Plugin*> all_;
  std::vector<const Plugin*> dialects_;
  std::map<std::string, const Plugin*, std::less<>> by_id_;
  std::map<std::string, const Plugin*, std::less<>> providers_;
  std::map<std::string, const Plugin*, std::less<>> policies_;
  std::vector<LoadFault> faults_;
};

}  // namespace headgate::plugin
