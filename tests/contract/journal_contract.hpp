// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What every partition must do, whatever it is kept in. A store implementation calls
/// check_journal_contract() from one Catch2 test case; each promise is a section of it.
#pragma once

#include <acta/persistence/partition.hpp>

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace acta::contract {

using namespace acta::persistence;
using errc = acta::persistence::errc;

/// A fresh, empty partition (number 0) each time.
using partition_factory = std::function<std::unique_ptr<partition>(partition_options)>;

/// Every wait of a test ends by then, and fails it.
inline constexpr std::chrono::seconds deadline{30};

/// An entry with its own record.
struct commit_entry final : append_entry {
  byte_buffer bytes;
};

struct commit_request {
  version_number first_version = 1;
  std::uint32_t events = 1;
  std::uint32_t generation = 0;
  uuid command_id;
  std::size_t payload_bytes = 16;
  std::string caller;
};

/// The record of a commit of `stream`; its payloads are bytes that depend on stream and version.
byte_buffer make_record(std::uint32_t aggregate_name, const stream_key& stream,
                        const commit_request& request);
std::string payload_of(const stream_key& stream, version_number version, std::size_t bytes);

/// Submits entries and takes them back from the sink. Threads: any.
class writer {
public:
  /// Starts the partition.
  explicit writer(partition& p);
  ~writer();

  /// Returns the entry, which lives as long as the writer. `entry.failure` etc. are valid after
  /// wait().
  result<commit_entry*> submit(const lane_ptr& lane, const commit_request& request);
  result<commit_entry*> barrier(const lane_ptr& lane, std::uint32_t generation);
  /// Waits for all answers.
  void wait();
  /// submit + wait.
  commit_entry& append(const lane_ptr& lane, const commit_request& request);
  /// Entries in the order of their answers.
  std::vector<append_entry*> answers() const;
  /// Holds the journal's thread inside the sink until let_go().
  void hold();
  void let_go();
  /// Waits until the sink is being held.
  void wait_until_held();

private:
  result<commit_entry*> send(std::unique_ptr<commit_entry> entry);
  void take(std::span<append_entry* const> batch);

  partition& partition_;
  std::uint32_t name_ = 0;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::unique_ptr<commit_entry>> entries_;
  std::vector<append_entry*> answers_;
  std::size_t submitted_ = 0;
  bool held_ = false;
  bool holding_ = false;
};

stream_key key_of(std::string_view id);
/// Attaches; fails the test if it cannot.
lane_ptr attach(partition& p, const stream_key& stream);
/// The versions a stream holds from `from` on, each checked for its payload.
std::vector<version_number> versions_of(partition& p, const stream_key& stream,
                                        version_number from = 1);
/// Positions of all events in the log, checked to be gapless.
std::uint64_t check_log(partition& p);
/// Waits for `done`, at most until the deadline.
bool eventually(const std::function<bool()>& done);

void check_journal_contract(const partition_factory& make);

} // namespace acta::contract
