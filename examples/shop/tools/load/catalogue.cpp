// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "catalogue.hpp"

#include <algorithm>
#include <array>
#include <random>

namespace shop::load {

namespace {

constexpr std::size_t plenty_count = 30;
constexpr std::size_t scarce_count = 6;
constexpr std::array categories{"books", "games", "kitchen", "garden"};
constexpr std::array things{"Atlas", "Kettle", "Chess Set", "Rake", "Lantern", "Notebook"};

} // namespace

catalogue make_catalogue(const std::string& run, std::size_t customers, std::uint64_t seed) {
  std::mt19937_64 chance(seed);
  const auto make = [&](const char* kind, std::size_t number, std::int64_t received) {
    return article{.sku = run + "-" + kind + std::to_string(number),
                   .name = std::string(things[chance() % things.size()]) + " No. " +
                           std::to_string(number),
                   .category = categories[number % categories.size()],
                   .price = 199 + static_cast<std::int64_t>(chance() % 9800),
                   .received = received};
  };
  catalogue all;
  // A customer takes at most 5 lines of at most 5 pieces, whatever the dice say.
  const auto enough = static_cast<std::int64_t>(customers) * 25 + 1;
  const auto few = std::max<std::int64_t>(1, static_cast<std::int64_t>(customers / 120));
  for (std::size_t i = 0; i < plenty_count; ++i) all.plenty.push_back(make("item", i, enough));
  for (std::size_t i = 0; i < scarce_count; ++i) all.scarce.push_back(make("rare", i, few));
  return all;
}

} // namespace shop::load
