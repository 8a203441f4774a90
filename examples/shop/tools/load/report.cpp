// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace shop::load {

namespace json = boost::json;

namespace {

/// What goes wrong goes wrong often; the first ones tell the rest.
constexpr std::size_t lines_max = 20;

std::string shown(const entry& e, std::int64_t value) {
  const auto cents = e.book == "money" || e.name == "amount" || e.name == "refunds";
  return cents ? fmt::format("{:.2f}", static_cast<double>(value) / 100) : std::to_string(value);
}

template <class List, class F> void append_some(std::string& out, const List& list, F&& line) {
  const auto count = std::min(list.size(), lines_max);
  for (std::size_t i = 0; i < count; ++i) out += line(list[i]);
  if (count < list.size()) out += fmt::format("  and {} more\n", list.size() - count);
}

} // namespace

std::string as_text(const run_report& r) {
  std::string out;
  const auto to = std::back_inserter(out);
  const auto& counted = r.floor.counted;
  fmt::format_to(
      to, "\n{} customers and {} requests in {:.1f} s ({:.0f} requests/s), seed {}, run {}\n",
      counted.customers(), counted.requests(), r.took.count(),
      static_cast<double>(counted.requests()) / r.took.count(), r.floor.settings.seed,
      r.floor.settings.run);
  for (std::size_t i = 0; i < outcome_names.size(); ++i)
    fmt::format_to(to, "  {:<14} {:>7}\n", outcome_names[i],
                   counted.count(static_cast<outcome>(i)));

  fmt::format_to(to, "\n{:<34} {:>7} {:>9} {:>9} {:>9} {:>9}\n", "latency in ms, repeats included",
                 "count", "p50", "p90", "p99", "max");
  for (const auto& [kind, l] : counted.latencies())
    fmt::format_to(to, "  {:<33} {:>7} {:>9.2f} {:>9.2f} {:>9.2f} {:>9.2f}\n", kind, l.count, l.p50,
                   l.p90, l.p99, l.max);

  fmt::format_to(to, "\n{:<46} {:>14} {:>14}\n", "books", "expected", "found");
  for (const auto& e : r.books.entries)
    fmt::format_to(to, "  {:<15} {:<28} {:>14} {:>14}{}\n", e.book, e.name, shown(e, e.expected),
                   shown(e, e.found), e.expected == e.found ? "" : "  differs");
  if (!r.floor.settings.maildir) out += "  e-mails         not looked at: no --maildir\n";

  if (!r.floor.books.troubles.empty()) {
    fmt::format_to(to, "\n{} customers in trouble:\n", r.floor.books.troubles.size());
    append_some(out, r.floor.books.troubles,
                [](const std::string& what) { return "  " + what + "\n"; });
  }
  if (!r.books.even()) {
    fmt::format_to(to, "\n{} differences:\n", r.books.mismatches.size());
    append_some(out, r.books.mismatches, [](const mismatch& m) {
      return fmt::format("  {}: {}: {}\n", m.book, m.about, m.what);
    });
  }
  out += r.good() ? "\nThe books balance.\n" : "\nThe books do not balance.\n";
  return out;
}

std::string as_json(const run_report& r) {
  const auto& counted = r.floor.counted;
  json::object all;
  all["good"] = r.good();
  all["seed"] = r.floor.settings.seed;
  all["run"] = r.floor.settings.run;
  all["seconds"] = r.took.count();
  all["customers"] = counted.customers();
  all["requests"] = counted.requests();
  all["repeated"] = counted.repeated();
  json::object outcomes;
  for (std::size_t i = 0; i < outcome_names.size(); ++i)
    outcomes[outcome_names[i]] = counted.count(static_cast<outcome>(i));
  all["outcomes"] = std::move(outcomes);
  json::object latencies;
  for (const auto& [kind, l] : counted.latencies())
    latencies[kind] = {{"count", l.count},
                       {"p50_ms", l.p50},
                       {"p90_ms", l.p90},
                       {"p99_ms", l.p99},
                       {"max_ms", l.max}};
  all["latencies"] = std::move(latencies);
  json::array books;
  for (const auto& e : r.books.entries)
    books.push_back(
        {{"book", e.book}, {"name", e.name}, {"expected", e.expected}, {"found", e.found}});
  all["books"] = std::move(books);
  all["mail_checked"] = r.floor.settings.maildir.has_value();
  json::array mismatches;
  for (const auto& m : r.books.mismatches)
    mismatches.push_back({{"book", m.book}, {"about", m.about}, {"what", m.what}});
  all["mismatches"] = std::move(mismatches);
  all["troubles"] = json::array(r.floor.books.troubles.begin(), r.floor.books.troubles.end());
  return json::serialize(all);
}

} // namespace shop::load
