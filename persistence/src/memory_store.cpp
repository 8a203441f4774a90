// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The two stores without a disk. Nothing is ever removed from the log, so readers may keep
/// pointers into it.
#include "log_store.hpp"

#include <algorithm>
#include <deque>
#include <iterator>
#include <map>
#include <mutex>

namespace acta::persistence {

namespace {

struct kept_record {
  std::uint64_t position;
  byte_buffer bytes;
};

struct memory_records {
  std::mutex mutex;
  std::deque<kept_record> all; ///< grows at the end only: elements stay where they are
};

class memory_log_reader final : public log_reader {
public:
  explicit memory_log_reader(memory_records& records) : records_(records) {
    const std::lock_guard lock(records_.mutex);
    count_ = records_.all.size();
  }
  result<bool> seek(std::uint64_t position, log_record& out) override {
    auto found = seek_holding(position, out);
    return *found && out.position == position;
  }
  result<bool> seek_holding(std::uint64_t position, log_record& out) override {
    const std::lock_guard lock(records_.mutex);
    const auto end = records_.all.begin() + static_cast<std::ptrdiff_t>(count_);
    const auto after =
        std::upper_bound(records_.all.begin(), end, position,
                         [](std::uint64_t p, const kept_record& r) { return p < r.position; });
    at_ = static_cast<std::size_t>(after - records_.all.begin());
    if (at_ == 0) return false;
    fill(at_ - 1, out);
    return true;
  }
  result<bool> next(log_record& out) override {
    const std::lock_guard lock(records_.mutex);
    if (at_ >= count_) return false;
    fill(at_++, out);
    return true;
  }
  void done() noexcept override { delete this; }

private:
  void fill(std::size_t index, log_record& out) const {
    const auto& record = records_.all[index];
    out = {record.position, record.bytes.view()};
  }
  memory_records& records_;
  std::size_t count_ = 0; ///< the picture: what was there at the start
  std::size_t at_ = 0;    ///< index of the next record
};

class memory_log final : public log_store {
public:
  result<void> begin() override {
    open_.clear();
    return {};
  }
  result<void> append(std::uint64_t position, bytes_view record) override {
    open_.push_back({position, byte_buffer(record)});
    return {};
  }
  result<void> commit() override {
    const std::lock_guard lock(records_.mutex);
    for (auto& record : open_) records_.all.push_back(std::move(record));
    open_.clear();
    return {};
  }
  void abort() noexcept override { open_.clear(); }
  result<log_reading> read() override { return log_reading(new memory_log_reader(records_)); }
  result<std::vector<std::string>> names() override { return std::vector<std::string>{}; }
  result<void> add_names(std::uint32_t, std::span<const std::string>) override { return {}; }

private:
  memory_records records_;
  std::vector<kept_record> open_;
};

class memory_derived final : public derived_store {
public:
  result<derived_head> head() override {
    const std::lock_guard lock(mutex_);
    return head_;
  }
  result<derived_head> write(const derived_batch& batch) override {
    const std::lock_guard lock(mutex_);
    auto head = batch.head;
    const auto forget = [&](std::uint64_t position) {
      head.forgotten_up_to = std::max(head.forgotten_up_to, position);
    };
    for (const auto& item : batch.items) {
      auto& stream = streams_[item.stream->text()];
      stream.index[item.entry.first_version] = item.entry;
      stream.last_checksum = item.checksum;
      if (!item.command_id) continue;
      if (item.age < batch.forget_before) {
        forget(item.entry.position);
        continue;
      }
      stream.commands[item.command_id] = {item.entry.position, item.age};
      ages_[item.age] = {item.stream->text(), item.command_id};
    }
    while (!ages_.empty() && ages_.begin()->first < batch.forget_before) {
      const auto& [text, id] = ages_.begin()->second;
      auto& commands = streams_[text].commands;
      if (const auto at = commands.find(id);
          at != commands.end() && at->second.age == ages_.begin()->first) {
        forget(at->second.position);
        commands.erase(at);
      }
      ages_.erase(ages_.begin());
    }
    for (const auto& item : batch.snapshots) {
      auto& newest = streams_[item.stream.text()].newest;
      if (newest && newest->version > item.saved.version) continue;
      newest = copy(item.saved);
    }
    head_ = head;
    return head;
  }
  result<std::optional<stream_end>> last_of(const stream_key& key) override {
    const std::lock_guard lock(mutex_);
    const auto* stream = find(key);
    if (stream == nullptr || stream->index.empty()) return std::optional<stream_end>{};
    const auto& last = stream->index.rbegin()->second;
    return std::optional(
        stream_end{last.first_version + last.events - 1, last.position, stream->last_checksum});
  }
  result<void> scan(const stream_key& key, version_number from,
                    const index_visitor& visit) override {
    std::vector<index_entry> entries;
    {
      const std::lock_guard lock(mutex_);
      if (const auto* stream = find(key); stream != nullptr) {
        auto at = stream->index.upper_bound(from);
        if (at != stream->index.begin()) {
          const auto before = std::prev(at);
          if (before->first + before->second.events > from) at = before;
        }
        for (; at != stream->index.end(); ++at) entries.push_back(at->second);
      }
    }
    // The visitor may read again, so it runs without the lock.
    for (const auto& entry : entries)
      if (!visit(entry)) break;
    return {};
  }
  result<std::optional<std::uint64_t>> find_command(const stream_key& key,
                                                    const uuid& command_id) override {
    const std::lock_guard lock(mutex_);
    const auto* stream = find(key);
    if (stream == nullptr) return std::optional<std::uint64_t>{};
    const auto at = stream->commands.find(command_id);
    if (at == stream->commands.end()) return std::optional<std::uint64_t>{};
    return std::optional<std::uint64_t>(at->second.position);
  }
  result<std::optional<snapshot>> newest_snapshot(const stream_key& key) override {
    const std::lock_guard lock(mutex_);
    const auto* stream = find(key);
    if (stream == nullptr || !stream->newest) return std::optional<snapshot>{};
    return std::optional<snapshot>(copy(*stream->newest));
  }
  void condemn(const error&) noexcept override {}
  result<void> begin_unfinished() override { return {}; }
  result<void> end_unfinished() override { return {}; }

private:
  struct kept_command {
    std::uint64_t position = 0;
    std::uint64_t age = 0;
  };
  struct kept_stream {
    std::map<version_number, index_entry> index;
    std::uint64_t last_checksum = 0;
    std::map<uuid, kept_command> commands;
    std::optional<snapshot> newest;
  };
  static snapshot copy(const snapshot& from) {
    return {from.version, from.position, from.recorded_at, from.fingerprint,
            byte_buffer(from.state.view())};
  }
  const kept_stream* find(const stream_key& key) const {
    const auto at = streams_.find(key.text());
    return at == streams_.end() ? nullptr : &at->second;
  }

  std::mutex mutex_;
  derived_head head_;
  std::map<std::string, kept_stream> streams_;
  std::map<std::uint64_t, std::pair<std::string, uuid>> ages_;
};

} // namespace

std::unique_ptr<log_store> make_memory_log() { return std::make_unique<memory_log>(); }
std::unique_ptr<derived_store> make_memory_derived() { return std::make_unique<memory_derived>(); }

} // namespace acta::persistence
