// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "partition_impl.hpp"

#include "append_queue.hpp"
#include "damage.hpp"
#include "indexer.hpp"
#include "journal_thread.hpp"
#include "lane.hpp"
#include "names.hpp"
#include "reading.hpp"
#include "record.hpp"
#include "recovery.hpp"

#include <algorithm>

namespace acta::persistence {

namespace {

bool describes(const append_entry& entry) noexcept {
  const auto* at = entry.record.data();
  return entry.record.size() >= record::header_bytes &&
         load_le<std::uint32_t>(at + record::length_at) == entry.record.size() &&
         load_le<std::uint16_t>(at + record::events_at) == entry.events &&
         load_le<std::uint64_t>(at + record::first_version_at) == entry.first_version;
}

/// With options that are none of the caller's wishes: an index that is written when no commit waits
/// would be written without end.
partition_options sensible(partition_options options) {
  options.index_commits_max = std::max<std::size_t>(options.index_commits_max, 1);
  return options;
}

class partition_impl final : public partition {
public:
  partition_impl(std::uint32_t number, std::unique_ptr<log_store> log,
                 std::unique_ptr<derived_store> derived, partition_options options)
      : number_(number), options_(sensible(std::move(options))), log_(std::move(log)),
        derived_(std::move(derived)), names_(*log_),
        queue_(options_.queue_bytes_max, options_.linger),
        indexer_(*log_, *derived_, *lanes_, options_, number),
        journal_(*log_, queue_, *lanes_, indexer_, options_), reading_{number, *log_, *derived_,
                                                                       *lanes_, names_} {}
  ~partition_impl() override { stop(); }

  result<void> open(const open_progress& progress, const derived_origin& origin) {
    const auto begin = std::chrono::steady_clock::now();
    if (auto loaded = names_.load(); !loaded) return loaded;
    recovery_run run{number_,  *log_,    *derived_, *lanes_, names_,
                     indexer_, journal_, options_,  progress};
    if (auto done = run.run(recovery_); !done) return done;
    auto nobodys = derived_->last_of(nobodys_stream());
    if (!nobodys) return std::move(nobodys).error();
    if (*nobodys) reading_.in_doubt = recovery_.in_doubt = (*nobodys)->position;
    recovery_.index_rebuilt = origin.is_new && recovery_.events > 0;
    recovery_.index_unusable = origin.unusable;
    if (origin.knew > last_position()) recovery_.index_knew = origin.knew;
    recovery_.took = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now() - begin);
    return {};
  }

  result<std::vector<std::uint32_t>> intern(std::span<const std::string> names) override {
    return names_.intern(names);
  }
  std::string name_of(std::uint32_t id) const override { return names_.name_of(id); }

  void start(batch_sink sink) override {
    const std::lock_guard lock(lifecycle_);
    ACTA_ASSERT(!started_);
    started_ = true;
    if (stopped_) return;
    indexer_.start();
    journal_.start(std::move(sink));
  }

  result<lane_ptr> attach(const stream_key& stream) override {
    auto lane = lanes_->find_or_make(stream, [&] { return reading_.indexed_version(stream); });
    if (!lane) return judged(std::move(lane)).error();
    return lane_ptr(std::move(*lane));
  }

  result<void> submit(append_entry& entry) override {
    if (entry.record.size() > commit_bytes_max || entry.events > commit_events_max)
      return error(errc::too_large, "a commit has at most " + std::to_string(commit_bytes_max) +
                                        " bytes and " + std::to_string(commit_events_max) +
                                        " events");
    // A record that says something else than its entry would be a wrong history.
    ACTA_ASSERT(entry.events == 0 || describes(entry));
    // A full backlog of an index that cannot be written is the journal's to answer, with the
    // reason.
    if (indexer_.is_late())
      return error(errc::overloaded, "the index is too far behind the journal");
    return queue_.push(entry);
  }
  bool has_room() const noexcept override { return queue_.has_room() && !indexer_.is_late(); }

