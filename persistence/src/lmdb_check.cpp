// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// Source: LMDB 0.9, mdb.c: MDB_page, MDB_node, MDB_db, MDB_meta, and mdb_page_flush() on pages that
// are not written.
#include "lmdb_check.hpp"

#include "unique_fd.hpp"

#include <acta/core/bytes.hpp>
#include <acta/persistence/errc.hpp>

#include <bit>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <deque>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>

namespace acta::persistence {

namespace {

constexpr std::size_t page_header_bytes =
    16; // number u64, pad u16, flags u16, lower u16, upper u16
constexpr std::size_t meta_bytes = page_header_bytes + 136;
constexpr std::uint32_t magic = 0xBEEFC0DE;
constexpr std::uint64_t no_page = std::numeric_limits<std::uint64_t>::max();
constexpr std::size_t node_header_bytes = 8; // low u16, high u16, flags u16, key size u16
constexpr std::size_t table_bytes = 48;      // MDB_db; its root is the last u64
constexpr std::size_t table_root_at = 40;

enum page_flag : std::uint16_t { branch = 1, leaf = 2, overflow = 4 };
enum node_flag : std::uint16_t { big_data = 1, sub_data = 2 };

struct meta {
  std::uint32_t page_bytes = 0;
  std::uint64_t roots[2] = {no_page, no_page}; ///< free pages, tables
  std::uint64_t last_page = 0;
  std::uint64_t transaction = 0;
};

/// Nothing if it is not a meta page.
std::optional<meta> decode_meta(bytes_view page) {
  if (page.size() < meta_bytes) return std::nullopt;
  const auto* at = page.data() + page_header_bytes;
  if (load_le<std::uint32_t>(at) != magic) return std::nullopt;
  meta m;
  m.page_bytes = load_le<std::uint32_t>(at + 24);
  m.roots[0] = load_le<std::uint64_t>(at + 24 + table_root_at);
  m.roots[1] = load_le<std::uint64_t>(at + 24 + table_bytes + table_root_at);
  m.last_page = load_le<std::uint64_t>(at + 120);
  m.transaction = load_le<std::uint64_t>(at + 128);
  return m;
}

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
    auto sound = walk(is_short ? std::numeric_limits<std::size_t>::max() : checked_pages_max);
    if (sound || !is_short || sound.error().code() != errc::damaged_file) return sound;
    return damaged("it is cut short: it has " + std::to_string(bytes_) +
                   " bytes, its header names " + std::to_string(wanted) + " (" +
                   std::string(sound.error().detail()) + ")");
  }

private:
  [[nodiscard]] error damaged(const std::string& what) const {
    return error(errc::damaged_file, file_.string() + " is damaged: " + what);
  }
  [[nodiscard]] error failed(int code) const {
    return error(errc::io, "reading " + file_.string() + ": " + std::strerror(code));
  }

  /// False if LMDB shall say what it is.
  result<bool> find_meta() {
    meta_.page_bytes = meta_bytes; // enough for the first look
    if (bytes_ < meta_bytes)
      return damaged("it has " + std::to_string(bytes_) + " bytes, less than one page");
    auto first = read(0);
    if (!first) return std::move(first).error();
    const auto one = decode_meta(*first);
    if (!one) return false;
    if (!std::has_single_bit(one->page_bytes) || one->page_bytes < 512 || one->page_bytes > 65536)
      return damaged("its header names pages of " + std::to_string(one->page_bytes) + " bytes");
    if (bytes_ < std::uint64_t{2} * one->page_bytes)
      return damaged("it is cut short: it has " + std::to_string(bytes_) +
                     " bytes, its header alone takes " + std::to_string(2 * one->page_bytes));
    meta_ = *one;
    auto second = read(1);
    if (!second) return std::move(second).error();
    const auto other = decode_meta(*second);
    if (!other) return false;
    if (other->transaction > one->transaction) {
      meta_ = *other;
      meta_.page_bytes = one->page_bytes;
    }
    if (meta_.last_page > std::numeric_limits<std::uint64_t>::max() / 65536 - 1)
      return damaged("its header names page " + std::to_string(meta_.last_page) + " as the last");
    return true;
  }

  result<bytes_view> read(std::uint64_t number) {
    page_.resize(meta_.page_bytes);
    for (std::size_t got = 0; got < page_.size();) {
      const auto n = ::pread(fd_.get(), page_.data() + got, page_.size() - got,
                             static_cast<off_t>(number * meta_.page_bytes + got));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return failed(errno);
      if (n == 0) return damaged("page " + std::to_string(number) + " is beyond its end");
      got += static_cast<std::size_t>(n);
    }
    return bytes_view(page_);
  }

