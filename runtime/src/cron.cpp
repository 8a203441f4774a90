// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "cron.hpp"

#include <date/tz.h>

#include <algorithm>
#include <charconv>
#include <span>
#include <string>
#include <utility>

namespace acta::detail {

namespace {

using namespace std::chrono;

/// A 29th of February on one day of the week comes again within 40 years.
constexpr years search_max{100};
constexpr year year_max{9999};

struct field_kind {
  std::string_view name;
  unsigned min, max;
  std::span<const std::string_view> names; ///< of min, min + 1 …
};
constexpr std::string_view months_of_year[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                               "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::string_view days_of_week[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
constexpr field_kind kinds[] = {{"minute", 0, 59, {}},
                                {"hour", 0, 23, {}},
                                {"day of month", 1, 31, {}},
                                {"month", 1, 12, months_of_year},
                                {"day of week", 0, 7, days_of_week}};
constexpr std::uint64_t all_hours = (1u << 24) - 1;

constexpr std::pair<std::string_view, std::string_view> short_forms[] = {
    {"@yearly", "0 0 1 1 *"}, {"@annually", "0 0 1 1 *"}, {"@monthly", "0 0 1 * *"},
    {"@weekly", "0 0 * * 0"}, {"@daily", "0 0 * * *"},    {"@midnight", "0 0 * * *"},
    {"@hourly", "0 * * * *"}};

constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }
constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
constexpr bool is_word(char c) {
  return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z');
}

/// Reads one expression from left to right; the first mistake counts.
class cron_reader {
public:
  explicit cron_reader(std::string_view text) : text_(text) {}

  result<void> read(std::array<std::uint64_t, 5>& bits, std::array<bool, 5>& star) {
    for (std::size_t i = 0; i < bits.size(); ++i) {
      kind_ = &kinds[i];
      skip_blanks();
      star[i] = at_ < text_.size() && text_[at_] == '*';
      if (auto ok = read_list(bits[i]); !ok) return ok;
    }
    skip_blanks();
    if (at_ < text_.size()) return wrong(at_, "there are more than five fields");
    bits[4] = (bits[4] | bits[4] >> 7) & 0x7F; // Sunday is 0 and 7
    return {};
  }

private:
  void skip_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  }
  bool take(char c) { return at_ < text_.size() && text_[at_] == c && (++at_, true); }
  [[nodiscard]] bool at_end_of_field() const { return at_ == text_.size() || is_blank(text_[at_]); }

  [[nodiscard]] error wrong(std::size_t at, std::string what) const {
    return error(errc::invalid_argument, "cron expression: " + std::move(what),
                 "column " + std::to_string(at + 1));
  }
  [[nodiscard]] std::string field() const { return std::string(kind_->name); }
  [[nodiscard]] std::string range() const {
    return std::to_string(kind_->min) + " to " + std::to_string(kind_->max);
  }

  result<void> read_list(std::uint64_t& bits) {
    do {
      if (auto ok = read_item(bits); !ok) return ok;
    } while (take(','));
    if (!at_end_of_field())
      return wrong(at_, "the " + field() + " ends with something that is not understood");
    return {};
  }

  result<void> read_item(std::uint64_t& bits) {
    auto first = kind_->min, last = kind_->max, step = 1u;
    bool is_range = true;
    if (take('*')) {
      if (kind_ == &kinds[4]) last = 6;
    } else {
      const auto start = at_;
      if (auto ok = read_value(first); !ok) return ok;
      last = first;
      is_range = take('-');
      if (is_range) {
        if (auto ok = read_value(last); !ok) return ok;
        if (kind_ == &kinds[4] && last == 0 && first > 0) last = 7; // fri-sun
        if (last < first) return wrong(start, "the " + field() + " has a range that runs backward");
      }
    }
    if (const auto start = at_; take('/')) {
      if (!is_range) return wrong(start, "a step stands behind * or a range");
      if (auto ok = read_number(step); !ok) return ok;
      if (step == 0) return wrong(start + 1, "a step is at least 1");
    }
    for (auto v = first; v <= last; v += step) {
      bits |= std::uint64_t{1} << v;
      if (step > last) break; // and no overflow
    }
    return {};
  }

  result<void> read_value(unsigned& value) {
    const auto start = at_;
    while (at_ < text_.size() && is_word(text_[at_])) ++at_;
    const auto word = text_.substr(start, at_ - start);
    for (unsigned i = 0; i < kind_->names.size(); ++i)
      if (std::ranges::equal(word, kind_->names[i], {}, lower)) {
        value = kind_->min + i;
        return {};
      }
    at_ = start;
    if (word.empty())
      return wrong(start, at_end_of_field()
                              ? "the " + field() + " is missing or ends too soon"
                              : "the " + field() + " holds something that is not understood");
    if (auto ok = read_number(value); !ok) return ok;
    if (value < kind_->min || value > kind_->max)
      return wrong(start, "the " + field() + " is " + range());
    return {};
  }

