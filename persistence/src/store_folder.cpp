// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "store_folder.hpp"

#include "contract_file.hpp"
#include "files.hpp"

#include <acta/persistence/errc.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace acta::persistence {

namespace {

constexpr std::string_view making = "store.toml.new";

bool is_partition(std::string_view name) {
  return name.size() >= 4 && name[0] == 'p' &&
         name.find_first_not_of("0123456789", 1) == std::string_view::npos;
}

result<std::vector<std::string>> names_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  std::error_code code;
  for (std::filesystem::directory_iterator at(folder, code), end; !code && at != end;
       at.increment(code))
    names.push_back(at->path().filename().string());
  if (code && code != std::errc::no_such_file_or_directory)
    return error(errc::io, "reading " + folder.string() + ": " + code.message());
  return names;
}

result<void> remove_whole(const std::filesystem::path& path) {
  std::error_code code;
  std::filesystem::remove_all(path, code);
  if (code) return error(errc::io, "removing " + path.string() + ": " + code.message());
  return {};
}

} // namespace

std::filesystem::path store_toml_in(const std::filesystem::path& folder) {
  return folder / "store.toml";
}
std::filesystem::path contract_in(const std::filesystem::path& folder) {
  return folder / "contract.txt";
}
std::filesystem::path partition_in(const std::filesystem::path& folder, std::uint32_t partition) {
  const auto digits = std::to_string(partition);
  return folder / ('p' + std::string(digits.size() < 3 ? 3 - digits.size() : 0, '0') + digits);
}

result<bool> has_store(const std::filesystem::path& folder) {
  if (file_exists(store_toml_in(folder))) return true;
  auto names = names_in(folder);
  if (!names) return std::move(names).error();
  const bool half_made = std::ranges::find(*names, making) != names->end();
  for (const auto& name : *names) {
    if (name == "store.lock" || name == "store.toml.tmp" || name.starts_with(making)) continue;
    if (name == "lost+found") continue; // the root of a file system
    if (is_partition(name) && half_made) continue;
    if (is_partition(name) || name == "contract.txt")
      return error(errc::damaged_file, store_toml_in(folder).string() + " is missing, but '" +
                                           name + "' is there: restore it from a backup");
    return error(errc::wrong_format,
                 folder.string() + " is not a store: it holds '" + name +
                     "' and no store.toml; expected a store, an empty directory or none");
  }
  return false;
}

result<store_file> find_store_file(const std::filesystem::path& folder) {
  auto about = read_store_file(store_toml_in(folder));
  if (!about || about->is_sealed || about->is_edited) return about;
  auto contract = read_file(contract_in(folder));
  if (!contract) return std::move(contract).error();
  if (is_sealed_contract(*contract)) return store_file_is_cut(store_toml_in(folder));
  return about;
}

result<void> check_no_other_partition(const std::filesystem::path& folder,
                                      std::uint32_t partitions) {
  auto names = names_in(folder);
  if (!names) return std::move(names).error();
  for (const auto& name : *names) {
    if (!is_partition(name)) continue;
    const auto digits = name.substr(std::min(name.find_first_not_of('0', 1), name.size()));
    if (digits.size() <= 4 && (digits.empty() || std::stoul(digits) < partitions)) continue;
    return error(errc::damaged_file, store_toml_in(folder).string() + " says " +
                                         std::to_string(partitions) + " partitions, but '" + name +
                                         "' is there: restore it from a backup, or move what is "
                                         "not the store's out of its folder");
  }
  return {};
}

result<void> clear_half_made(const std::filesystem::path& folder) {
  auto names = names_in(folder);
  if (!names) return std::move(names).error();
  for (const auto& name : *names)
    if (is_partition(name))
      if (auto gone = remove_whole(folder / name); !gone) return gone;
  return remove_whole(folder / making);
}

result<void> begin_making(const std::filesystem::path& folder, const store_file& file) {
  if (auto cleared = clear_half_made(folder); !cleared) return cleared;
  return write_store_file(folder / making, file);
}

result<void> end_making(const std::filesystem::path& folder) {
  std::error_code code;
  std::filesystem::rename(folder / making, store_toml_in(folder), code);
  if (code)
    return error(errc::io, "renaming to " + store_toml_in(folder).string() + ": " + code.message());
  return sync_folder(folder);
}

} // namespace acta::persistence
