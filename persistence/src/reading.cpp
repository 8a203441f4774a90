// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "reading.hpp"

#include <algorithm>

namespace acta::persistence {

namespace {

error corrupt(std::uint32_t partition, std::uint64_t position, std::string what) {
  return error(errc::corrupt_commit, std::move(what),
               acta::position{partition, position}.to_string());
}

error damaged(const stream_key& stream, const std::string& what) {
  return error(errc::damaged_index, what + "; the next open makes derived data anew",
               stream.text());
}

/// Follows index entries through the log. Commits of one stream often stand next to each other,
/// where stepping is cheaper than searching.
class log_follower {
public:
  log_follower(std::uint32_t partition, log_store& log, const stream_key& stream,
               const name_table& names)
      : partition_(partition), log_(log), stream_(stream), names_(names) {}

  /// False when the visitor has enough.
  result<bool> visit(const index_entry& entry, const commit_visitor& visit) {
    if (!reader_) {
      // Only now, so that the picture holds everything the index and the tail name.
      auto reader = log_.read();
      if (!reader) return std::move(reader).error();
      reader_ = std::move(*reader);
    }
    log_record record;
    auto found =
        entry.position == next_ ? reader_->next(record) : reader_->seek(entry.position, record);
    if (!found) return found;
    if (!*found || record.position != entry.position) return is_not(entry, "no commit is there");
    auto view = commit_view::parse(partition_, record.position, record.bytes);
    if (!view) return std::move(view).error();
    if (view->first_version() != entry.first_version || view->event_count() != entry.events ||
        view->header().stream_id != stream_.id() || !is_of_aggregate(*view))
      return is_not(entry, "another commit is there");
    next_ = view->last_position() + 1;
    return visit(*view);
  }

private:
  [[nodiscard]] error is_not(const index_entry& entry, const std::string& what) const {
    return damaged(
        stream_, "the index has version " + std::to_string(entry.first_version) + " at position " +
                     acta::position{partition_, entry.position}.to_string() + ", but " + what);
  }
  /// Looked up once: all commits of a stream have the same id there.
  bool is_of_aggregate(const commit_view& commit) {
    const auto name = commit.header().aggregate_name;
    if (name != aggregate_ && names_.name_of(name) == stream_.aggregate()) aggregate_ = name;
    return name == aggregate_;
  }

