// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "cron.hpp"

#include <catch2/catch.hpp>
#include <date/tz.h>

#include <random>
#include <string>
#include <vector>

namespace cron_test {

using acta::detail::cron_times;
using namespace std::chrono;

namespace {

acta::time_point utc(std::string_view text) {
  const auto t = acta::parse_rfc3339(text);
  if (!t) FAIL(t.error());
  return *t;
}
std::string shown(const std::optional<acta::time_point>& t) {
  return t ? acta::to_rfc3339(*t).substr(0, 19) + 'Z' : "never";
}
cron_times must_parse(std::string_view expression, std::string_view zone = {}) {
  const auto times = cron_times::parse(expression, zone);
  if (!times) FAIL(expression << ": " << times.error());
  return *times;
}

struct known {
  std::string expression, zone, after;
  std::vector<std::string> next;
};
void check(const std::vector<known>& table) {
  for (const auto& k : table) {
    const auto times = must_parse(k.expression, k.zone);
    auto t = utc(k.after);
    for (const auto& expected : k.next) {
      INFO(k.expression << " in " << k.zone << " after " << shown(t));
      const auto next = times.after(t);
      CHECK(shown(next) == expected);
      if (!next) break;
      t = *next;
    }
  }
}

} // namespace

TEST_CASE("a crontab expression fires when crontab says") {
  check({
      {"* * * * *", "", "2026-11-24T10:15:00Z", {"2026-11-24T10:16:00Z", "2026-11-24T10:17:00Z"}},
      {"* * * * *", "", "2026-11-24T10:15:00.000001Z", {"2026-11-24T10:16:00Z"}},
      {"0 3 * * 1-5", "", "2026-11-27T03:00:00Z", {"2026-11-30T03:00:00Z"}},
      {"*/20 9-17/4 * * *",
       "",
       "2026-11-24T09:30:00Z",
       {"2026-11-24T09:40:00Z", "2026-11-24T13:00:00Z", "2026-11-24T13:20:00Z"}},
      {"59 23 31 12 *", "", "2026-12-31T23:59:00Z", {"2027-12-31T23:59:00Z"}},
      {"0 0 31 * *", "", "2026-01-31T00:00:00Z", {"2026-03-31T00:00:00Z", "2026-05-31T00:00:00Z"}},
      {"5,50 0 1 jan,JUL *", "", "2026-02-01T00:00:00Z", {"2026-07-01T00:05:00Z"}},
      {"\t0  12 * * Mon,wed ", "", "2026-11-24T00:00:00Z", {"2026-11-25T12:00:00Z"}},
      {"0 0 * * 0", "", "2026-11-24T00:00:00Z", {"2026-11-29T00:00:00Z"}},
      {"0 0 * * 7", "", "2026-11-24T00:00:00Z", {"2026-11-29T00:00:00Z"}},
      {"0 0 * * sat-sun", "", "2026-11-28T00:00:00Z", {"2026-11-29T00:00:00Z"}},
      {"0 0 * * 5-7", "", "2026-11-29T00:00:00Z", {"2026-12-04T00:00:00Z"}},
      // Either day is enough, unless one of them begins with a star.
      {"0 0 13 * 5",
       "",
       "2026-11-07T00:00:00Z",
       {"2026-11-13T00:00:00Z", "2026-11-20T00:00:00Z", "2026-11-27T00:00:00Z",
        "2026-12-04T00:00:00Z", "2026-12-11T00:00:00Z", "2026-12-13T00:00:00Z"}},
      {"0 0 */2 * 1", "", "2026-11-24T00:00:00Z", {"2026-12-07T00:00:00Z"}},
      {"@hourly", "", "2026-11-24T10:15:00Z", {"2026-11-24T11:00:00Z"}},
      {"@daily", "", "2026-11-24T10:15:00Z", {"2026-11-25T00:00:00Z"}},
      {"@midnight", "", "2026-11-24T10:15:00Z", {"2026-11-25T00:00:00Z"}},
      {"@weekly", "", "2026-11-24T10:15:00Z", {"2026-11-29T00:00:00Z"}},
      {"@monthly", "", "2026-11-24T10:15:00Z", {"2026-12-01T00:00:00Z"}},
      {"@yearly", "", "2026-11-24T10:15:00Z", {"2027-01-01T00:00:00Z"}},
      {"@annually ", "", "2026-11-24T10:15:00Z", {"2027-01-01T00:00:00Z"}},
      {"0 0 1 1 *", "", "9998-06-01T00:00:00Z", {"9999-01-01T00:00:00Z", "never"}},
  });
}

TEST_CASE("the 29th of February is waited for over a century without one") {
  check({
      {"0 0 29 2 *", "", "2026-01-01T00:00:00Z", {"2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"}},
      {"0 0 29 2 *", "", "2096-02-29T00:00:00Z", {"2104-02-29T00:00:00Z"}},
      {"0 0 29 2 */7", "", "2088-03-01T00:00:00Z", {"2128-02-29T00:00:00Z"}},
      {"0 0 28-29 2 *",
       "",
       "2027-02-28T00:00:00Z",
       {"2028-02-28T00:00:00Z", "2028-02-29T00:00:00Z"}},
  });
}

TEST_CASE("a night in which a clock is set loses no firing and has none twice") {
  check({
      // Berlin: 2:00 to 3:00 is missing on 29 March, and comes twice on 25 October.
      {"30 2 * * *",
       "Europe/Berlin",
       "2026-03-28T12:00:00Z",
       {"2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"}},
      {"0,30 2 * * *",
       "Europe/Berlin",
       "2026-03-28T12:00:00Z",
       {"2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"}},
      {"*/30 2-3 * * *",
       "Europe/Berlin",
       "2026-03-29T00:00:00Z",
       {"2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z", "2026-03-30T00:00:00Z"}},
      {"30 2 * * *",
       "Europe/Berlin",
       "2026-10-24T12:00:00Z",
       {"2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"}},
      // Asked in the second of the two hours.
      {"45 2 * * *", "Europe/Berlin", "2026-10-25T01:20:00Z", {"2026-10-26T01:45:00Z"}},
      // Every hour is every hour, whatever it is called.
      {"30 * * * *",
       "Europe/Berlin",
       "2026-03-29T00:00:00Z",
       {"2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z"}},
      {"30 * * * *",
       "Europe/Berlin",
       "2026-10-24T23:45:00Z",
       {"2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:30:00Z"}},
      {"0 0 * * *", "America/New_York", "2026-03-08T05:00:00Z", {"2026-03-09T04:00:00Z"}},
      {"15 2 * * *", "America/New_York", "2026-03-07T12:00:00Z", {"2026-03-08T07:00:00Z"}},
      {"15 1 * * *",
       "America/New_York",
       "2026-10-31T12:00:00Z",
       {"2026-11-01T05:15:00Z", "2026-11-02T06:15:00Z"}},
      // Lord Howe moves by half an hour.
      {"45 1 * * *",
       "Australia/Lord_Howe",
       "2026-04-04T12:00:00Z",
       {"2026-04-04T14:45:00Z", "2026-04-05T15:15:00Z"}},
      {"15 2 * * *",
       "Australia/Lord_Howe",
       "2026-10-03T12:00:00Z",
       {"2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z"}},
      // Samoa went without a whole day.
      {"0 12 30 12 *", "Pacific/Apia", "2011-12-29T12:00:00Z", {"2011-12-30T10:00:00Z"}},
      {"0 3 * * *", "UTC", "2026-03-29T00:00:00Z", {"2026-03-29T03:00:00Z"}},
  });
}

TEST_CASE("an expression that cannot be read is refused with the place") {
  const auto mistake = [](std::string_view expression) {
    const auto times = cron_times::parse(expression, {});
    REQUIRE_FALSE(times);
    CHECK(times.error().code() == acta::errc::invalid_argument);
    CHECK(times.error().code() == acta::condition::invalid);
    return std::string(times.error().where()) + ": " + std::string(times.error().detail());
  };
  using Catch::Matchers::Contains;
  using Catch::Matchers::StartsWith;
  CHECK_THAT(mistake("60 * * * *"), StartsWith("column 1:") && Contains("minute is 0 to 59"));
  CHECK_THAT(mistake("0 24 * * *"), StartsWith("column 3:") && Contains("hour is 0 to 23"));
  CHECK_THAT(mistake("0 0 0 * *"), StartsWith("column 5:") && Contains("day of month"));
  CHECK_THAT(mistake("0 0 * 13 *"), StartsWith("column 7:") && Contains("month is 1 to 12"));
  CHECK_THAT(mistake("0 0 * * 8"), StartsWith("column 9:") && Contains("day of week"));
  CHECK_THAT(mistake("0 0 * foo *"), StartsWith("column 7:") && Contains("word"));
  CHECK_THAT(mistake("0 0 * janet *"), StartsWith("column 7:"));
  CHECK_THAT(mistake("0 0 * 1x *"), StartsWith("column 8:"));
  CHECK_THAT(mistake("1,,2 0 * * *"), StartsWith("column 3:"));
  CHECK_THAT(mistake("1, 0 * * *"), StartsWith("column 3:") && Contains("ends too soon"));
  CHECK_THAT(mistake("0 0 * *"), StartsWith("column 8:") && Contains("day of week is missing"));
  CHECK_THAT(mistake("0 0 * * * *"), StartsWith("column 11:") && Contains("more than five"));
  CHECK_THAT(mistake("5/10 * * * *"), StartsWith("column 2:") && Contains("step"));
  CHECK_THAT(mistake("*/0 * * * *"), StartsWith("column 3:") && Contains("at least 1"));
  CHECK_THAT(mistake("*/ * * * *"), StartsWith("column 3:"));
  CHECK_THAT(mistake("30-10 * * * *"), StartsWith("column 1:") && Contains("backward"));
  CHECK_THAT(mistake("-5 * * * *"), StartsWith("column 1:"));
  CHECK_THAT(mistake("99999999999 * * * *"), StartsWith("column 1:") && Contains("too large"));
  CHECK_THAT(mistake("@reboot"), StartsWith("column 1:") && Contains("@daily"));
  CHECK_THAT(mistake(""), StartsWith("column 1:"));
  CHECK_THAT(mistake(std::string(513, ' ')), Contains("512 bytes"));
}

TEST_CASE("an expression that never fires is refused") {
  for (const auto* never :
       {"0 0 30 2 *", "0 0 31 2,4,6,9,11 *", "0 0 30-31 feb *", "0 0 30 2 */2"}) {
    const auto times = cron_times::parse(never, {});
    REQUIRE_FALSE(times);
    CHECK_THAT(std::string(times.error().detail()), Catch::Matchers::Contains("never fires"));
  }
  CHECK(cron_times::parse("0 0 30 2 1", {})); // any Monday of February
  CHECK(cron_times::parse("0 0 30 2,3 *", {}));
}

TEST_CASE("a time zone that does not exist is refused by name") {
  const auto times = cron_times::parse("0 0 * * *", "Europe/Atlantis");
  REQUIRE_FALSE(times);
  CHECK(times.error().code() == acta::errc::invalid_argument);
  CHECK_THAT(std::string(times.error().detail()), Catch::Matchers::Contains("Europe/Atlantis"));
}

namespace {

/// One field as a set, and a text for it.
struct random_field {
  std::vector<bool> fits;
  bool star = false;
  std::string text;
};

class random_cron {
public:
  explicit random_cron(std::mt19937_64& random) : random_(random) {
    const std::pair<unsigned, unsigned> ranges[] = {{0, 59}, {0, 23}, {1, 31}, {1, 12}, {0, 6}};
    for (const auto& [min, max] : ranges) fields.push_back(field(min, max));
    for (const auto& f : fields) text += (text.empty() ? "" : " ") + f.text;
  }
  /// As crontab(5) has it, on the clock's minute.
  [[nodiscard]] bool fits(sys_time<minutes> local) const {
    const auto day = floor<days>(local);
    const year_month_day date{day};
    const auto of_day = static_cast<unsigned>((local - day).count());
    const bool by_month = fields[2].fits[unsigned{date.day()}];
    const bool by_week = fields[4].fits[weekday{day}.c_encoding()];
    const bool both = fields[2].star || fields[4].star;
    return fields[0].fits[of_day % 60] && fields[1].fits[of_day / 60] &&
           fields[3].fits[unsigned{date.month()}] &&
           (both ? by_month && by_week : by_month || by_week);
  }
  [[nodiscard]] bool every_hour() const { return std::ranges::count(fields[1].fits, true) == 24; }

