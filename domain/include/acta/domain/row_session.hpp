// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The rows of a view while a batch of events is folded into them: each row is read and decoded
/// once, changed in memory, and written with its index entries once, in the order of keys.
#pragma once

#include <acta/core/hash.hpp>
#include <acta/domain/row_table.hpp>
#include <acta/domain/view_type.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace acta {

/// Lifecycle: made for one transaction; flush() before that commits. After an error from any member
/// it is only good for being given up, with the transaction. Threads: one.
class row_session {
public:
  row_session(const view_type& type, row_writer& to) : type_(type), to_(to) {}
  row_session(const row_session&) = delete;
  row_session& operator=(const row_session&) = delete;

  /// The row, to be looked at; null if there is none. Valid until the session's next flush().
  result<const void*> find(std::string_view key);
  /// The row, a fresh one if there is none, to be changed; say so with changed(). Errors:
  /// `invalid_argument` for a key that is not 1..256 bytes of UTF-8 without control characters.
  result<void*> open(std::string_view key);
  /// The row opened under this key has its new value. Pre: opened, and no flush() since.
  /// Errors: `unique_violation`; `evolve_threw` from a function of an index.
  result<void> changed(std::string_view key);
  /// The row is to be no more. True if there was one.
  result<bool> remove(std::string_view key);

  /// Writes what has changed and forgets all rows. Errors: the tables'; and, because rows are
  /// encoded only here, `encode_failed` and `evolve_threw` from a function of an index.
  result<void> flush();
  /// Rows written or removed so far; a row that came out as it was does not count.
  [[nodiscard]] std::uint64_t rows_changed() const noexcept { return rows_changed_; }
  /// About the memory that the rows held take.
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

  [[nodiscard]] const view_type& type() const noexcept { return type_; }
  /// The tables, with everything changed so far in them.
  result<row_reader*> flushed();

private:
  struct held {
    erased_row row{nullptr, nullptr};
    bool stored = false;  ///< there is a row in the table
    bool present = false; ///< there is a row now
    bool dirty = false;
    bytes_view stored_bytes; ///< in the table's memory: nothing is written before flush()
    std::vector<std::string> stored_keys; ///< index entries in the table
    std::vector<std::string> unique;      ///< unique entries it holds now, by index; empty: none
  };
  template <class T>
  using by_text = std::unordered_map<std::string, T, process_text_hash, std::equal_to<>>;

  /// Null if it is not held.
  held* find_held(std::string_view key);
  result<held*> load(std::string_view key);
  /// Appends all index entries of a row, as they stand in the table.
  result<void> append_entries(const void* row, std::string_view key,
                              std::vector<std::string>& out) const;
  result<std::string> entry_of(std::size_t index, const void* row, std::string_view key,
                               bool& present) const;
  result<void> claim_unique(std::string_view key, held& h);

  const view_type& type_;
  row_writer& to_;
  by_text<held> rows_;
  std::pair<const std::string, held>* last_ = nullptr; ///< of rows_, the one asked for last
  /// Owners of unique entries changed in this session; empty: free.
  by_text<std::string> owners_;
  std::uint64_t rows_changed_ = 0;
  std::size_t bytes_ = 0;
};

} // namespace acta
