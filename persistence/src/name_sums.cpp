// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "name_sums.hpp"

#include "xxh3.hpp"

#include <acta/core/printable.hpp>
#include <acta/persistence/errc.hpp>

#include <algorithm>
#include <optional>

namespace acta::persistence {

namespace {

constexpr std::size_t sum_bytes = sizeof(std::uint64_t);

std::uint64_t sum_of(std::string_view name, std::size_t id) {
  return XXH3_64bits_withSeed(name.data(), name.size(), id);
}

std::vector<std::byte> encode(std::span<const std::uint64_t> sums) {
  std::vector<std::byte> bytes((sums.size() + 1) * sum_bytes);
  for (std::size_t i = 0; i < sums.size(); ++i) store_le(bytes.data() + i * sum_bytes, sums[i]);
  const auto last = sums.size() * sum_bytes;
  store_le(bytes.data() + last, XXH3_64bits_withSeed(bytes.data(), last, sums.size()));
  return bytes;
}

/// What a name was, if one bit of it has turned.
std::optional<std::string> turned_back(std::string name, std::size_t id, std::uint64_t sum) {
  for (auto& c : name)
    for (int bit = 0; bit < 8; ++bit) {
      const auto turn = static_cast<char>(1u << bit);
      c = static_cast<char>(c ^ turn);
      if (sum_of(name, id) == sum) return name;
      c = static_cast<char>(c ^ turn);
    }
  return std::nullopt;
}

error damaged(std::string what) { return error(errc::damaged_file, std::move(what)); }

} // namespace

void name_sums::add(std::string_view name) { sums_.push_back(sum_of(name, sums_.size() + 1)); }

std::vector<std::byte> name_sums::bytes() const { return encode(sums_); }

result<bool> name_sums::check(bytes_view stored, std::span<const std::string> names) const {
  if (stored.size() < sum_bytes || stored.size() % sum_bytes != 0)
    return damaged("the sums have " + std::to_string(stored.size()) + " bytes");
  const auto count = stored.size() / sum_bytes - 1;
  if (count > sums_.size())
    return damaged(std::to_string(count) + " names were written, it has " +
                   std::to_string(sums_.size()));
  const auto right = encode(std::span(sums_).first(count));
  if (std::ranges::equal(stored, right)) return count == sums_.size();
  // Half of what was written suffices: the names are right, and the other half is not.
  const auto all_sums = count * sum_bytes;
  if (std::ranges::equal(stored.first(all_sums), bytes_view(right).first(all_sums)) ||
      std::ranges::equal(stored.subspan(all_sums), bytes_view(right).subspan(all_sums)))
    return false;
  for (std::size_t i = 0; i < count; ++i) {
    const auto sum = load_le<std::uint64_t>(stored.data() + i * sum_bytes);
    if (sum == sums_[i]) continue;
    const auto was = turned_back(names[i], i + 1, sum);
    return damaged("name " + std::to_string(i + 1) + " reads '" + printable(names[i]) + "'" +
                   (was ? ", and was '" + printable(*was) + "'" : ", which is not what it was"));
  }
  return damaged("the sums are not those of its names");
}

} // namespace acta::persistence
