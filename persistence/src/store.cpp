// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/persistence/store.hpp>

#include "files.hpp"
#include "lock_file.hpp"
#include "store_file.hpp"

#include <acta/core/descriptors.hpp>

#include <mutex>
#include <system_error>

namespace acta::persistence {

namespace {

constexpr std::uint32_t partitions_max = 1024;

std::string folder_of(std::uint32_t partition) {
  auto digits = std::to_string(partition);
  return 'p' + std::string(digits.size() < 3 ? 3 - digits.size() : 0, '0') + digits;
}

class store_impl : public store {
public:
  store_impl(std::filesystem::path folder, uuid id,
             std::vector<std::unique_ptr<partition>> partitions)
      : folder_(std::move(folder)), id_(id), partitions_(std::move(partitions)) {}
  const uuid& id() const noexcept override { return id_; }
  const std::filesystem::path& folder() const noexcept override { return folder_; }
  std::span<const std::unique_ptr<partition>> partitions() const noexcept override {
    return partitions_;
  }
  partition& of(const stream_key& stream) const noexcept override {
    return *partitions_[stream.hash() % partitions_.size()];
  }

private:
  std::filesystem::path folder_;
  uuid id_;
  std::vector<std::unique_ptr<partition>> partitions_;
};

/// The lock is a base and not a member, so that it is let go of after the partitions are closed.
struct lock_holder {
  lock_file held;
};

class lmdb_store final : lock_holder, public store_impl {
public:
  lmdb_store(lock_file lock, std::filesystem::path folder, uuid id,
             std::vector<std::unique_ptr<partition>> partitions)
      : lock_holder{std::move(lock)}, store_impl(std::move(folder), id, std::move(partitions)) {}
  result<std::string> contract() const override {
    const std::lock_guard one(mutex_);
    return read_file(folder() / "contract.txt");
  }
  result<void> write_contract(std::string_view text) override {
    const std::lock_guard one(mutex_);
    return write_file_atomically(folder() / "contract.txt", text);
  }

private:
  mutable std::mutex mutex_;
};

class memory_store final : public store_impl {
public:
  using store_impl::store_impl;
  result<std::string> contract() const override {
    const std::lock_guard one(mutex_);
    return contract_;
  }
  result<void> write_contract(std::string_view text) override {
    const std::lock_guard one(mutex_);
    contract_ = text;
    return {};
  }

private:
  mutable std::mutex mutex_;
  std::string contract_;
};

/// May a store be made here? Only where nothing is, or what an interrupted creation left.
result<void> check_unused(const std::filesystem::path& folder) {
  std::error_code code;
  for (std::filesystem::directory_iterator at(folder, code), end; !code && at != end;
       at.increment(code)) {
    const auto name = at->path().filename().string();
    if (name != "store.lock" && name != "store.toml.tmp")
      return error(errc::wrong_format,
                   folder.string() + " is not a store: it holds '" + name +
                       "' and no store.toml; expected a store, an empty directory or none");
  }
  if (code) return error(errc::io, "reading " + folder.string() + ": " + code.message());
  return {};
}

} // namespace

result<std::unique_ptr<store>> store::open(const std::filesystem::path& folder,
                                           store_options options) {
  if (auto held = hold_standard_descriptors(); !held) return std::move(held).error();
  if (options.partitions > partitions_max)
    return error(errc::wrong_format, "a store has 1 to " + std::to_string(partitions_max) +
                                         " partitions, not " + std::to_string(options.partitions));
  std::error_code code;
  if (std::filesystem::exists(folder, code) && !std::filesystem::is_directory(folder, code))
    return error(errc::wrong_format, folder.string() + " is not a directory");
  if (auto made = make_folders(folder); !made) return std::move(made).error();
  const auto file = folder / "store.toml";
  // Looked at before the lock file is made: a foreign directory stays as it was.
  if (!file_exists(file))
    if (auto unused = check_unused(folder); !unused) return std::move(unused).error();
  auto lock = lock_file::take(folder / "store.lock");
  if (!lock) return std::move(lock).error();

  store_file about;
  if (file_exists(file)) {
    auto read = read_store_file(file);
    if (!read) return std::move(read).error();
    about = std::move(*read);
    if (options.partitions != 0 && options.partitions != about.partitions)
      return error(errc::wrong_format, file.string() + " says " + std::to_string(about.partitions) +
                                           " partitions, the options want " +
                                           std::to_string(options.partitions));
  } else {
    about.id = uuid::random();
    about.partitions = std::max(options.partitions, 1u);
    about.created_at = options.partition.clock();
    if (auto written = write_store_file(file, about); !written) return std::move(written).error();
  }

  std::vector<std::unique_ptr<partition>> partitions;
  for (std::uint32_t i = 0; i < about.partitions; ++i) {
    auto opened =
        open_partition(folder / folder_of(i), i, about.id, options.partition, options.progress);
    if (!opened) return std::move(opened).error();
    partitions.push_back(std::move(*opened));
  }
  return std::unique_ptr<store>(
      new lmdb_store(std::move(*lock), folder, about.id, std::move(partitions)));
}

std::unique_ptr<store> store::in_memory(store_options options) {
  const auto count = std::clamp(options.partitions, 1u, partitions_max);
  std::vector<std::unique_ptr<partition>> partitions;
  for (std::uint32_t i = 0; i < count; ++i)
    partitions.push_back(make_memory_partition(i, options.partition));
  return std::make_unique<memory_store>(std::filesystem::path(), uuid::random(),
                                        std::move(partitions));
}

} // namespace acta::persistence