  /// Level by level, so that what a limit leaves out are leaves.
  result<void> walk(std::size_t pages_max) {
    for (const auto root : meta_.roots)
      if (root != no_page) next_.push_back(root);
    for (std::size_t seen = 0; !next_.empty() && seen < pages_max; ++seen) {
      const auto number = next_.front();
      next_.pop_front();
      if (auto sound = check_page(number); !sound) return sound;
      // No tree of a sound file has more pages than the file.
      if (seen > meta_.last_page) return damaged("its pages name each other in a circle");
    }
    return {};
  }

  result<void> check_page(std::uint64_t number) {
    const auto wrong = [&](std::string_view what) {
      return damaged("page " + std::to_string(number) + ' ' + std::string(what));
    };
    if (number < 2 || number > meta_.last_page) return wrong("is named, but not one of its pages");
    auto bytes = read(number);
    if (!bytes) return std::move(bytes).error();
    const auto* page = bytes->data();
    const auto flags = load_le<std::uint16_t>(page + 10);
    const std::size_t lower = load_le<std::uint16_t>(page + 12);
    const std::size_t upper = load_le<std::uint16_t>(page + 14);
    if (load_le<std::uint64_t>(page) != number) return wrong("says that it is another one");
    if (flags != branch && flags != leaf) return wrong("is neither a branch nor a leaf");
    // `upper` of 65536 does not fit and is 0; we have no such pages.
    if (lower < page_header_bytes || lower % 2 != 0 || lower > upper || upper > bytes->size())
      return wrong("has bounds that cannot be");
    for (auto at = page_header_bytes; at < lower; at += 2) {
      const std::size_t node = load_le<std::uint16_t>(page + at);
      if (node < upper || node + node_header_bytes > bytes->size()) return wrong("has a bad entry");
      if (auto sound = check_node(bytes->subspan(node), flags == branch); !sound) return sound;
    }
    return {};
  }

  result<void> check_node(bytes_view node, bool in_branch) {
    const auto low = load_le<std::uint16_t>(node.data());
    const auto high = load_le<std::uint16_t>(node.data() + 2);
    const auto flags = load_le<std::uint16_t>(node.data() + 4);
    const std::size_t key_bytes = load_le<std::uint16_t>(node.data() + 6);
    const auto size = std::uint64_t{low} | std::uint64_t{high} << 16;
    const auto value_at = node_header_bytes + key_bytes;
    const auto bad = [&] { return damaged("an entry goes beyond its page"); };
    if (value_at > node.size()) return bad();
    if (in_branch) {
      next_.push_back(size | std::uint64_t{flags} << 32);
      return {};
    }
    const auto stored = (flags & big_data) != 0 ? sizeof(std::uint64_t) : size;
    if (stored > node.size() - value_at) return bad();
    const auto* value = node.data() + value_at;
    if ((flags & big_data) != 0) return check_overflow(load_le<std::uint64_t>(value), size);
    if ((flags & sub_data) != 0) {
      if (size != table_bytes) return damaged("the description of a table has another size");
      if (const auto root = load_le<std::uint64_t>(value + table_root_at); root != no_page)
        next_.push_back(root);
    }
    return {};
  }

  /// A value on pages of its own: only its end matters, the value is checked by who reads it.
  result<void> check_overflow(std::uint64_t first, std::uint64_t value_bytes) {
    const auto pages = (page_header_bytes + value_bytes + meta_.page_bytes - 1) / meta_.page_bytes;
    if (first < 2 || first > meta_.last_page || pages > meta_.last_page - first + 1)
      return damaged("a value lies on page " + std::to_string(first) +
                     ", which is not one of its pages");
    if ((first + pages) * meta_.page_bytes > bytes_)
      return damaged("a value on page " + std::to_string(first) + " goes beyond its end");
    return {};
  }

  std::filesystem::path file_;
  unique_fd fd_;
  std::uint64_t bytes_ = 0;
  meta meta_;
  std::vector<std::byte> page_;
  std::deque<std::uint64_t> next_;
};

} // namespace

result<void> check_lmdb_file(const std::filesystem::path& folder) {
  return file_check(folder / "data.mdb").run();
}

} // namespace acta::persistence