  result<void> read_stream(const stream_key& stream, version_number from,
                           const commit_visitor& visit) override {
    return judged(reading_.read_stream(stream, from, visit));
  }
  result<void> read_log(std::uint64_t from, const commit_visitor& visit) override {
    if (from > last_position()) return {}; // also if the last commit is damaged
    return reading_.read_log(from, visit);
  }
  result<version_number> last_version(const stream_key& stream) override {
    if (const auto lane = lanes_->find(stream)) return lane->durable_version();
    return judged(reading_.indexed_version(stream));
  }
  std::uint64_t last_position() const noexcept override { return journal_.last_position(); }
  result<checkpoint> checkpoint_at(std::uint64_t position) override {
    if (const auto last = last_position(); position > last) return unknown(position, last);
    return reading_.checkpoint_at(position);
  }
  result<std::uint64_t> next_commit(std::uint64_t position) override {
    const auto last = last_position(); // before the picture, so that it is in it
    if (position > last) return unknown(position, last);
    auto next = reading_.next_commit(position);
    if (!next) return std::move(next).error();
    return next->value_or(last + 1);
  }
  result<bool> holds(const checkpoint& c) override {
    if (c.position > last_position()) return false;
    return reading_.holds(c);
  }

  result<std::optional<std::uint64_t>> find_command(const stream_key& stream,
                                                    const uuid& command_id) override {
    if (!command_id) return std::optional<std::uint64_t>{};
    // The tail first: what leaves it is already in the index.
    if (const auto lane = lanes_->find(stream))
      if (auto found = lanes_->find_command(*lane, command_id)) return found;
    return judged(derived_->find_command(stream, command_id));
  }
  result<std::uint64_t> forgotten_up_to() override {
    const auto head = derived_->head();
    if (!head) return head.error();
    return head->forgotten_up_to;
  }

  result<std::optional<snapshot>> newest_snapshot(const stream_key& stream) override {
    return derived_->newest_snapshot(stream);
  }
  bool offer_snapshot(const stream_key& stream, snapshot s) override {
    return indexer_.offer(stream, std::move(s));
  }

  result<void> flush() override {
    {
      const std::lock_guard lock(lifecycle_);
      if (!started_ || stopped_) return {};
    }
    journal_.wait_for_answers(queue_.pushed());
    return indexer_.flush();
  }
  void stop() override {
    const std::lock_guard lock(lifecycle_);
    if (std::exchange(stopped_, true)) return;
    journal_.stop();
    indexer_.stop();
  }

  std::uint32_t number() const noexcept override { return number_; }
  const recovery_report& recovery() const noexcept override { return recovery_; }
  partition_figures figures() const override {
    partition_figures all;
    all.commits = journal_.commits();
    all.events = journal_.events();
    all.batches = journal_.batches();
    all.failed_batches = journal_.failed_batches();
    all.queue_bytes = queue_.bytes();
    all.indexed_up_to = indexer_.indexed_up_to();
    all.lanes = lanes_->size();
    all.unindexed_commits = indexer_.waiting();
    all.index_failures = indexer_.failures();
    all.snapshots_dropped = indexer_.snapshots_dropped();
    all.index_damages = indexer_.damages();
    const auto clock = journal_.clock();
    all.clock_jumps = clock.jumps;
    all.last_clock_jump = clock.last_jump;
    all.ahead_of_clock = clock.ahead;
    return all;
  }

private:
  [[nodiscard]] error unknown(std::uint64_t position, std::uint64_t last) const {
    return error(errc::unknown_position,
                 "the journal ends at " + acta::position{number_, last}.to_string(),
                 acta::position{number_, position}.to_string());
  }
  /// Passes an answer on; if it is that the index is damaged, the next open makes it anew.
  template <class Result> Result judged(Result answer) {
    if (!answer && answer.error().code() == errc::damaged_index) indexer_.condemn(answer.error());
    return answer;
  }

  const std::uint32_t number_;
  const partition_options options_;
  std::unique_ptr<log_store> log_;
  std::unique_ptr<derived_store> derived_;
  name_table names_;
  lane_registry::owner lanes_ = lane_registry::make();
  append_queue queue_;
  indexer indexer_;
  journal_thread journal_;
  stream_reading reading_;
  recovery_report recovery_;

