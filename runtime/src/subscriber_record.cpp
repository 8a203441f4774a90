// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// Table `rows` holds what is done, and what has failed, beyond the checkpoints; table `parked` the
// dead letters. Layout: docs/storage-format.md.
#include "subscriber_record.hpp"

#include <acta/core/bytes.hpp>
#include <acta/domain/codec/binary.hpp>

#include <algorithm>
#include <array>
#include <limits>

namespace acta::detail {

namespace {

using persistence::dead_letter;
using persistence::view_reading;
using persistence::view_writing;

/// On disk: rises with every change of the rows.
constexpr std::uint64_t record_format = 1;
/// Rows below a checkpoint that one transaction clears away; the others wait for the next.
constexpr std::size_t cleared_rows_max = 4'096;

/// On disk: never renumber.
enum class row_kind : std::uint8_t {
  done = 'd',
  failed = 'f',
  other_history = 'h',
  versions = 'v',
};
using row_key = std::array<std::byte, 1 + 4 + 8>;

template <class T> void put_big_endian(std::byte* to, T value) {
  for (std::size_t i = 0; i < sizeof value; ++i)
    to[i] = static_cast<std::byte>(value >> 8 * (sizeof value - 1 - i));
}
template <class T> T get_big_endian(const std::byte* from) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i)
    value = static_cast<T>(value << 8 | std::to_integer<T>(from[i]));
  return value;
}

row_key key_of(row_kind kind, position where) {
  row_key key;
  key[0] = static_cast<std::byte>(kind);
  put_big_endian(key.data() + 1, where.partition);
  put_big_endian(key.data() + 5, where.number);
  return key;
}

/// Of one row: its value is text.
row_key other_history_key() { return key_of(row_kind::other_history, {}); }

row_key versions_key(std::uint32_t partition) { return key_of(row_kind::versions, {partition, 0}); }
result<versions_taken> read_versions(view_reading& from, std::uint32_t partition) {
  bytes_view value;
  auto there = from.get(row_table::rows, versions_key(partition), value);
  if (!there) return std::move(there).error();
  if (!*there) return versions_taken{};
  return decode_binary<versions_taken>(value);
}
result<void> put_versions(view_writing& to, std::uint32_t partition, const versions_taken& v) {
  byte_buffer value;
  if (auto encoded = encode_binary(v, value); !encoded) return encoded;
  return to.put(row_table::rows, versions_key(partition), value);
}

/// Erases rows of one kind and partition from `first` to `last`, at most `limit`; returns how many.
result<std::size_t> erase_rows(view_writing& txn, row_kind kind, position first, std::uint64_t last,
                               std::size_t limit) {
  std::size_t erased = 0;
  for (; erased < limit; ++erased) {
    row_key found_key;
    {
      auto cursor = txn.scan(row_table::rows);
      if (!cursor) return std::move(cursor).error();
      table_entry entry;
      auto found = (*cursor)->seek(key_of(kind, first), entry);
      if (!found) return std::move(found).error();
      if (!*found || entry.key.size() != found_key.size()) break;
      std::ranges::copy(entry.key, found_key.begin());
    }
    if (found_key[0] != static_cast<std::byte>(kind) ||
        get_big_endian<std::uint32_t>(found_key.data() + 1) != first.partition ||
        get_big_endian<std::uint64_t>(found_key.data() + 5) > last)
      break;
    if (auto gone = txn.erase(row_table::rows, found_key); !gone) return std::move(gone).error();
  }
  return erased;
}

/// What the row of a failed attempt holds. Older programs wrote it without its end.
struct failed_value {
  std::uint32_t attempts = 0;
  std::int64_t not_before = 0; ///< microseconds since the epoch; 0: nobody asked for a pause
  std::uint64_t checksum = 0;  ///< of the commit that holds the event; 0: not known
};
constexpr std::size_t attempts_size = 4, pause_end = 12, failed_value_size = 20;

failed_value read_failed(bytes_view value) {
  failed_value f;
  if (value.size() >= attempts_size) f.attempts = load_le<std::uint32_t>(value.data());
  if (value.size() >= pause_end) f.not_before = load_le<std::int64_t>(value.data() + attempts_size);
  if (value.size() >= failed_value_size)
    f.checksum = load_le<std::uint64_t>(value.data() + pause_end);
  return f;
}

/// Of the commit that holds the row's event; 0: not known, as in rows of older programs.
std::uint64_t checksum_in(row_kind kind, bytes_view value) {
  if (kind == row_kind::failed) return read_failed(value).checksum;
  return value.size() == sizeof(std::uint64_t) ? load_le<std::uint64_t>(value.data()) : 0;
}

constexpr auto for_ever = std::numeric_limits<std::uint64_t>::max();

