// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "reading.hpp"

namespace acta::persistence {

namespace {

error corrupt(std::uint32_t partition, std::uint64_t position, std::string what) {
  return error(errc::corrupt_commit, std::move(what),
               acta::position{partition, position}.to_string());
}

/// Follows index entries through the log. Commits of one stream often stand next to each other,
/// where stepping is cheaper than searching.
class log_follower {
public:
  log_follower(std::uint32_t partition, log_store& log, const stream_key& stream)
      : partition_(partition), log_(log), stream_(stream) {}

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
    if (!*found || record.position != entry.position)
      return corrupt(partition_, entry.position, "there is no commit at this position");
    auto view = commit_view::parse(partition_, record.position, record.bytes);
    if (!view) return std::move(view).error();
    if (view->first_version() != entry.first_version || view->header().stream_id != stream_.id())
      return corrupt(partition_, entry.position,
                     "the index takes it for " + stream_.text() + " at version " +
                         std::to_string(entry.first_version) +
                         "; delete derived/ to have the index made anew");
    next_ = view->last_position() + 1;
    return visit(*view);
  }

private:
  std::uint32_t partition_;
  log_store& log_;
  const stream_key& stream_;
  log_reading reader_;
  std::uint64_t next_ = 0;
};

} // namespace

result<void> stream_reading::read_stream(const stream_key& stream, version_number from,
                                         const commit_visitor& visit) const {
  // The tail first, the index second: a commit leaves the tail only when the index holds it, so it
  // is found at least once. What is found twice is told by its version.
  std::vector<index_entry> tail;
  if (const auto lane = lanes.find(stream)) lanes.tail_from(*lane, from, tail);

  log_follower follower(partition, log, stream);
  auto next = std::max<version_number>(from, 1);
  result<bool> more = true;
  const auto take = [&](const index_entry& entry) {
    next = entry.first_version + entry.events;
    more = follower.visit(entry, visit);
    return more && *more;
  };
  if (auto scanned = derived.scan(stream, next, take); !scanned) return scanned;
  for (const auto& entry : tail) {
    if (!more || !*more) break;
    if (entry.first_version + entry.events > next) take(entry);
  }
  if (!more) return std::move(more).error();
  return {};
}

result<void> stream_reading::read_log(std::uint64_t from, const commit_visitor& visit) const {
  auto reader = log.read();
  if (!reader) return std::move(reader).error();
  from = std::max<std::uint64_t>(from, 1);
  log_record record;
  auto found = (*reader)->seek_holding(from, record);
  std::uint64_t expected = 0; // any
  if (found && !*found) {
    found = (*reader)->seek(1, record);
    if (found && !*found) return {};
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
  return *last ? (*last)->first_version + (*last)->events - 1 : version_number{0};
}

} // namespace acta::persistence
