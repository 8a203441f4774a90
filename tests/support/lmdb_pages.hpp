// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Where the keys and values of an LMDB file's tables lie, and what leads to them, so that a test
/// may damage them and nothing else. The layout of pages is that of LMDB 0.9 on a 64-bit machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace test {

class lmdb_pages {
public:
  struct place {
    std::string table;
    bool is_key;
    std::size_t offset, size;
  };

  explicit lmdb_pages(std::string_view file) : file_(file) {
    // The newer of the two meta pages; the main table's record is the second of its two.
    const auto meta = read<std::uint64_t>(4096 + 144) > read<std::uint64_t>(144) ? 4096u : 0u;
    walk(read<std::uint64_t>(meta + 40 + 40), "free pages");
    walk(read<std::uint64_t>(meta + 88 + 40), {});
  }
  [[nodiscard]] const std::vector<place>& places() const noexcept { return places_; }
  /// Heads of pages with the offsets of their entries, and heads of entries; of the table of tables
  /// also its entries. `is_key` says nothing here.
  [[nodiscard]] const std::vector<place>& structure() const noexcept { return structure_; }

private:
  template <class T> [[nodiscard]] T read(std::size_t at) const {
    T value;
    std::memcpy(&value, file_.data() + at, sizeof value);
    return value;
  }
  /// @param table  empty: the table of tables.
  void walk(std::uint64_t page, const std::string& table) {
    if (page == ~std::uint64_t{0}) return; // empty
    const auto begin = page * 4096;
    const bool is_branch = (read<std::uint16_t>(begin + 10) & 1) != 0;
    const auto nodes = (read<std::uint16_t>(begin + 12) - 16u) / 2;
    structure_.push_back({table, false, begin, 16u + 2 * nodes});
    for (unsigned i = 0; i < nodes; ++i) {
      const auto node = begin + read<std::uint16_t>(begin + 16 + 2 * i);
      const auto low = read<std::uint16_t>(node);
      const auto high = read<std::uint16_t>(node + 2);
      const auto flags = read<std::uint16_t>(node + 4);
      const auto key_bytes = read<std::uint16_t>(node + 6);
      const auto key = node + 8;
      const auto value = key + key_bytes;
      structure_.push_back({table, false, node, 8});
      if (is_branch) {
        if (!table.empty() && i > 0) places_.push_back({table, true, key, key_bytes});
        walk(low | std::uint64_t{high} << 16 | std::uint64_t{flags} << 32, table);
      } else if (table.empty()) {
        structure_.push_back({table, false, key, key_bytes + (low | std::size_t{high} << 16)});
        if ((flags & 2) != 0)
          walk(read<std::uint64_t>(value + 40), std::string(file_.substr(key, key_bytes)));
      } else {
        places_.push_back({table, true, key, key_bytes});
        if ((flags & 1) == 0) // else it lies on pages of its own
          places_.push_back({table, false, value, low | std::size_t{high} << 16});
      }
    }
  }

  std::string_view file_;
  std::vector<place> places_, structure_;
};

} // namespace test