/// What a row says of an event; nothing if it is of another kind or partition.
std::optional<persistence::checkpoint> read_row(const table_entry& row, row_kind kind,
                                                std::uint32_t partition) {
  if (row.key.size() != sizeof(row_key) || row.key[0] != static_cast<std::byte>(kind) ||
      get_big_endian<std::uint32_t>(row.key.data() + 1) != partition)
    return std::nullopt;
  return persistence::checkpoint{get_big_endian<std::uint64_t>(row.key.data() + 5),
                                 checksum_in(kind, row.value)};
}

/// Where a record and its journal part, in one partition.
struct parting {
  std::uint64_t done = 0;        ///< the checkpoint, or the journal's end if that is earlier
  std::uint64_t known = 0;       ///< what lies behind it is not of this journal
  std::uint64_t furthest = 0;    ///< that the record speaks of
  bool is_other = false;         ///< the checkpoint itself is not of this journal
  std::vector<position> letters; ///< behind `known`
};

/// Has `p` know of the rows beyond the checkpoint. A journal that holds an event holds all before
/// it, so the rows are asked from the last one back until one is held.
result<void> compare_rows(view_reading& reading, row_kind kind, std::uint32_t partition,
                          const journal_proof& proof, parting& p) {
  auto cursor = reading.scan(row_table::rows);
  if (!cursor) return std::move(cursor).error();
  table_entry entry;
  auto found = (*cursor)->seek_before(key_of(kind, {partition, for_ever}), entry);
  for (; found && *found; found = (*cursor)->previous(entry)) {
    const auto row = read_row(entry, kind, partition);
    if (!row || row->position <= p.done) return {};
    p.furthest = std::max(p.furthest, row->position);
    if (row->position > p.known) continue; // of this one it is known already
    if (!proof.holds) return {};
    auto held = proof.holds(partition, *row);
    if (!held) return std::move(held).error();
    if (!*held)
      p.known = row->position - 1;
    else if (row->checksum != 0) // else its position alone is compared, which proves little
      return {};
  }
  if (!found) return std::move(found).error();
  return {};
}

/// @param at  the checkpoint
/// @param last  the journal's end
result<parting> compare(view_reading& reading, std::uint32_t partition,
                        const persistence::checkpoint& at, std::uint64_t last,
                        const journal_proof& proof) {
  parting p{std::min(at.position, last), last, at.position, at.position > last, {}};
  if (proof.holds) {
    auto held = proof.holds(partition, at);
    if (!held) return std::move(held).error();
    p.is_other = p.is_other || !*held;
  }
  if (p.is_other) p.known = p.done;
  for (const auto kind : {row_kind::done, row_kind::failed})
    if (auto compared = compare_rows(reading, kind, partition, proof, p); !compared)
      return std::move(compared).error();
  for (position from{partition, p.known + 1};; ++from.number) {
    auto letter = reading.dead_letters(1, from);
    if (!letter) return std::move(letter).error();
    if (letter->empty() || letter->front().where.partition != partition) return p;
    p.letters.push_back(from = letter->front().where);
    p.furthest = std::max(p.furthest, from.number);
  }
}

/// The same for the marks of versions: beside another journal they count for nothing.
result<void> compare_marks(versions_taken& versions, std::uint32_t partition,
                           const journal_proof& proof, parting& p) {
  if (versions.reached > p.known) p.is_other = true;
  if (proof.holds && !p.is_other && versions.reached > 0) {
    auto held = proof.holds(partition, {versions.reached, versions.reached_checksum});
    if (!held) return std::move(held).error();
    p.is_other = !*held;
  }
  if (!p.is_other) return {};
  p.furthest = std::max(p.furthest, versions.reached);
  versions.forget_beyond(p.done);
  return {};
}

/// Erases what lies behind `p.known`. Returns whether there was anything.
result<bool> forget(view_writing& txn, std::uint32_t partition, const parting& p) {
  constexpr auto all = std::numeric_limits<std::size_t>::max();
  bool any = !p.letters.empty();
  for (const auto kind : {row_kind::done, row_kind::failed}) {
    auto gone = erase_rows(txn, kind, {partition, p.known + 1}, for_ever, all);
    if (!gone) return std::move(gone).error();
    any = any || *gone > 0;
  }
  for (const auto& where : p.letters)
    if (auto gone = txn.unpark(where); !gone) return std::move(gone).error();
  return any;
}

