// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/persistence/store.hpp>

#include "contract_file.hpp"
#include "files.hpp"
#include "lock_file.hpp"
#include "store_folder.hpp"

#include <acta/core/descriptors.hpp>

#include <algorithm>
#include <mutex>
#include <optional>
#include <system_error>

#include <sys/resource.h>

namespace acta::persistence {

namespace {

constexpr std::uint32_t partitions_max = 1024;
/// For the maps of all partitions together: half of what a process has on the usual machine, the
/// other half is for views.
constexpr std::size_t address_space = std::size_t{1} << 46;
/// LMDB's: data, headers and lock file of journal and derived data.
constexpr rlim_t descriptors_per_partition = 6;
/// For everything else that a program has open.
constexpr rlim_t descriptors_besides = 64;

/// Each may have a map as large as its options say, but not all of them together.
void share_address_space(partition_options& o, std::uint32_t partitions) {
  const auto share = address_space / partitions;
  const auto wanted = o.journal_map_bytes + o.derived_map_bytes;
  if (wanted <= share || wanted > address_space || wanted < o.journal_map_bytes) return;
  const auto part = static_cast<double>(share) / static_cast<double>(wanted);
  for (auto* map : {&o.journal_map_bytes, &o.derived_map_bytes})
    *map = static_cast<std::size_t>(static_cast<double>(*map) * part);
}

result<void> check_descriptors(std::uint32_t partitions) {
  rlimit limit{};
  const auto wanted = partitions * descriptors_per_partition + descriptors_besides;
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return {};
  return error(errc::io, "a store of " + std::to_string(partitions) + " partitions needs about " +
                             std::to_string(wanted) + " open files, the limit of this process is " +
                             std::to_string(limit.rlim_cur) + " (`ulimit -n`)");
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
  lmdb_store(lock_file lock, std::filesystem::path folder, store_file about,
             std::vector<std::unique_ptr<partition>> partitions, bool is_new)
      : lock_holder{std::move(lock)},
        store_impl(std::move(folder), about.id, std::move(partitions)), about_(std::move(about)),
        is_new_(is_new) {}
  bool is_new() const noexcept override { return is_new_; }
  result<std::string> contract() const override {
    const std::lock_guard one(mutex_);
    auto sealed = read_contract(contract_in(folder()), about_, [this] { return has_events(); });
    if (!sealed) return std::move(sealed).error();
    newest_ = std::max(newest_, sealed->number);
    return std::move(sealed->lines);
  }
  result<void> write_contract(std::string_view text) override {
    const std::lock_guard one(mutex_);
    const auto store_toml = store_toml_in(folder());
    // First: with a sealed contract beside it, one without a checksum is taken for cut.
    if (!about_.is_sealed)
      if (auto written = write_store_file(store_toml, about_); !written) return written;
    about_.is_sealed = true;
    const auto number = std::max(newest_, about_.contract) + 1;
    const auto written = write_file_atomically(contract_in(folder()), seal_contract(text, number));
    if (!written) return written;
    // Second: whatever happens between the two, the contract is not older than it says.
    newest_ = about_.contract = number;
    return write_store_file(store_toml, about_);
  }

private:
  [[nodiscard]] bool has_events() const {
    return std::ranges::any_of(partitions(), [](const auto& p) { return p->last_position() > 0; });
  }

  mutable std::mutex mutex_;
  store_file about_;
  bool is_new_;
  mutable std::uint64_t newest_ = 0; ///< change of contract.txt that was read or written
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

result<void> check_partitions(std::uint32_t wanted) {
  if (wanted <= partitions_max) return {};
  return error(errc::wrong_format, "a store has 1 to " + std::to_string(partitions_max) +
                                       " partitions, not " + std::to_string(wanted));
}

/// A store that is there, or is being made.
class opening {
public:
  opening(std::filesystem::path folder, store_options options)
      : folder_(std::move(folder)), options_(std::move(options)) {}

  result<void> take_lock() {
    auto lock = lock_file::take(folder_ / "store.lock");
    if (!lock) return std::move(lock).error();
    lock_.emplace(std::move(*lock));
    return {};
  }

  result<void> make() {
    is_new_ = true;
    about_.id = uuid::random();
    about_.partitions = std::max(options_.partitions, 1u);
    about_.created_at = options_.partition.clock();
    if (auto ready = prepare(); !ready) return ready;
    if (auto begun = begin_making(folder_, about_); !begun) return begun;
    for (std::uint32_t i = 0; i < about_.partitions; ++i)
      if (auto opened = open(i, if_missing::create); !opened) return give_up(std::move(opened));
    if (auto made = end_making(folder_); !made) {
      // Once store.toml has its name the store is whole, and only its safety from power loss is not
      // known: the next start sees to it.
      if (file_exists(store_toml_in(folder_))) return made;
      return give_up(std::move(made));
    }
    return {};
  }

  result<void> find() {
    const auto file = store_toml_in(folder_);
    auto read = find_store_file(folder_);
    if (!read) return std::move(read).error();
    about_ = std::move(*read);
    // Who made it may not have been able to. A loss of power could take store.toml away again, and
    // with it all that is stored from now on.
    if (auto synced = sync_folder(folder_); !synced) return synced;
    if (options_.partitions != 0 && options_.partitions != about_.partitions)
      return error(errc::wrong_format,
                   file.string() + " says " + std::to_string(about_.partitions) +
                       " partitions, the options want " + std::to_string(options_.partitions));
    if (auto none = check_no_other_partition(folder_, about_.partitions); !none) return none;
    if (auto ready = prepare(); !ready) return ready;
    for (std::uint32_t i = 0; i < about_.partitions; ++i)
      if (auto opened = open(i, may_be_unmade(i) ? if_missing::create : if_missing::refuse);
          !opened)
        return opened;
    for (const auto& p : partitions_)
      if (auto placed = check_place(*p); !placed) return placed;
    if (about_.complete && about_.is_sealed) return {};
    about_.complete = true;
    // If it cannot be, the next start does it.
    about_.is_sealed = write_store_file(file, about_).has_value();
    return {};
  }

  std::unique_ptr<store> result_of() {
    return std::make_unique<lmdb_store>(std::move(*lock_), folder_, std::move(about_),
                                        std::move(partitions_), is_new_);
  }

private:
  /// Before anything is made.
  result<void> prepare() {
    share_address_space(options_.partition, about_.partitions);
    return check_descriptors(about_.partitions);
  }
  result<void> open(std::uint32_t i, if_missing journal) {
    auto opened = open_partition(partition_in(folder_, i), i, about_.id, options_.partition,
                                 options_.progress, journal);
    if (!opened) return std::move(opened).error();
    partitions_.push_back(std::move(*opened));
    return {};
  }
  /// The stream of the last commit belongs where it is, if the count of partitions is right. One
  /// that cannot be read tells nothing.
  [[nodiscard]] result<void> check_place(partition& p) const {
    std::optional<stream_key> last;
    const auto at = p.last_position();
    const auto take = [&](const commit_view& c) {
      last.emplace(p.name_of(c.header().aggregate_name), c.header().stream_id);
      return false;
    };
    if (at == 0 || !p.read_log(at, take) || !last) return {};
    const auto belongs = last->hash() % about_.partitions;
    if (belongs == p.number()) return {};
    return error(errc::damaged_file,
                 store_toml_in(folder_).string() + " says " + std::to_string(about_.partitions) +
                     " partitions, but then " + last->text() + " belongs to partition " +
                     std::to_string(belongs) + " and not where it is: restore it from a backup",
                 position{p.number(), at}.to_string());
  }
  /// Older programs wrote store.toml first: one that was interrupted then lacks partitions, and has
  /// nothing yet that only a whole store has.
  [[nodiscard]] bool may_be_unmade(std::uint32_t i) const {
    return !about_.complete && !file_exists(contract_in(folder_)) &&
           !file_exists(partition_in(folder_, i) / "derived" / "data.mdb");
  }
  result<void> give_up(result<void> why) {
    partitions_.clear();
    auto cleared = clear_half_made(folder_); // what it leaves, the next creation clears
    return why;
  }

  std::filesystem::path folder_;
  store_options options_;
  std::optional<lock_file> lock_; ///< let go of after the partitions are closed
  bool is_new_ = false;
  store_file about_;
  std::vector<std::unique_ptr<partition>> partitions_;
};

} // namespace

result<std::unique_ptr<store>> store::open(const std::filesystem::path& given,
                                           store_options options) {
  if (auto held = hold_standard_descriptors(); !held) return std::move(held).error();
  if (auto ok = check_partitions(options.partitions); !ok) return std::move(ok).error();
  std::error_code code;
  // The process may go to another folder later.
  const auto folder = std::filesystem::absolute(given, code).lexically_normal();
  if (code) return error(errc::io, "finding " + given.string() + ": " + code.message());
  if (std::filesystem::exists(folder, code) && !std::filesystem::is_directory(folder, code))
    return error(errc::wrong_format, folder.string() + " is not a directory");
  const auto look = [&]() -> result<bool> {
    auto there = has_store(folder);
    if (there && !*there && !options.create)
      return error(errc::no_store, "there is no store in " + folder.string());
    return there;
  };
  // Looked at before anything is made: a foreign directory stays as it was.
  if (auto there = look(); !there) return std::move(there).error();
  if (auto made = make_folders(folder); !made) return std::move(made).error();
  opening o(folder, std::move(options));
  if (auto locked = o.take_lock(); !locked) return std::move(locked).error();
  auto there = has_store(folder); // another process may have made it meanwhile
  if (!there) return std::move(there).error();
  if (auto done = *there ? o.find() : o.make(); !done) return std::move(done).error();
  return o.result_of();
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
