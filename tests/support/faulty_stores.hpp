// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Stores in memory that fail when they are told to. For tests that may see persistence/src.
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
  std::atomic<bool> held{false};    ///< commits wait
  std::atomic<bool> garbles{false}; ///< commits are written with a wrong byte
};

class faulty_log final : public log_store {
public:
  explicit faulty_log(std::shared_ptr<fault> f) : fault_(std::move(f)) {}
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
  std::unique_ptr<log_store> inner_ = make_memory_log();
};

class faulty_derived final : public derived_store {
public:
  explicit faulty_derived(std::shared_ptr<fault> f) : fault_(std::move(f)) {}
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
    return inner_->find_command(s, id);
  }
  result<std::optional<snapshot>> newest_snapshot(const stream_key& s) override {
    return inner_->newest_snapshot(s);
  }
  void condemn(const acta::error& why) noexcept override { inner_->condemn(why); }

private:
  std::shared_ptr<fault> fault_;
  std::unique_ptr<derived_store> inner_ = make_memory_derived();
};

inline std::unique_ptr<partition> make_faulty(const std::shared_ptr<fault>& f,
                                              partition_options options = {}) {
  doubted_headers none;
  auto made = make_partition(0, std::make_unique<faulty_log>(f),
                             std::make_unique<faulty_derived>(f), std::move(options), none);
  if (!made) throw std::runtime_error(made.error().to_string());
  return std::move(*made);
}

/// A store in memory with one partition.
class store_of_one final : public store {
public:
  explicit store_of_one(std::unique_ptr<partition> p) { partitions_.push_back(std::move(p)); }
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

} // namespace test
