// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/persistence/store_look.hpp>

#include "contract_file.hpp"
#include "files.hpp"
#include "lock_file.hpp"
#include "names.hpp"
#include "reading.hpp"
#include "store_folder.hpp"

#include <acta/core/descriptors.hpp>
#include <acta/persistence/errc.hpp>

#include <algorithm>
#include <system_error>
#include <vector>

namespace acta::persistence {

namespace {

class journal_look final : public journal_reader {
public:
  journal_look(std::uint32_t number, std::unique_ptr<log_store> log)
      : number_(number), log_(std::move(log)), names_(*log_) {}

  result<void> load() {
    if (auto loaded = names_.load(); !loaded) return loaded;
    auto reader = log_->read();
    if (!reader) return std::move(reader).error();
    log_record last;
    auto found = (*reader)->seek_holding(~std::uint64_t{0}, last);
    if (!found) return std::move(found).error();
    if (!*found) return {};
    last_position_ = last.position; // if nobody can read more of it
    if (auto view = commit_view::parse(number_, last.position, last.bytes))
      last_position_ = view->last_position();
    return {};
  }

  std::uint32_t number() const noexcept override { return number_; }
  std::string name_of(std::uint32_t id) const override { return names_.name_of(id); }
  result<void> read_log(std::uint64_t from, const commit_visitor& visit) override {
    return persistence::read_log(number_, *log_, from, visit);
  }
  result<std::uint64_t> next_commit(std::uint64_t position) override {
    auto next = persistence::next_commit(number_, *log_, position);
    if (!next) return std::move(next).error();
    return next->value_or(last_position_ + 1);
  }
  std::uint64_t last_position() const noexcept override { return last_position_; }

private:
  std::uint32_t number_;
  std::unique_ptr<log_store> log_;
  name_table names_;
  std::uint64_t last_position_ = 0;
};

class lmdb_store_look final : public store_look {
public:
  lmdb_store_look(std::filesystem::path folder, look_lock lock)
      : folder_(std::move(folder)), lock_(std::move(lock)) {}

  result<void> load() {
    auto about = find_store_file(folder_);
    if (!about) return std::move(about).error();
    about_ = std::move(*about);
    if (auto none = check_no_other_partition(folder_, about_.partitions); !none) return none;
    for (std::uint32_t i = 0; i < about_.partitions; ++i) {
      auto log =
          look_at_lmdb_log(partition_in(folder_, i) / "journal", {about_.id, i}, is_in_use());
      if (!log) return std::move(log).error();
      auto p = std::make_unique<journal_look>(i, std::move(*log));
      if (auto loaded = p->load(); !loaded) return loaded;
      journals_.push_back(std::move(p));
    }
    return {};
  }

  const uuid& id() const noexcept override { return about_.id; }
  result<std::string> contract() const override {
    auto sealed = read_contract(contract_in(folder_), about_, [&] {
      return std::ranges::any_of(journals_, [](const auto& p) { return p->last_position() > 0; });
    });
    if (!sealed) return std::move(sealed).error();
    return std::move(sealed->lines);
  }
  std::span<const std::unique_ptr<journal_reader>> journals() const noexcept override {
    return journals_;
  }
  result<std::unique_ptr<view_store>> copy_of(std::string_view folder,
                                              const view_identity& identity,
                                              const view_store_options& options) const override {
    auto copy = temporary_folder::make("acta-look-");
    if (!copy) return std::move(copy).error();
    auto copied = copy_lmdb(folder_ / folder, copy->path(), is_in_use());
    if (!copied) return std::move(copied).error();
    if (!*copied) return std::unique_ptr<view_store>();
    return open_view_store(copy->path(), identity, options);
  }
  bool is_in_use() const noexcept override { return lock_.is_in_use(); }

private:
  std::filesystem::path folder_;
  look_lock lock_; ///< let go of after the journals are closed
  store_file about_;
  std::vector<std::unique_ptr<journal_reader>> journals_;
};

} // namespace

result<std::unique_ptr<store_look>> store_look::open(const std::filesystem::path& given) {
  if (auto held = hold_standard_descriptors(); !held) return std::move(held).error();
  std::error_code code;
  const auto folder = std::filesystem::absolute(given, code).lexically_normal();
  if (code) return error(errc::io, "finding " + given.string() + ": " + code.message());
  if (std::filesystem::exists(folder, code) && !std::filesystem::is_directory(folder, code))
    return error(errc::wrong_format, folder.string() + " is not a directory");
  // First: what a process that opens the store is about to make is not looked at half made.
  auto lock = look_lock::take(folder / "store.lock");
  if (!lock) return std::move(lock).error();
  auto there = has_store(folder);
  if (!there) return std::move(there).error();
  if (!*there) return error(errc::no_store, "there is no store in " + folder.string());
  auto look = std::make_unique<lmdb_store_look>(folder, std::move(*lock));
  if (auto loaded = look->load(); !loaded) return std::move(loaded).error();
  return std::unique_ptr<store_look>(std::move(look));
}

} // namespace acta::persistence
