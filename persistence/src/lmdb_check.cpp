// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "lmdb_check.hpp"

#include "lmdb_page.hpp"
#include "unique_fd.hpp"

#include <acta/core/bytes.hpp>
#include <acta/persistence/errc.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <deque>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>

namespace acta::persistence {

namespace {

/// No tree of LMDB is deeper (CURSOR_STACK).
constexpr std::uint16_t depth_max = 32;

class file_check {
public:
  explicit file_check(std::filesystem::path file) : file_(std::move(file)) {}

  result<void> run() {
    fd_ = unique_fd(::open(file_.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd_ && errno == ENOENT) return {};
    struct stat about {};
    if (!fd_ || ::fstat(fd_.get(), &about) != 0) return failed(errno);
    bytes_ = static_cast<std::uint64_t>(about.st_size);
    if (bytes_ == 0) return {};
    auto known = find_meta();
    if (!known) return std::move(known).error();
    if (!*known) return {};
    const auto wanted = (meta_.last_page + 1) * meta_.page_bytes;
    const bool is_short = bytes_ < wanted;
    if (is_short) leaves_max_ = branches_max_ = std::numeric_limits<std::size_t>::max();
    auto sound = walk();
    if (sound || !is_short || sound.error().code() != errc::damaged_file) return sound;
    return damaged("it is cut short: it has " + std::to_string(bytes_) +
                   " bytes, its header names " + std::to_string(wanted) + " (" +
                   std::string(sound.error().detail()) + ")");
  }

private:
  struct tree {
    lmdb_tree record;
    std::uint64_t entries = 0; ///< seen
    bool is_whole = true;      ///< all its leaves have been looked at
  };
  struct place {
    std::uint64_t page = 0;
    std::uint32_t of = 0;           ///< number of its tree
    std::uint16_t levels_below = 0; ///< 0: a leaf
  };
  static constexpr std::uint32_t of_free_pages = 0;
  static constexpr std::uint32_t of_tables = 1;

  [[nodiscard]] error damaged(const std::string& what) const {
    return error(errc::damaged_file, file_.string() + " is damaged: " + what);
  }
  [[nodiscard]] error damaged(std::uint64_t page, std::string_view what) const {
    return damaged("page " + std::to_string(page) + ' ' + std::string(what));
  }
  [[nodiscard]] error failed(int code) const {
    return error(errc::io, "reading " + file_.string() + ": " + std::strerror(code));
  }

  /// False if LMDB shall say what it is.
  result<bool> find_meta() {
    meta_.page_bytes = lmdb_meta_bytes; // enough for the first look
    if (bytes_ < lmdb_meta_bytes)
      return damaged("it has " + std::to_string(bytes_) + " bytes, less than one page");
    auto first = read(0);
    if (!first) return std::move(first).error();
    const auto one = decode_lmdb_meta(*first);
    if (!one) return false;
    if (!std::has_single_bit(one->page_bytes) || one->page_bytes < 512 || one->page_bytes > 65536)
      return damaged("its header names pages of " + std::to_string(one->page_bytes) + " bytes");
    if (bytes_ < std::uint64_t{2} * one->page_bytes)
      return damaged("it is cut short: it has " + std::to_string(bytes_) +
                     " bytes, its header alone takes " + std::to_string(2 * one->page_bytes));
    meta_ = *one;
    auto second = read(1);
    if (!second) return std::move(second).error();
    const auto other = decode_lmdb_meta(*second);
    if (!other) return false;
    if (auto agree = compare(*one, *other); !agree) return std::move(agree).error();
    if (meta_.last_page > std::numeric_limits<std::uint64_t>::max() / 65536 - 1)
      return damaged("its header names page " + std::to_string(meta_.last_page) + " as the last");
    return true;
  }

  /// LMDB believes the larger of the two transaction numbers, and the header that has it. A bit
  /// that turns in a number must not undo the last transaction. Transaction n writes header n mod
  /// 2, so the numbers are n and n - 1; those of a new file are 0.
  result<void> compare(const lmdb_meta& even, const lmdb_meta& odd) {
    if (even.page_bytes != odd.page_bytes)
      return damaged("its headers name pages of " + std::to_string(even.page_bytes) + " and " +
                     std::to_string(odd.page_bytes) + " bytes");
    const bool is_odd = odd.transaction > even.transaction;
    const auto& newer = is_odd ? odd : even;
    const auto& older = is_odd ? even : odd;
    const bool is_new = newer.transaction == 0;
    if (even.transaction % 2 != 0 || (!is_new && newer.transaction != older.transaction + 1))
      return damaged("its headers name transactions " + std::to_string(even.transaction) + " and " +
                     std::to_string(odd.transaction) + ", which do not follow one another");
    meta_ = newer;
    if (newer.last_page < older.last_page)
      return damaged("its header names page " + std::to_string(newer.last_page) +
                     " as the last, the one before it " + std::to_string(older.last_page));
    // Numbers that follow one another may still be wrong: n - 2 in place of n.
    const auto knows = last_free_key(older);
    if (knows <= newer.transaction || older.last_page < newer.last_page) return {};
    return damaged("a header says that it is of transaction " + std::to_string(older.transaction) +
                   ", but knows of transaction " + std::to_string(knows));
  }

  /// The last transaction that noted free pages: each does, but for the first. 0 if it cannot be
  /// told. LMDB keeps the pages of the older header whole.
  std::uint64_t last_free_key(const lmdb_meta& of) {
    if (!of.free_pages || of.free_pages->depth > depth_max) return 0;
    auto page = of.free_pages->root;
    for (auto left = of.free_pages->depth; left > 0 && page < bytes_ / meta_.page_bytes; --left) {
      const auto bytes = read(page);
      if (!bytes || !take_lmdb_page(*bytes, page, left > 1, lmdb_order::integers, nodes_).empty() ||
          nodes_.empty())
        return 0;
      const auto& last = nodes_.back();
      if (left > 1)
        page = last.child;
      else if (last.key.size() == sizeof(std::uint64_t))
        return load_le<std::uint64_t>(last.key.data());
    }
    return 0;
  }

  result<bytes_view> read(std::uint64_t number) {
    page_.resize(meta_.page_bytes);
    if (auto got = read_at(number * meta_.page_bytes, page_); !got) return std::move(got).error();
    return bytes_view(page_);
  }
  result<void> read_at(std::uint64_t at, std::span<std::byte> to) {
    for (std::size_t got = 0; got < to.size();) {
      const auto n =
          ::pread(fd_.get(), to.data() + got, to.size() - got, static_cast<off_t>(at + got));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return failed(errno);
      if (n == 0) return damaged(at / meta_.page_bytes, "is beyond its end");
      got += static_cast<std::size_t>(n);
    }
    return {};
  }

  /// Branches before leaves: of a large file those lead everywhere.
  result<void> walk() {
    if (!meta_.free_pages || meta_.free_pages->order != lmdb_order::integers || !meta_.tables ||
        meta_.tables->order != lmdb_order::bytes)
      return damaged("its header describes tables that cannot be");
    // What is beyond the end of the file is not in use.
    used_.assign(std::min(meta_.last_page + 1, bytes_ / meta_.page_bytes), false);
    if (auto begun = begin(*meta_.free_pages); !begun) return begun;
    if (auto begun = begin(*meta_.tables); !begun) return begun;
    for (;;) {
      auto& next = branches_.empty() ? leaves_ : branches_;
      if (next.empty()) break;
      const auto at = next.front();
      next.pop_front();
      if (auto sound = check_page(at); !sound) return sound;
    }
    for (const auto& t : trees_)
      if (t.is_whole && t.entries != t.record.entries)
        return damaged("a table has " + std::to_string(t.entries) + " entries, its description " +
                       std::to_string(t.record.entries));
    if (meta_.transaction > 1 && free_key_ != meta_.transaction)
      return damaged("its header is of transaction " + std::to_string(meta_.transaction) +
                     ", its list of free pages of transaction " + std::to_string(free_key_));
    return check_end();
  }

  /// LMDB leaves out pages at the end that a transaction has taken and not used: they are free.
  [[nodiscard]] result<void> check_end() const {
    const auto missing = meta_.last_page + 1 - used_.size();
    if (missing == free_beyond_end_) return {};
    return damaged("its header names " + std::to_string(missing) +
                   " pages beyond its end, of which " + std::to_string(free_beyond_end_) +
                   " are free");
  }

  result<void> begin(const lmdb_tree& t) {
    const auto of = static_cast<std::uint32_t>(trees_.size());
    trees_.push_back({t});
    if (t.root == no_lmdb_page) return {};
    if (t.depth == 0 || t.depth > depth_max)
      return damaged("a table is said to be " + std::to_string(t.depth) + " pages deep");
    return visit({t.root, of, static_cast<std::uint16_t>(t.depth - 1)});
  }

  /// Notes that pages are in use, or free: they must not have been noted before.
  result<void> note(std::uint64_t first, std::uint64_t count) {
    if (first < 2 || first > meta_.last_page || count > meta_.last_page - first + 1)
      return damaged(first, "is named, but not one of its pages");
    if (first + count > used_.size()) return damaged(first, "is named, but beyond its end");
    for (auto page = first; page < first + count; ++page) {
      if (used_[page]) return damaged(page, "is named twice");
      used_[page] = true;
    }
    return {};
  }

  result<void> visit(const place& at) {
    if (auto noted = note(at.page, 1); !noted) return noted;
    auto& t = trees_[at.of];
    const bool must = at.of == of_free_pages || at.of == of_tables;
    auto& left = at.levels_below > 0 ? branches_max_ : leaves_max_;
    if (left == 0 && !must) {
      t.is_whole = false;
      return {};
    }
    left -= left > 0 ? 1 : 0;
    (at.levels_below > 0 ? branches_ : leaves_).push_back(at);
    return {};
  }

  result<void> check_page(const place& at) {
    auto bytes = read(at.page);
    if (!bytes) return std::move(bytes).error();
    const auto wrong =
        take_lmdb_page(*bytes, at.page, at.levels_below > 0, trees_[at.of].record.order, nodes_);
    if (!wrong.empty()) return damaged(at.page, wrong);
    for (const auto& node : nodes_) {
      auto sound = at.levels_below > 0
                       ? visit({node.child, at.of, static_cast<std::uint16_t>(at.levels_below - 1)})
                       : check_entry(at, node);
      if (!sound) return sound;
    }
    return {};
  }

  result<void> check_entry(const place& at, const lmdb_node& node) {
    ++trees_[at.of].entries;
    if (node.is_table != (at.of == of_tables))
      return damaged(at.page, node.is_table ? "describes a table where none can be"
                                            : "describes no table where one must be");
    if (node.is_table) {
      const auto t = decode_lmdb_tree(node.stored);
      if (node.is_elsewhere || !t) return damaged(at.page, "describes a table that cannot be");
      return begin(*t);
    }
    const auto first =
        node.is_elsewhere ? load_le<std::uint64_t>(node.stored.data()) : std::uint64_t{0};
    if (node.is_elsewhere)
      if (auto sound = check_overflow(first, node.value_bytes); !sound) return sound;
    if (at.of != of_free_pages) return {};
    if (auto rises = check_free_key(at.page, node.key); !rises) return rises;
    if (!node.is_elsewhere) return check_free(at.page, node.stored);
    std::vector<std::byte> value(node.value_bytes);
    if (auto got = read_at(first * meta_.page_bytes + lmdb_page_header_bytes, value); !got)
      return got;
    return check_free(first, value);
  }

  /// A value on pages of its own: what it holds is checked by who reads it.
  result<void> check_overflow(std::uint64_t first, std::uint64_t value_bytes) {
    const auto pages = lmdb_pages_of(value_bytes, meta_.page_bytes);
    if (auto noted = note(first, pages); !noted) return noted;
    if (overflows_max_ == 0) return {};
    --overflows_max_;
    std::array<std::byte, lmdb_page_header_bytes> header;
    if (auto got = read_at(first * meta_.page_bytes, header); !got) return got;
    // It may have had a longer value before.
    const auto taken = lmdb_overflow_pages(header, first);
    if (taken < pages) return damaged(first, "does not begin a value of its length");
    return taken > pages ? note(first + pages, taken - pages) : result<void>();
  }

  /// The transaction that freed pages. LMDB gives them out by it, and erases them by it then: under
  /// another number they would be given out twice.
  result<void> check_free_key(std::uint64_t at, bytes_view key) {
    const auto number = key.size() == sizeof free_key_ ? load_le<std::uint64_t>(key.data()) : 0;
    if (number <= free_key_ || number > meta_.transaction)
      return damaged(at, "holds free pages of a transaction that cannot be");
    free_key_ = number;
    return {};
  }

  /// Pages of which LMDB says that they are free. One that is in use would soon be written over.
  result<void> check_free(std::uint64_t at, bytes_view list) {
    const auto wrong = [&] { return damaged(at, "holds a list of free pages that cannot be"); };
    if (list.size() < sizeof(std::uint64_t)) return wrong();
    const auto count = load_le<std::uint64_t>(list.data());
    if (count > list.size() / sizeof(std::uint64_t) - 1) return wrong();
    auto before = std::numeric_limits<std::uint64_t>::max();
    for (std::uint64_t i = 1; i <= count; ++i) {
      const auto page = load_le<std::uint64_t>(list.data() + i * sizeof count);
      if (page >= before || page < 2 || page > meta_.last_page) return wrong();
      before = page;
      if (page >= used_.size()) {
        ++free_beyond_end_;
        continue;
      }
      if (auto noted = note(page, 1); !noted) return noted;
    }
    return {};
  }

  std::filesystem::path file_;
  unique_fd fd_;
  std::uint64_t bytes_ = 0;
  lmdb_meta meta_;
  std::size_t branches_max_ = checked_branches_max; ///< still to be looked at, at most
  std::size_t leaves_max_ = checked_pages_max;
  std::size_t overflows_max_ = checked_pages_max;
  std::vector<tree> trees_;
  std::deque<place> branches_, leaves_;
  std::vector<bool> used_; ///< or free, by page
  std::uint64_t free_beyond_end_ = 0;
  std::uint64_t free_key_ = 0; ///< the last that was seen
  std::vector<std::byte> page_;
  std::vector<lmdb_node> nodes_;
};

} // namespace

result<void> check_lmdb_file(const std::filesystem::path& folder) {
  return file_check(folder / "data.mdb").run();
}

} // namespace acta::persistence