  result<void> read_number(unsigned& value) {
    const auto* from = text_.data() + at_;
    const auto read = std::from_chars(from, text_.data() + text_.size(), value);
    if (read.ptr == from || (*from < '0' || *from > '9'))
      return wrong(at_, "the " + field() + " has a word where a number is wanted");
    if (read.ec != std::errc{}) return wrong(at_, "the " + field() + " has a number too large");
    at_ += static_cast<std::size_t>(read.ptr - from);
    return {};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  const field_kind* kind_ = nullptr;
};

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

result<const date::time_zone*> find_zone(std::string_view name) {
  if (name.empty() || name == "UTC") return static_cast<const date::time_zone*>(nullptr);
  try {
    return date::locate_zone(name);
  } catch (const std::exception& e) { // no such zone, or no database
    return error(errc::invalid_argument,
                 "there is no time zone '" + std::string(name.substr(0, 64)) + "': " + e.what());
  }
}

sys_time<minutes> to_local(time_point t, seconds offset) { return floor<minutes>(t + offset); }

/// The moment of a local time: the first of two, or the end of the gap it is lost in.
time_point moment_of(const date::time_zone& zone, sys_time<minutes> local) {
  const auto info = zone.get_info(date::local_seconds{seconds{local.time_since_epoch()}});
  if (info.result == date::local_info::nonexistent) return info.first.end;
  return local - info.first.offset;
}

} // namespace

result<cron_times> cron_times::parse(std::string_view expression, std::string_view zone) {
  if (expression.size() > cron_bytes_max)
    return error(errc::invalid_argument,
                 "cron expression: it has more than " + std::to_string(cron_bytes_max) + " bytes");
  auto text = without_blanks(expression);
  if (text.starts_with('@')) {
    const auto known = std::ranges::find(short_forms, text, [](const auto& f) { return f.first; });
    if (known == std::end(short_forms))
      return error(errc::invalid_argument,
                   "cron expression: of the short forms there are @yearly, @monthly, @weekly, "
                   "@daily and @hourly",
                   "column 1");
    text = known->second;
  }
  cron_times times;
  if (auto ok = cron_reader(text).read(times.fields_, times.star_); !ok)
    return std::move(ok).error();
  if (times.never())
    return error(errc::invalid_argument, "cron expression: it never fires: no month it names has "
                                         "such a day");
  auto found = find_zone(zone);
  if (!found) return std::move(found).error();
  times.zone_ = *found;
  return times;
}

bool cron_times::never() const {
  if (!star_[day] && !star_[weekday]) return false; // a day of the week is enough
  for (unsigned m = 1; m <= 12; ++m) {
    if (!has(month, m)) continue;
    // In a leap year.
    const auto last =
        unsigned{year_month_day_last{year{2000} / std::chrono::month{m} / std::chrono::last}.day()};
    for (unsigned d = 1; d <= last; ++d)
      if (has(day, d)) return false;
  }
  return true;
}

bool cron_times::on(year_month_day date) const {
  const bool day_fits = has(day, unsigned{date.day()});
  const bool weekday_fits = has(weekday, std::chrono::weekday{sys_days{date}}.c_encoding());
  return star_[day] || star_[weekday] ? day_fits && weekday_fits : day_fits || weekday_fits;
}

std::optional<minutes> cron_times::of_day_from(minutes from) const {
  const auto start = static_cast<unsigned>(from.count());
  for (auto h = start / 60, m = start % 60; h < 24; ++h, m = 0) {
    if (!has(hour, h)) continue;
    for (; m < 60; ++m)
      if (has(minute, m)) return minutes{h * 60 + m};
  }
  return std::nullopt;
}

std::optional<cron_times::local_minute> cron_times::local_from(local_minute from) const {
  auto today = floor<days>(from);
  auto left = from - today;
  const auto last = std::min(year_month_day{today}.year() + search_max, year_max);
  for (year_month_day date{today}; date.year() <= last; left = minutes{0}) {
    if (!has(month, unsigned{date.month()})) {
      date = (date.year() / date.month() + months{1}) / 1;
      continue;
    }
    if (on(date))
      if (const auto found = of_day_from(left)) return sys_days{date} + *found;
    date = sys_days{date} + days{1};
  }
  return std::nullopt;
}

std::optional<time_point> cron_times::after(time_point t) const {
  if (zone_ == nullptr) return local_from(floor<minutes>(t) + minutes{1});
  return fields_[hour] == all_hours ? after_by_hours(t) : after_by_clock(t);
}

std::optional<time_point> cron_times::after_by_clock(time_point t) const {
  // The moments of local times are in the order of these, and that of t's own is not after t.
  const auto now = zone_->get_info(floor<seconds>(t));
  for (auto from = to_local(t, now.offset);;) {
    const auto local = local_from(from + minutes{1});
    if (!local) return std::nullopt;
    if (const auto moment = moment_of(*zone_, *local); moment > t) return moment;
    from = *local; // it was before, in an hour that comes twice or in a gap
  }
}

std::optional<time_point> cron_times::after_by_hours(time_point t) const {
  auto stretch = zone_->get_info(floor<seconds>(t)); // of one offset to UTC
  for (auto from = to_local(t, stretch.offset) + minutes{1};;) {
    const auto local = local_from(from);
    if (!local) return std::nullopt;
    if (const time_point moment = *local - stretch.offset; moment < stretch.end) return moment;
    stretch = zone_->get_info(stretch.end);
    from = ceil<minutes>(stretch.begin + stretch.offset);
  }
}

time_point cron_times::last_until(time_point from, time_point t) const {
  // Between `until` and `t` there is none, and two are never within a second.
  for (auto until = t; until - from > seconds{1};) {
    const auto middle = from + (until - from) / 2;
    const auto next = after(middle);
    if (next && *next <= t)
      from = *next;
    else
      until = middle;
  }
  return from;
}

} // namespace acta::detail
