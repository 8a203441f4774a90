// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Stores, in memory or not, that fail when they are told to. For tests that may see
/// persistence/src.
#pragma once

#include <partition_impl.hpp>

#include <acta/persistence/store.hpp>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

namespace test {

using namespace acta::persistence; // NOLINT: stands in for its insides
using acta::result;
using acta::version_number;

/// What the next transactions do instead of succeeding.
struct fault {
  std::atomic<int> appends_until_failure{-1}; ///< -1: never
  std::atomic<int> failing_commits{0};
  std::atomic<errc> code{errc::store_full};
  std::atomic<bool> derived_fails{false};
  std::atomic<bool> lookups_fail{false}; ///< of command ids, with `io`
  std::atomic<bool> held{false};         ///< commits wait
  std::atomic<bool> garbles{false};      ///< commits are written with a wrong byte
};

class faulty_log final : public log_store {
public:
  explicit faulty_log(std::shared_ptr<fault> f, std::unique_ptr<log_store> inner)
      : fault_(std::move(f)), inner_(std::move(inner)) {}
  result<void> begin() override { return inner_->begin(); }
  result<void> append(std::uint64_t position, acta::bytes_view record) override {
    if (fault_->appends_until_failure >= 0 && fault_->appends_until_failure-- == 0) {
      inner_->abort();
      return acta::error(fault_->code.load(), "injected");
    }
    if (!fault_->garbles) return inner_->append(position, record);
    std::vector<std::byte> wrong(record.begin(), record.end());
    wrong.back() ^= std::byte{1};
    return inner_->append(position, wrong);
  }
  result<void> commit() override {
    while (fault_->held) std::this_thread::yield();
    if (fault_->failing_commits > 0) {
      --fault_->failing_commits;
      inner_->abort();
      return acta::error(fault_->code.load(), "injected");
    }
    return inner_->commit();
  }
  void abort() noexcept override { inner_->abort(); }
  result<log_reading> read() override { return inner_->read(); }
  result<std::vector<std::string>> names() override { return inner_->names(); }
  result<void> add_names(std::uint32_t first, std::span<const std::string> names) override {
    return inner_->add_names(first, names);
  }

private:
  std::shared_ptr<fault> fault_;
  std::unique_ptr<log_store> inner_;
};

class faulty_derived final : public derived_store {
public:
  explicit faulty_derived(std::shared_ptr<fault> f, std::unique_ptr<derived_store> inner)
      : fault_(std::move(f)), inner_(std::move(inner)) {}
  result<derived_head> head() override { return inner_->head(); }
  result<derived_head> write(const derived_batch& batch) override {
    if (fault_->derived_fails) return acta::error(errc::store_full, "injected");
    return inner_->write(batch);
  }
  result<std::optional<stream_end>> last_of(const stream_key& s) override {
    return inner_->last_of(s);
  }
  result<void> scan(const stream_key& s, version_number from, const index_visitor& v) override {
    return inner_->scan(s, from, v);
  }
  result<std::optional<std::uint64_t>> find_command(const stream_key& s,
                                                    const acta::uuid& id) override {
    if (fault_->lookups_fail) return acta::error(errc::io, "injected");
    return inner_->find_command(s, id);
  }
  result<std::optional<snapshot>> newest_snapshot(const stream_key& s) override {
    return inner_->newest_snapshot(s);
  }
  void condemn(const acta::error& why) noexcept override { inner_->condemn(why); }
  result<void> begin_unfinished() override { return inner_->begin_unfinished(); }
  result<void> end_unfinished() override { return inner_->end_unfinished(); }

private:
  std::shared_ptr<fault> fault_;
  std::unique_ptr<derived_store> inner_;
};

template <class T> T must(result<T> made) {
  if (!made) throw std::runtime_error(made.error().to_string());
  return std::move(*made);
}

inline std::unique_ptr<partition>
make_faulty(const std::shared_ptr<fault>& f, partition_options options = {},
            std::unique_ptr<log_store> log = make_memory_log(),
            std::unique_ptr<derived_store> derived = make_memory_derived()) {
  return must(make_partition(0, std::make_unique<faulty_log>(f, std::move(log)),
                             std::make_unique<faulty_derived>(f, std::move(derived)),
                             std::move(options)));
}

/// A store with one partition.
class store_of_one final : public store {
public:
  explicit store_of_one(std::unique_ptr<partition> p) { partitions_.push_back(std::move(p)); }
  store_of_one(std::unique_ptr<partition> p, std::filesystem::path folder, acta::uuid id)
      : folder_(std::move(folder)), id_(id) {
    partitions_.push_back(std::move(p));
  }
  [[nodiscard]] const acta::uuid& id() const noexcept override { return id_; }
  [[nodiscard]] std::span<const std::unique_ptr<partition>> partitions() const noexcept override {
    return partitions_;
  }
  [[nodiscard]] partition& of(const stream_key&) const noexcept override { return *partitions_[0]; }
  acta::result<std::string> contract() const override { return std::string{}; }
  acta::result<void> write_contract(std::string_view) override { return {}; }

  const std::filesystem::path& folder() const noexcept override { return folder_; }

private:
  std::filesystem::path folder_;
  acta::uuid id_ = acta::uuid::random();
  std::vector<std::unique_ptr<partition>> partitions_;
};

inline std::unique_ptr<store> make_faulty_store(const std::shared_ptr<fault>& f) {
  return std::make_unique<store_of_one>(make_faulty(f));
}

/// Of a store that is closed, its first partition.
inline std::unique_ptr<store> open_faulty_store(const std::shared_ptr<fault>& f,
                                                const std::filesystem::path& folder) {
  partition_options options;
  options.journal_map_bytes = options.derived_map_bytes = std::size_t{64} << 20;
  store_options same;
  same.partition = options;
  const auto id = must(store::open(folder, same))->id();
  auto log = must(open_lmdb_log(folder / "p000" / "journal", {id, 0}, options));
  auto derived = must(open_lmdb_derived(folder / "p000" / "derived", {id, 0}, options));
  return std::make_unique<store_of_one>(make_faulty(f, options, std::move(log), std::move(derived)),
                                        folder, id);
}

} // namespace test
