// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "module_loader.hpp"

#include "errc.hpp"
#include "keys.hpp"

#include <acta/domain/module.hpp>

#include <dlfcn.h>

#include <cstring>
#include <utility>

namespace acta::node {

namespace fs = std::filesystem;

namespace {

constexpr auto symbol = "acta_module";

std::string loader_error() {
  const auto* text = ::dlerror();
  return text != nullptr ? text : "the loader gives no reason";
}

/// What the loader is to be asked for, and the places that were tried before it.
std::pair<std::string, std::string> find(const std::string& name, const module_folders& folders) {
  const fs::path path(name);
  if (path.is_absolute()) return {name, {}};
  std::string tried;
  std::error_code ignored;
  for (const auto& folder : folders) {
    const auto file = folder / path;
    if (fs::exists(file, ignored)) return {fs::absolute(file).lexically_normal().string(), {}};
    tried.append("not in ").append(folder.string()).append(", ");
  }
  return {name, tried};
}

/// RTLD_LOCAL: two modules may have classes of one name. The program itself is looked at first all
/// the same, which is how its error categories, compared by address, are also the modules'.
result<void*> load(const std::string& name, const std::string& tried) {
  // Without a slash the loader searches; with one it would take the name as relative to the working
  // directory.
  const auto searched = name.find('/') == std::string::npos;
  auto* handle = searched || fs::path(name).is_absolute()
                     ? ::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL)
                     : nullptr;
  if (handle != nullptr) return handle;
  const auto why = searched || tried.empty() ? loader_error() : std::string("no such file");
  std::error_code ignored;
  if (!tried.empty() || !fs::exists(name, ignored))
    return error(errc::module_not_found,
                 name + ": " + (tried.empty() ? tried : tried + "and: ") + why);
  return error(errc::module_invalid, why, name);
}

} // namespace

module_folders folders_for(const fs::path& config_folder) {
  module_folders folders{config_folder};
  std::error_code failed;
  const auto program = fs::read_symlink("/proc/self/exe", failed);
  if (!failed) folders.push_back((program.parent_path() / ".." / "lib").lexically_normal());
  return folders;
}

result<fs::path> load_module(const std::string& name, const module_folders& folders,
                             acta::model& into) {
  const auto [wanted, tried] = find(name, folders);
  auto handle = load(wanted, tried);
  if (!handle) return std::move(handle).error();
  // A module that is refused stays loaded too: its initialisers have run, and the node is about to
  // end.
  const auto* entry = static_cast<const acta::detail::module_entry*>(::dlsym(*handle, symbol));
  if (entry == nullptr)
    return error(errc::module_invalid,
                 std::string("no symbol '") + symbol +
                     "': a module is written with ACTA_MODULE(model) { ... }",
                 wanted);
  if (entry->stamp == nullptr || std::strcmp(entry->stamp, abi_stamp()) != 0)
    return error(errc::module_stamp,
                 std::string("the module's stamp is '") +
                     (entry->stamp != nullptr ? entry->stamp : "") + "', this program's is '" +
                     abi_stamp() + "': build both from the same Acta with the same compiler",
                 wanted);
  try {
    entry->fill(into);
  } catch (const std::exception& e) {
    return error(errc::module_invalid, std::string("threw while it filled the model: ") + e.what(),
                 wanted);
  } catch (...) { return error(errc::module_invalid, "threw while it filled the model", wanted); }
  if (auto ok = into.check(); !ok)
    return error(ok.error().code(), std::string(ok.error().detail()), wanted);
  return fs::path(wanted);
}

result<std::vector<fs::path>> load_modules(const node_config& config, acta::model& into) {
  into.settings(config.settings);
  std::vector<fs::path> files;
  for (const auto& name : config.modules) {
    auto loaded = load_module(name, folders_for(config.folder), into);
    if (!loaded) return std::move(loaded).error();
    files.push_back(std::move(*loaded));
  }
  const auto unknown = into.unknown_settings();
  if (unknown.empty()) return files;
  const auto near =
      nearest(unknown.front(), {into.known_settings().begin(), into.known_settings().end()});
  return error(errc::config_invalid, "no module asks for the setting '" + unknown.front() + "'" +
                                         (near.empty() ? "" : "; did you mean '" + near + "'?"));
}

} // namespace acta::node
