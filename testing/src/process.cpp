// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/testing/process.hpp>

#include <algorithm>
#include <tuple>

namespace acta::testing::detail {

namespace {

/// In the largest unit that shows all of it: `24h`, `90min`, `7us`.
std::string show_pause(std::chrono::microseconds pause) {
  constexpr std::pair<std::int64_t, std::string_view> units[] = {
      {3'600'000'000, "h"}, {60'000'000, "min"}, {1'000'000, "s"}, {1'000, "ms"}};
  for (const auto& [length, unit] : units)
    if (pause.count() != 0 && pause.count() % length == 0)
      return std::to_string(pause.count() / length).append(unit);
  return std::to_string(pause.count()) + "us";
}

struct shower {
  std::string operator()(const command_to_send& c) const {
    return "send " + c.aggregate + '/' + c.id + ' ' + c.command + ' ' + c.json;
  }
  std::string operator()(const timer_to_set& t) const {
    const auto* pause = std::get_if<std::chrono::microseconds>(&t.when);
    auto text = pause != nullptr ? "after " + show_pause(*pause)
                                 : "at " + to_rfc3339(std::get<time_point>(t.when));
    text += ' ' + t.input + ' ' + t.json;
    if (t.name != t.input) text += " as " + t.name;
    return text;
  }
  std::string operator()(const timer_to_cancel& t) const { return "cancel " + t.name; }
  std::string operator()(const finish_process&) const { return "finish"; }
};

/// Of two that are not the same. Members stand in the order in which a reader looks at them.
struct differ {
  std::string operator()(const command_to_send& a, const command_to_send& b) const {
    if (a.aggregate != b.aggregate) return "the receiver's kind";
    if (a.id != b.id) return "the receiver's id";
    return a.command != b.command ? "the command" : "the command's fields";
  }
  std::string operator()(const timer_to_set& a, const timer_to_set& b) const {
    if (a.when != b.when) return "the timer's time";
    if (a.input != b.input) return "the timer's input";
    return a.name != b.name ? "the timer's name" : "the fields of the timer's input";
  }
  std::string operator()(const timer_to_cancel&, const timer_to_cancel&) const {
    return "the timer's name";
  }
  template <class A, class B> std::string operator()(const A&, const B&) const {
    return "the kind of action";
  }
};

} // namespace

bool same_answer(const reacted& a, const reacted& b) { return a.actions == b.actions; }

std::vector<std::string> show_answer(const reacted& all) {
  std::vector<std::string> shown;
  for (const auto& a : all.actions) shown.push_back(std::visit(shower{}, a));
  return shown;
}

std::optional<std::string> difference_of(const std::vector<action>& expected,
                                         const std::vector<action>& actual) {
  for (std::size_t i = 0; i < std::min(expected.size(), actual.size()); ++i)
    if (expected[i] != actual[i])
      return "action " + std::to_string(i + 1) + ", " +
             std::visit(differ{}, expected[i], actual[i]);
  if (expected.size() != actual.size()) return "the number of actions";
  return std::nullopt;
}

std::vector<set_timer> pending_timers(const std::map<std::string, version_number>& set,
                                      const std::vector<const process_step*>& steps) {
  std::vector<std::pair<std::ptrdiff_t, set_timer>> found; // with its place in its step
  for (const auto& [name, version] : set) {
    const auto& timers = steps.at(version - 1)->timers;
    const auto at = std::ranges::find(timers, name, &process_step::timer::name);
    found.push_back({at - timers.begin(), {version, *at}});
  }
  std::ranges::sort(found, {}, [](const auto& one) {
    return std::tuple(one.second.timer.due, one.second.set_at, one.first);
  });
  std::vector<set_timer> sorted;
  for (auto& one : found) sorted.push_back(std::move(one.second));
  return sorted;
}

time_point later(time_point now, std::chrono::microseconds pause) {
  constexpr time_point latest =
      std::chrono::sys_days{std::chrono::year{10'000} / 1 / 1} - std::chrono::microseconds{1};
  return now < latest && pause > latest - now ? latest : now + pause;
}

std::vector<pending_timer> by_name(std::vector<pending_timer> timers) {
  std::ranges::sort(timers, {}, [](const auto& t) { return std::tie(t.name, t.due); });
  return timers;
}

std::vector<std::string> show_timers(const std::vector<pending_timer>& timers) {
  std::vector<std::string> shown;
  for (const auto& t : timers) shown.push_back(t.name + " due " + to_rfc3339(t.due));
  return shown;
}

std::string mark_of(const set_timer& timer) {
  return timer.timer.name + '@' + std::to_string(timer.set_at);
}

} // namespace acta::testing::detail