  std::uint32_t partition_;
  log_store& log_;
  const stream_key& stream_;
  const name_table& names_;
  std::uint32_t aggregate_ = 0;
  log_reading reader_;
  std::uint64_t next_ = 0;
};

} // namespace

result<void> stream_reading::read_stream(const stream_key& stream, version_number from,
                                         const commit_visitor& visit) const {
  // The tail first, the index second: a commit leaves the tail only when the index holds it, so it
  // is found at least once. What is found twice is told by its version.
  std::vector<index_entry> tail;
  version_number durable = 0;
  if (const auto lane = lanes.find(stream)) {
    durable = lane->durable_version();
    lanes.tail_from(*lane, from, tail);
  }

  log_follower follower(partition, log, stream, names);
  auto next = std::max<version_number>(from, 1);
  result<bool> more = true;
  const auto take = [&](const index_entry& entry) {
    next = entry.first_version + entry.events;
    more = follower.visit(entry, visit);
    return more && *more;
  };
  const auto begin = next;
  if (auto scanned = derived.scan(stream, next, take); !scanned) return scanned;
  for (const auto& entry : tail) {
    if (!more || !*more) break;
    if (entry.first_version + entry.events <= next) continue;
    if (entry.first_version > next || (next != begin && entry.first_version != next))
      return damaged(stream, "the index ends before version " + std::to_string(next) +
                                 ", what it lacks begins with " +
                                 std::to_string(entry.first_version));
    take(entry);
  }
  if (!more) return std::move(more).error();
  if (*more && next <= durable)
    return damaged(stream, "the index ends before version " + std::to_string(next) +
                               ", the stream with " + std::to_string(durable));
  // All that can be read has been shown, but a lost commit of this stream may follow it.
  if (*more && durable == 0 && in_doubt != 0)
    if (auto ends = indexed_version(stream); !ends) return std::move(ends).error();
  return {};
}

result<void> stream_reading::read_log(std::uint64_t from, const commit_visitor& visit) const {
  return persistence::read_log(partition, log, from, visit);
}

result<void> read_log(std::uint32_t partition, log_store& log, std::uint64_t from,
                      const commit_visitor& visit) {
  auto reader = log.read();
  if (!reader) return std::move(reader).error();
  from = std::max<std::uint64_t>(from, 1);
  log_record record;
  auto found = (*reader)->seek_holding(from, record);
  std::uint64_t expected = 0; // any
  if (found && !*found) {
    // Nothing is at `from` or before it: either there is nothing at all, or the beginning is lost.
    found = (*reader)->seek_holding(~std::uint64_t{0}, record);
    if (found && *found) return corrupt(partition, from, "there is no commit at this position");
  }
  for (; found && *found; found = (*reader)->next(record)) {
    if (expected != 0 && record.position != expected)
      return corrupt(partition, expected, "there is no commit at this position");
    auto view = commit_view::parse(partition, record.position, record.bytes);
    if (!view) return std::move(view).error();
    expected = view->last_position() + 1;
    if (view->last_position() >= from && !visit(*view)) return {};
  }
  if (!found) return std::move(found).error();
  return {};
}

result<checkpoint> stream_reading::checkpoint_at(std::uint64_t position) const {
  if (position == 0) return checkpoint{};
  auto reader = log.read();
  if (!reader) return std::move(reader).error();
  log_record record;
  auto found = (*reader)->seek_holding(position, record);
  if (!found) return std::move(found).error();
  if (!*found || record.bytes.size() < sizeof(std::uint64_t))
    return corrupt(partition, position, "there is no commit that holds this position");
  return checkpoint{position, load_le<std::uint64_t>(record.bytes.data())};
}

result<std::optional<std::uint64_t>> stream_reading::next_commit(std::uint64_t position) const {
  return persistence::next_commit(partition, log, position);
}

result<std::optional<std::uint64_t>> next_commit(std::uint32_t partition, log_store& log,
                                                 std::uint64_t position) {
  auto reader = log.read();
  if (!reader) return std::move(reader).error();
  log_record record;
  auto found = (*reader)->seek_holding(position, record);
  if (found && !*found)
    return corrupt(partition, position, "there is no commit that holds this position");
  if (found) found = (*reader)->next(record);
  if (!found) return std::move(found).error();
  return *found ? std::optional(record.position) : std::nullopt;
}

result<bool> stream_reading::holds(const checkpoint& c) const {
  auto here = checkpoint_at(c.position);
  if (!here) return std::move(here).error();
  if (!c.has_checksum() || *here == c) return true;
  // Another history, or a damaged commit?
  bool seen = false;
  auto read = read_log(c.position, [&](const commit_view&) {
    seen = true;
    return false;
  });
  if (!read) return std::move(read).error();
  if (!seen) return corrupt(partition, c.position, "there is no commit that holds this position");
  return false;
}

result<version_number> stream_reading::indexed_version(const stream_key& stream) const {
  auto last = derived.last_of(stream);
  if (!last) return std::move(last).error();
  if (in_doubt > (*last ? (*last)->position : 0))
    return corrupt(partition, in_doubt,
                   "this commit is damaged, and nobody can tell whose it was; " + stream.text() +
                       " may have ended with it");
  if (!*last) return version_number{0};
  if (auto same = check_end(stream, **last); !same) return std::move(same).error();
  return (*last)->version;
}

result<void> stream_reading::check_end(const stream_key& stream, const stream_end& end) const {
  const auto differs = [&](const std::string& what) {
    return damaged(stream, "version " + std::to_string(end.version) + " is to end at position " +
                               acta::position{partition, end.position}.to_string() + ", but " +
                               what);
  };
  auto reader = log.read();
  if (!reader) return std::move(reader).error();
  log_record record;
  auto found = (*reader)->seek(end.position, record);
  if (!found) return std::move(found).error();
  if (!*found) return differs("no commit is there");
  // Its bytes are checked by those who read them: here they are only compared.
  auto view = commit_view::parse(partition, record.position, record.bytes, checksum::trust);
  const bool same = view && view->last_version() == end.version &&
                    view->header().stream_id == stream.id() &&
                    names.name_of(view->header().aggregate_name) == stream.aggregate() &&
                    record.checksum() == end.checksum;
  if (same) return {};
  // Who is wrong: the index or the commit?
  view = commit_view::parse(partition, record.position, record.bytes);
  if (!view) return std::move(view).error();
  return differs("another commit is there");
}

} // namespace acta::persistence
