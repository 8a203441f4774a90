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

/// RTLD_LOCAL: a module's functions are its own. The program itself is looked at first all the
/// same, which is how its error categories, compared by address, are also the modules'. Classes of
/// two modules that have one name are one class all the same: the C++ runtime compares them by
/// name, and the loader merges what exists once per class (`static` data of inline functions and
/// templates, STB_GNU_UNIQUE). So model::check() refuses different ones where it sees them.
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

namespace {

/// A mistake that the model found in a setting, told where the setting stands.
error placed(const error& e, const node_config& config) {
  constexpr std::string_view prefix = "setting '";
  const auto text = e.detail();
  if (!text.starts_with(prefix)) return e;
  const auto name = text.substr(prefix.size(), text.find('\'', prefix.size()) - prefix.size());
  const auto at = config.setting_places.find(std::string(name));
  if (at == config.setting_places.end()) return e;
  return error(errc::config_invalid, std::string(text), at->second);
}

} // namespace

result<std::vector<fs::path>> load_modules(const node_config& config, acta::model& into) {
  into.settings(config.settings);
  std::vector<fs::path> files;
  for (const auto& name : config.modules) {
    auto loaded = load_module(name, folders_for(config.folder), into);
    if (!loaded) return placed(loaded.error(), config);
    files.push_back(std::move(*loaded));
  }
  return files;
}

std::vector<error> unknown_settings(const node_config& config, const acta::model& loaded) {
  std::vector<error> all;
  for (const auto& name : loaded.unknown_settings()) {
    const auto near =
        nearest(name, {loaded.known_settings().begin(), loaded.known_settings().end()});
    const auto at = config.setting_places.find(name);
    all.emplace_back(errc::config_invalid,
                     "no module asks for the setting '" + name + "'" +
                         (near.empty() ? "" : "; did you mean '" + near + "'?"),
                     at == config.setting_places.end() ? std::string() : at->second);
  }
  return all;
}

} // namespace acta::node
