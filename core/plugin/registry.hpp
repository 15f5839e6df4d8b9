#pragma once
// The plugins that are there, by id and by the key under which users configure them. Faults are
// collected, not thrown: whoever loads decides whether the start (or the reload) goes on.
//
// Lives as long as the process; adding is [main], and only ever adds. Finding is [main].

#include <map>
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
  explicit Registry(Host& host) : host_(host) {}
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  // Loads every *.so of the folder, in the order of their names. A library that is loaded already
  // is left as it is; if its file has changed since, that is a fault.
  void add_folder(const std::string& path);
  // Loads one library. A relative path is taken from the current directory.
  void add_file(const std::string& path);
  // Loads a library that was opened and checked already.
  void add_library(const LibraryFile& library);

  // nullptr when there is none.
  const Plugin* find(std::string_view id) const;
  const Plugin* provider(std::string_view key) const;
  const Plugin* policy(std::string_view key) const;
  std::span<const Plugin* const> dialects() const { return dialects_; }
  // All, in the order of loading.
  std::span<const Plugin* const> all() const { return all_; }

  // What was refused since the last call.
  std::vector<LoadFault> take_faults();

 private:
  void add_module(Module module);
  const Plugin* conflict(const Plugin& plugin, std::string& what) const;

  Host& host_;
  std::map<std::string, Module, std::less<>> modules_;  // by canonical path
  std::vector<const Plugin*> all_;
  std::vector<const Plugin*> dialects_;
  std::map<std::string, const Plugin*, std::less<>> by_id_;
  std::map<std::string, const Plugin*, std::less<>> providers_;
  std::map<std::string, const Plugin*, std::less<>> policies_;
  std::vector<LoadFault> faults_;
};

}  // namespace headgate::plugin
