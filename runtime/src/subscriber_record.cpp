// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// Table `rows` holds what is done, and what has failed, beyond the checkpoints; table `parked` the
// dead letters. Layout: docs/storage-format.md.
#include "subscriber_record.hpp"

#include <acta/core/bytes.hpp>

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
enum class row_kind : std::uint8_t { done = 'd', failed = 'f', other_history = 'h' };
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

/// @param covered  the checkpoint says already that it is done
result<void> take(view_writing& txn, const subscriber_note& n, bool covered) {
  using kind = subscriber_note::kind;
  const auto failed_key = key_of(row_kind::failed, n.where);
  if (n.what == kind::failed) {
    byte_buffer value;
    value.append_le(std::uint32_t{n.attempts});
    if (n.not_before != time_point{}) value.append_le(n.not_before.time_since_epoch().count());
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
  return txn.put(row_table::rows, key_of(row_kind::done, n.where), as_bytes_view("+"));
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

result<std::vector<std::uint64_t>> subscriber_record::begin(std::span<const position> start,
                                                            std::span<const position> last,
                                                            bool& forgot) {
  constexpr auto all = std::numeric_limits<std::size_t>::max();
  constexpr auto for_ever = std::numeric_limits<std::uint64_t>::max();
  bool is_new = false;
  std::vector<std::uint64_t> done_up_to;
  std::vector<position> lost_letters;
  std::vector<bool> is_other(start.size(), false);
  {
    auto reading = store_->read();
    if (!reading) return std::move(reading).error();
    auto head = (*reading)->head();
    if (!head) return std::move(head).error();
    is_new = !head->built;
    for (const auto& p : start) {
      auto at = (*reading)->checkpoint(p.partition);
      if (!at) return std::move(at).error();
      done_up_to.push_back(is_new ? p.number : at->position);
      if (is_new || !proof_.holds) continue;
      auto held = proof_.holds(p.partition, *at);
      if (!held) return std::move(held).error();
      is_other[p.partition] = !*held;
    }
    for (position from : last)
      for (;;) {
        ++from.number;
        auto letter = (*reading)->dead_letters(1, from);
        if (!letter) return std::move(letter).error();
        if (letter->empty() || letter->front().where.partition != from.partition) break;
        lost_letters.push_back(from = letter->front().where);
      }
  }
  auto txn = store_->write();
  if (!txn) return std::move(txn).error();
  for (const auto& where : lost_letters)
    if (auto gone = (*txn)->unpark(where); !gone) return std::move(gone).error();
  forgot = !lost_letters.empty();
  for (const auto& end : last) {
    auto& at = done_up_to[end.partition];
    if (at > end.number || is_other[end.partition]) forgot = true;
    at = std::min(at, end.number);
    const auto known = is_other[end.partition] ? at : end.number;
    for (const auto kind : {row_kind::done, row_kind::failed}) {
      auto gone = erase_rows(**txn, kind, {end.partition, known + 1}, for_ever, all);
      if (!gone) return std::move(gone).error();
      if (*gone > 0) forgot = true;
    }
    if (auto set = (*txn)->set_checkpoint(end.partition, proof_of({end.partition, at})); !set)
      return std::move(set).error();
  }
  if (!is_new && !forgot) return done_up_to; // nothing to be written
  // Nothing goes out, and no event is passed over, before somebody has looked.
  if (forgot) {
    if (auto paused = (*txn)->set_paused(true); !paused) return std::move(paused).error();
    std::string where;
    for (std::uint32_t p = 0; p < done_up_to.size(); ++p)
      where.append(where.empty() ? "" : ", ").append(position{p, done_up_to[p]}.to_string());
    if (auto noted = (*txn)->put(row_table::rows, other_history_key(), as_bytes_view(where));
        !noted)
      return std::move(noted).error();
  }
  if (auto set = (*txn)->set_built(); !set) return std::move(set).error();
  if (auto done = (*txn)->commit(false); !done) return std::move(done).error();
  // A power loss must not make it new again: it would begin later, and leave events out.
  if (auto synced = store_->sync(); !synced) return std::move(synced).error();
  return done_up_to;
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
    constexpr auto attempts_size = sizeof(std::uint32_t);
    if (*failed && value.size() >= attempts_size)
      one.failed_attempts = load_le<std::uint32_t>(value.data());
    if (*failed && value.size() == attempts_size + sizeof(std::int64_t))
      one.not_before = time_point(
          std::chrono::microseconds(load_le<std::int64_t>(value.data() + attempts_size)));
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
    if (auto taken = take(**txn, n, covered); !taken) return taken;
  }
  for (const auto& at : done_up_to) {
    if (auto set = (*txn)->set_checkpoint(at.partition, proof_of(at)); !set) return set;
    for (const auto kind : {row_kind::done, row_kind::failed})
      if (auto cleared = erase_rows(**txn, kind, {at.partition, 0}, at.number, cleared_rows_max);
          !cleared)
        return std::move(cleared).error();
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
