// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/core/units.hpp>

#include <array>
#include <charconv>
#include <limits>
#include <span>

namespace acta {

namespace {

struct unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array duration_units{
    unit{"us", 1},           unit{"ms", 1'000},        unit{"s", 1'000'000},
    unit{"min", 60'000'000}, unit{"h", 3'600'000'000}, unit{"d", 86'400'000'000}};
constexpr std::array size_units{
    unit{"B", 1}, unit{"KiB", std::uint64_t{1} << 10}, unit{"MiB", std::uint64_t{1} << 20},
    unit{"GiB", std::uint64_t{1} << 30}, unit{"TiB", std::uint64_t{1} << 40}};

result<std::uint64_t> parse(std::string_view text, std::span<const unit> units,
                            std::string_view what, std::string_view example) {
  const auto wrong = [&](std::string why) {
    why.append("; ").append(what).append(" is a whole number and one of");
    for (const auto& u : units) why.append(" ").append(u.name);
    return error(errc::invalid_argument, why.append(", such as \"").append(example).append("\""));
  };
  std::uint64_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view name(end, static_cast<std::size_t>(text.data() + text.size() - end));
  const auto quoted = '\'' + std::string(text.substr(0, 100)) + '\'';
  if (failed == std::errc::result_out_of_range) return wrong(quoted + " is too large");
  if (failed != std::errc{}) return wrong(quoted + " does not start with a number");
  if (name.empty()) return wrong(quoted + " has no unit");
  for (const auto& u : units) {
    if (u.name != name) continue;
    // The signed range, because durations are signed.
    if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / u.factor)
      return wrong(quoted + " is too large");
    return number * u.factor;
  }
  return wrong(quoted + " has the unknown unit '" + std::string(name.substr(0, 100)) + '\'');
}

std::string format(std::uint64_t value, std::span<const unit> units) {
  auto best = units.front();
  for (const auto& u : units)
    if (value != 0 && value % u.factor == 0) best = u;
  return std::to_string(value / best.factor).append(best.name);
}

} // namespace

result<std::chrono::microseconds> parse_duration(std::string_view text) {
  return parse(text, duration_units, "a duration", "500ms").transform([](std::uint64_t value) {
    return std::chrono::microseconds{static_cast<std::int64_t>(value)};
  });
}
result<std::uint64_t> parse_size(std::string_view text) {
  return parse(text, size_units, "a size", "64MiB");
}

std::string format_duration(std::chrono::microseconds value) {
  return format(static_cast<std::uint64_t>(value.count()), duration_units);
}
std::string format_size(std::uint64_t bytes) { return format(bytes, size_units); }

} // namespace acta