  std::mutex lifecycle_;
  bool started_ = false;
  bool stopped_ = false;
};

} // namespace

result<std::unique_ptr<partition>>
make_partition(std::uint32_t number, std::unique_ptr<log_store> log,
               std::unique_ptr<derived_store> derived, partition_options options,
               const open_progress& progress, derived_origin origin) {
  auto made = std::make_unique<partition_impl>(number, std::move(log), std::move(derived),
                                               std::move(options));
  if (auto opened = made->open(progress, origin); !opened) return std::move(opened).error();
  return std::unique_ptr<partition>(std::move(made));
}

namespace {

struct found_derived {
  std::unique_ptr<derived_store> usable; ///< null: it must be made anew, disposable by design
  std::uint64_t knew = 0;                ///< the last position that it knows
  std::string why{};                     ///< it cannot be used; empty if there is none
};

/// Derived data as it lies there.
result<found_derived> open_usable(const std::filesystem::path& folder,
                                  const store_identity& identity, log_store& log,
                                  const partition_options& options) {
  const auto is_unusable = [](const error& e) {
    return e.code() == errc::wrong_format || e.code() == condition::corrupt;
  };
  auto derived = open_lmdb_derived(folder, identity, options);
  // Anything else is the machine's fault, not the data's.
  if (!derived && is_unusable(derived.error()))
    return found_derived{nullptr, 0, derived.error().to_string()};
  if (!derived) return std::move(derived).error();
  const auto head = (*derived)->head();
  if (!head && is_unusable(head.error()))
    return found_derived{nullptr, 0, head.error().to_string()};
  if (!head) return head.error();
  auto ours = is_derived_from(identity.partition, log, **derived, *head);
  if (!ours) return std::move(ours).error();
  if (head->indexed_up_to == 0) return found_derived{};
  if (!*ours)
    return found_derived{nullptr, head->indexed_up_to, "it is not of this journal as it is now"};
  return found_derived{std::move(*derived), head->indexed_up_to};
}

struct partition_opening {
  const std::filesystem::path& folder;
  store_identity identity;
  const partition_options& options;
  const open_progress& progress;
  if_missing journal;

  /// @param unusable  why derived data is to be made anew, whatever it is; empty: it is looked at
  [[nodiscard]] result<std::unique_ptr<partition>> run(const std::string& unusable) const {
    const auto derived_folder = folder / "derived";
    auto log = open_lmdb_log(folder / "journal", identity, options, journal);
    if (!log) return std::move(log).error();
    result<found_derived> found = found_derived{nullptr, 0, unusable};
    if (unusable.empty()) found = open_usable(derived_folder, identity, **log, options);
    if (!found) return std::move(found).error();
    auto derived = std::move(found->usable);
    const derived_origin origin{derived == nullptr, found->knew, std::move(found->why)};
    if (origin.is_new) {
      if (auto removed = remove_lmdb_derived(derived_folder); !removed)
        return std::move(removed).error();
      auto made = open_lmdb_derived(derived_folder, identity, options);
      if (!made) return std::move(made).error();
      derived = std::move(*made);
    }
    return make_partition(identity.partition, std::move(*log), std::move(derived), options,
                          progress, origin);
  }
};

} // namespace

result<std::unique_ptr<partition>>
open_partition(const std::filesystem::path& folder, std::uint32_t number, const uuid& store_id,
               partition_options options, const open_progress& progress, if_missing journal) {
  const partition_opening how{folder, {store_id, number}, options, progress, journal};
  auto opened = how.run({});
  // What derived data contradicts is judged by the journal alone.
  if (!opened && opened.error().code() == errc::damaged_index)
    opened = how.run(opened.error().to_string());
  return opened;
}

std::unique_ptr<partition> make_memory_partition(std::uint32_t number, partition_options options) {
  auto made = make_partition(number, make_memory_log(), make_memory_derived(), std::move(options));
  ACTA_ASSERT(made);
  return std::move(*made);
}

} // namespace acta::persistence