/// @param covered  the checkpoint says already that it is done
/// @param checksum  of the commit that holds the event
result<void> take(view_writing& txn, const subscriber_note& n, bool covered,
                  std::uint64_t checksum) {
  using kind = subscriber_note::kind;
  const auto failed_key = key_of(row_kind::failed, n.where);
  byte_buffer value;
  if (n.what == kind::failed) {
    value.append_le(std::uint32_t{n.attempts});
    value.append_le(n.not_before.time_since_epoch().count());
    value.append_le(checksum);
    return txn.put(row_table::rows, failed_key, value);
  }
  if (n.what == kind::letter_done) {
    auto gone = txn.unpark(n.where);
    if (!gone) return std::move(gone).error();
    return {};
  }
  if (n.what == kind::letter_failed) {
    auto letter = txn.find_dead_letter(n.where);
    if (!letter) return std::move(letter).error();
    if (!*letter) return {}; // dropped meanwhile
    (*letter)->attempts = n.attempts;
    (*letter)->reason = n.reason;
    return txn.park(**letter);
  }
  if (n.what == kind::parked)
    if (auto parked = txn.park({n.where, n.at, n.attempts, n.reason}); !parked) return parked;
  if (n.attempts > 0)
    if (auto erased = txn.erase(row_table::rows, failed_key); !erased) return erased;
  if (covered) return {};
  value.append_le(checksum);
  return txn.put(row_table::rows, key_of(row_kind::done, n.where), value);
}

} // namespace

void add_note(std::vector<subscriber_note>& to, subscriber_note note) {
  const auto replaced = [&](const subscriber_note& n) {
    return n.what == subscriber_note::kind::failed && n.where == note.where;
  };
  if (note.attempts > 0) // else there is nothing to be looked for
    if (const auto at = std::ranges::find_if(to, replaced); at != to.end()) {
      *at = std::move(note);
      return;
    }
  to.push_back(std::move(note));
}

result<subscriber_record> subscriber_record::open(const std::filesystem::path& folder,
                                                  const uuid& store_id, std::string_view subscriber,
                                                  std::size_t map_bytes, journal_proof proof) {
  const persistence::view_identity identity{store_id, "acta.subscriber/" + std::string(subscriber),
                                            record_format, record_format};
  persistence::view_store_options options;
  options.map_bytes = map_bytes;
  options.upgrade = true;
  auto store = folder.empty() ? persistence::make_scratch_view_store(identity, options)
                              : persistence::open_view_store(folder, identity, options);
  if (!store) return std::move(store).error();
  return subscriber_record(std::move(*store), std::move(proof));
}

result<subscriber_record::beginning>
subscriber_record::begin(std::span<const position> start, std::span<const position> last,
                         const std::vector<std::string>& now,
                         const std::vector<std::string>& unreadable) {
  bool is_new = false;
  beginning b;
  std::vector<parting> partings;
  bool changed = false;
  kept_.clear();
  {
    auto reading = store_->read();
    if (!reading) return std::move(reading).error();
    auto head = (*reading)->head();
    if (!head) return std::move(head).error();
    is_new = !head->built;
    for (const auto& end : last) {
      const auto begins_at = start[end.partition].number;
      result<persistence::checkpoint> at = persistence::checkpoint{begins_at, 0};
      if (!is_new) at = (*reading)->checkpoint(end.partition);
      if (!at) return std::move(at).error();
      auto p = compare(**reading, end.partition, *at, end.number, proof_);
      if (!p) return std::move(p).error();
      auto known = read_versions(**reading, end.partition);
      if (!known) return std::move(known).error();
      auto versions = *known;
      if (auto same = compare_marks(versions, end.partition, proof_, *p); !same)
        return std::move(same).error();
      b.reached.push_back(p->done);
      b.done_up_to.push_back(
          versions.begin(now, unreadable, p->done, proof_of({end.partition, p->done}).checksum));
      kept_.emplace_back(versions.first_unread().value_or(for_ever), end.number);
      changed = changed || versions != *known || b.done_up_to.back() != p->done;
      b.versions.push_back(std::move(versions));
      partings.push_back(std::move(*p));
    }
  }
  auto txn = store_->write();
  if (!txn) return std::move(txn).error();
  std::string where;
  for (std::uint32_t p = 0; p < partings.size(); ++p) {
    auto any = forget(**txn, p, partings[p]);
    if (!any) return std::move(any).error();
    if (*any || partings[p].is_other) {
      b.forgot = true;
      where.append(where.empty() ? "" : ", ").append(position{p, partings[p].furthest}.to_string());
    }
    if (auto set = (*txn)->set_checkpoint(p, proof_of({p, b.done_up_to[p]})); !set)
      return std::move(set).error();
    if (auto put = put_versions(**txn, p, b.versions[p]); !put) return std::move(put).error();
  }
  if (!is_new && !b.forgot && !changed) return b; // nothing to be written
  // Nothing goes out, and no event is passed over, before somebody has looked.
  if (b.forgot) {
    if (auto paused = (*txn)->set_paused(true); !paused) return std::move(paused).error();
    if (auto noted = (*txn)->put(row_table::rows, other_history_key(), as_bytes_view(where));
        !noted)
      return std::move(noted).error();
  }
  if (auto set = (*txn)->set_built(); !set) return std::move(set).error();
  if (auto done = (*txn)->commit(false); !done) return std::move(done).error();
  // A power loss must not make it new again: it would begin later, and leave events out.
  if (auto synced = store_->sync(); !synced) return std::move(synced).error();
  return b;
}