  std::vector<random_field> fields;
  std::string text;

private:
  unsigned draw(unsigned from, unsigned to) {
    return std::uniform_int_distribution<unsigned>(from, to)(random_);
  }
  random_field field(unsigned min, unsigned max) {
    random_field f;
    f.fits.resize(max + 1);
    for (auto items = draw(0, 3) == 0 ? draw(2, 4) : 1; items > 0; --items) {
      auto first = min, last = max, step = 1u;
      std::string item;
      switch (draw(0, 5)) {
      case 0:
      case 1:
        item = "*";
        f.star = f.star || f.text.empty();
        break;
      case 2:
        first = last = draw(min, max);
        item = std::to_string(first);
        break;
      default:
        first = draw(min, max);
        last = draw(first, max);
        item = std::to_string(first) + '-' + std::to_string(last);
      }
      if (first != last && draw(0, 1) == 0) {
        step = draw(1, max);
        item += '/' + std::to_string(step);
      }
      for (auto v = first; v <= last; v += step) f.fits[v] = true;
      f.text += (f.text.empty() ? "" : ",") + item;
    }
    return f;
  }

  std::mt19937_64& random_;
};

/// What fires from minute to minute, found by walking.
class walker {
public:
  walker(const std::string& zone, sys_time<minutes> from, std::size_t count) : from_(from) {
    const auto* z = date::locate_zone(zone);
    for (std::size_t i = 0; i < count; ++i)
      offsets_.push_back(duration_cast<minutes>(z->get_info(sys_seconds{at(i)}).offset));
  }
  [[nodiscard]] sys_time<minutes> at(std::size_t i) const { return from_ + minutes{i}; }
  [[nodiscard]] std::size_t size() const { return offsets_.size(); }
  /// Pre: what is four hours before it has been walked, too.
  [[nodiscard]] bool fires(const random_cron& cron, std::size_t i) const {
    const auto local = at(i) + offsets_[i];
    if (cron.every_hour()) return cron.fits(local);
    for (auto lost = at(i) + offsets_[i - 1]; lost < local; lost += minutes{1})
      if (cron.fits(lost)) return true;
    if (!cron.fits(local)) return false;
    for (std::size_t back = 1; back <= 240; ++back)
      if (at(i - back) + offsets_[i - back] == local) return false;
    return true;
  }

private:
  sys_time<minutes> from_;
  std::vector<minutes> offsets_;
};

std::uint64_t fresh_seed() { return std::random_device{}(); }

} // namespace

TEST_CASE("the next time is the one that walking from minute to minute finds") {
  const auto seed = fresh_seed();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  const std::pair<std::string, std::string> nights[] = {
      {"UTC", "2026-03-28T20:00:00Z"},
      {"Europe/Berlin", "2026-03-28T20:00:00Z"},
      {"Europe/Berlin", "2026-10-24T20:00:00Z"},
      {"America/New_York", "2026-03-07T20:00:00Z"},
      {"America/New_York", "2026-10-31T20:00:00Z"},
      {"Australia/Lord_Howe", "2026-04-04T06:00:00Z"},
      {"Australia/Lord_Howe", "2026-10-03T06:00:00Z"},
      {"Asia/Kathmandu", "2026-02-27T20:00:00Z"},
  };
  for (const auto& [zone, start] : nights) {
    const walker walk(zone, floor<minutes>(utc(start)), 2 * 24 * 60);
    for (int round = 0; round < 60; ++round) {
      const random_cron cron(random);
      INFO(cron.text << " in " << zone);
      const auto times = cron_times::parse(cron.text, zone);
      if (!times) { // only for this reason
        CHECK_THAT(std::string(times.error().detail()), Catch::Matchers::Contains("never fires"));
        continue;
      }
      auto next = times->after(walk.at(240) - microseconds{1});
      bool agrees = true;
      for (std::size_t i = 240; agrees && i < walk.size(); ++i) {
        const bool fires = next && *next == walk.at(i);
        agrees = fires == walk.fires(cron, i);
        if (!agrees) FAIL_CHECK("at " << shown(walk.at(i)) << ", next is " << shown(next));
        if (fires) {
          const auto then = times->after(*next);
          agrees = !then || *then > *next;
          CHECK(agrees);
          next = then;
        }
      }
    }
  }
}

TEST_CASE("the last of the missed times is found without going through all of them") {
  const auto seed = fresh_seed();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 300; ++round) {
    const random_cron cron(random);
    const auto* zone = round % 2 == 0 ? "Europe/Berlin" : "";
    const auto times = cron_times::parse(cron.text, zone);
    if (!times) continue;
    const auto from = times->after(utc("2026-03-25T00:00:00Z"));
    REQUIRE(from);
    const auto t = *from + seconds{std::uniform_int_distribution<int>(0, 7 * 86'400)(random)};
    auto last = *from;
    for (auto next = times->after(last); next && *next <= t; next = times->after(last))
      last = *next;
    INFO(cron.text << " from " << shown(*from) << " until " << shown(t));
    CHECK(shown(times->last_until(*from, t)) == shown(last));
  }
}

TEST_CASE("no text makes the reader of expressions fail otherwise than by an error") {
  const auto seed = fresh_seed();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  constexpr std::string_view likely = "0123456789*/-, ,*  @janMONx\t\0";
  const auto now = utc("2026-11-24T00:00:00Z");
  std::size_t read = 0;
  for (int round = 0; round < 50'000; ++round) {
    std::string text;
    for (auto left = random() % 24; left > 0; --left)
      text.push_back(random() % 8 == 0 ? static_cast<char>(random())
                                       : likely[random() % likely.size()]);
    if (round % 2 == 0) text += " * * *";
    const auto times = cron_times::parse(text, {});
    if (!times) {
      CHECK(times.error().code() == acta::errc::invalid_argument);
      continue;
    }
    ++read;
    const auto next = times->after(now);
    if (next) CHECK(*next > now);
  }
  CHECK(read > 0);
}

} // namespace cron_test
