// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "names.hpp"

#include <mutex>

namespace acta::persistence {

result<void> name_table::load() {
  auto all = log_.names();
  if (!all) return std::move(all).error();
  const std::lock_guard lock(mutex_);
  names_ = std::move(*all);
  for (std::size_t i = 0; i < names_.size(); ++i)
    ids_.emplace(names_[i], static_cast<std::uint32_t>(i + 1));
  return {};
}

result<std::vector<std::uint32_t>> name_table::intern(std::span<const std::string> names) {
  const std::lock_guard one(interning_);
  std::vector<std::uint32_t> ids;
  std::vector<std::string> added;
  std::unordered_map<std::string, std::uint32_t> added_ids;
  std::uint32_t first = 0;
  {
    const std::shared_lock lock(mutex_);
    first = static_cast<std::uint32_t>(names_.size() + 1);
    for (const auto& name : names) {
      if (const auto known = ids_.find(name); known != ids_.end()) {
        ids.push_back(known->second);
        continue;
      }
      const auto [at, is_new] =
          added_ids.emplace(name, first + static_cast<std::uint32_t>(added.size()));
      if (is_new) added.push_back(name);
      ids.push_back(at->second);
    }
  }
  if (added.empty()) return ids;
  if (auto stored = log_.add_names(first, added); !stored) return std::move(stored).error();
  const std::lock_guard lock(mutex_);
  ids_.merge(added_ids);
  for (auto& name : added) names_.push_back(std::move(name));
  return ids;
}

std::string name_table::name_of(std::uint32_t id) const {
  const std::shared_lock lock(mutex_);
  return id == 0 || id > names_.size() ? std::string{} : names_[id - 1];
}

} // namespace acta::persistence