result<bool> subscriber_record::is_paused() const {
  auto reading = store_->read();
  if (!reading) return std::move(reading).error();
  auto head = (*reading)->head();
  if (!head) return std::move(head).error();
  return head->paused;
}

result<void> subscriber_record::set_paused(bool paused) {
  auto txn = store_->write();
  if (!txn) return std::move(txn).error();
  if (auto set = (*txn)->set_paused(paused); !set) return set;
  if (!paused)
    if (auto gone = (*txn)->erase(row_table::rows, other_history_key()); !gone) return gone;
  if (auto done = (*txn)->commit(false); !done) return done;
  return store_->sync();
}

result<std::optional<std::string>> subscriber_record::other_history() const {
  auto reading = store_->read();
  if (!reading) return std::move(reading).error();
  bytes_view value;
  auto found = (*reading)->get(row_table::rows, other_history_key(), value);
  if (!found) return std::move(found).error();
  if (!*found) return std::optional<std::string>{};
  return std::optional(std::string(as_text(value)));
}

result<std::vector<subscriber_record::past>>
subscriber_record::look_up(std::span<const position> events) const {
  auto reading = store_->read();
  if (!reading) return std::move(reading).error();
  std::vector<past> all;
  for (const auto& where : events) {
    auto& one = all.emplace_back();
    bytes_view value;
    auto done = (*reading)->get(row_table::rows, key_of(row_kind::done, where), value);
    if (!done) return std::move(done).error();
    one.done = *done;
    auto failed = (*reading)->get(row_table::rows, key_of(row_kind::failed, where), value);
    if (!failed) return std::move(failed).error();
    if (!*failed) continue;
    const auto known = read_failed(value);
    one.failed_attempts = known.attempts;
    one.not_before = time_point(std::chrono::microseconds(known.not_before));
  }
  return all;
}

result<void> subscriber_record::write(std::span<const subscriber_note> notes,
                                      std::span<const position> done_up_to) {
  auto txn = store_->write();
  if (!txn) return std::move(txn).error();
  for (const auto& n : notes) {
    const auto moved = std::ranges::find(done_up_to, n.where.partition, &position::partition);
    const bool covered = moved != done_up_to.end() && n.where.number <= moved->number;
    if (auto taken = take(**txn, n, covered, covered ? 0 : proof_of(n.where).checksum); !taken)
      return taken;
  }
  for (const auto& at : done_up_to) {
    if (auto set = (*txn)->set_checkpoint(at.partition, proof_of(at)); !set) return set;
    const auto [unread, end] =
        at.partition < kept_.size() ? kept_[at.partition] : std::pair(for_ever, for_ever);
    for (const auto kind : {row_kind::done, row_kind::failed}) {
      auto cleared =
          erase_rows(**txn, kind, {at.partition, 0}, std::min(at.number, unread), cleared_rows_max);
      if (cleared && unread < end && end < at.number)
        cleared = erase_rows(**txn, kind, {at.partition, end + 1}, at.number, cleared_rows_max);
      if (!cleared) return std::move(cleared).error();
    }
  }
  return (*txn)->commit(false);
}

result<std::vector<dead_letter>> subscriber_record::dead_letters(std::size_t limit,
                                                                 position from) const {
  auto reading = store_->read();
  if (!reading) return std::move(reading).error();
  return (*reading)->dead_letters(limit, from);
}

result<std::uint64_t> subscriber_record::dead_letter_count() const {
  auto reading = store_->read();
  if (!reading) return std::move(reading).error();
  return (*reading)->dead_letter_count();
}

result<std::optional<dead_letter>> subscriber_record::find_dead_letter(position where) const {
  auto found = dead_letters(1, where);
  if (!found) return std::move(found).error();
  if (found->empty() || found->front().where != where) return std::optional<dead_letter>{};
  return std::optional(std::move(found->front()));
}

result<bool> subscriber_record::drop(position where) {
  auto txn = store_->write();
  if (!txn) return std::move(txn).error();
  auto gone = (*txn)->unpark(where);
  if (!gone || !*gone) return gone;
  if (auto done = (*txn)->commit(false); !done) return std::move(done).error();
  return true;
}

} // namespace acta::detail
