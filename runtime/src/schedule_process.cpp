// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "schedule_process.hpp"

#include "cron.hpp"

#include <acta/core/units.hpp>

#include <algorithm>
#include <stdexcept>

namespace acta {

std::string to_string(const timing& when) {
  struct writer {
    std::string operator()(const at_timing& t) const { return "at " + to_rfc3339(t.time); }
    std::string operator()(const after_timing& t) const {
      return "after " + format_duration(t.pause);
    }
    std::string operator()(const every_timing& t) const {
      return "every " + format_duration(t.period);
    }
    std::string operator()(const cron_timing& t) const {
      return "cron " + t.expression + ' ' + (t.zone.empty() ? "UTC" : t.zone);
    }
  };
  return std::visit(writer{}, when);
}

namespace detail {

namespace {

constexpr std::string_view timer_name = "due";
/// What JSON can show (codec/json.hpp).
constexpr time_point earliest = std::chrono::sys_days{std::chrono::year{0} / 1 / 1};
constexpr time_point latest =
    std::chrono::sys_days{std::chrono::year{10'000} / 1 / 1} - std::chrono::microseconds{1};

constexpr std::chrono::hours misfire_after_max{24 * 36'525};

error refused_timing(std::string what) { return error(errc::invalid_argument, std::move(what)); }
bool can_be_shown(time_point t) { return t >= earliest && t <= latest; }

action timer_for(const schedule_start& s, time_point due) {
  return acta::at(due, schedule_due{due, s.command.aggregate + '/' + s.command.id}, timer_name);
}

/// The times of a schedule, one after the other.
class rhythm {
public:
  explicit rhythm(const schedule_start& s) : until_(s.until.value_or(latest)) {
    if (const auto* every = std::get_if<every_timing>(&s.timing)) period_ = every->period;
    if (const auto* cron = std::get_if<cron_timing>(&s.timing)) {
      auto times = cron_times::parse(cron->expression, cron->zone);
      // It could be read when it was scheduled, so the system has lost its time zones.
      if (!times) throw std::runtime_error(times.error().to_string());
      cron_ = std::move(*times);
    }
  }

  /// The first time after `t`. Pre: `from` is a time, and not after `t`.
  [[nodiscard]] std::optional<time_point> after(time_point from, time_point t) const {
    std::optional<time_point> next;
    if (cron_) next = cron_->after(t);
    if (period_.count() > 0) {
      const auto passed = (t - from) / period_ * period_;
      if (from + passed <= until_ - period_) next = from + passed + period_;
    }
    return next && *next <= until_ ? next : std::nullopt;
  }
  /// The last time up to `t`. Pre: as after().
  [[nodiscard]] time_point last_until(time_point from, time_point t) const {
    t = std::max(from, std::min(t, until_));
    if (cron_) return cron_->last_until(from, t);
    return period_.count() > 0 ? from + (t - from) / period_ * period_ : from;
  }

private:
  std::optional<cron_times> cron_;
  std::chrono::microseconds period_{0};
  time_point until_;
};

result<std::optional<time_point>> due_once(const schedule_start& s, time_point when) {
  if (s.first || s.until) return refused_timing("what fires once has neither `first` nor `until`");
  if (!can_be_shown(when)) return refused_timing("it would be due beyond the years 0 to 9999");
  return std::optional(when);
}

result<std::optional<time_point>> due_by_period(const schedule_start& s,
                                                std::chrono::microseconds period, time_point now) {
  if (period < schedule_period_min)
    return refused_timing("its period is shorter than " +
                          format_duration(std::chrono::microseconds{schedule_period_min}));
  if (period > (s.first ? latest - earliest : latest - now))
    return refused_timing("it would be due beyond the years 0 to 9999");
  auto due = s.first.value_or(now + period);
  if (due < now) due += (now - due + period - std::chrono::microseconds{1}) / period * period;
  return due <= std::min(latest, s.until.value_or(latest)) ? std::optional(due) : std::nullopt;
}

result<std::optional<time_point>> due_by_cron(const schedule_start& s, const cron_timing& cron,
                                              time_point now) {
  const auto times = cron_times::parse(cron.expression, cron.zone);
  if (!times) return times.error();
  // A `first` that is itself a time counts.
  const auto from = s.first ? std::max(now, *s.first - std::chrono::microseconds{1}) : now;
  const auto due = times->after(from);
  return due && *due <= s.until.value_or(latest) ? due : std::nullopt;
}

} // namespace

result<std::optional<time_point>> first_due(const schedule_start& s, time_point now) {
  for (const auto& limit : {s.first, s.until})
    if (limit && !can_be_shown(*limit))
      return refused_timing("`first` and `until` lie within the years 0 to 9999");
  if (s.misfire_after.count() < 0 || s.misfire_after > misfire_after_max)
    return refused_timing("`misfire_after` is not negative, and at most a century");
  if (const auto* t = std::get_if<at_timing>(&s.timing)) return due_once(s, t->time);
  if (const auto* t = std::get_if<every_timing>(&s.timing)) return due_by_period(s, t->period, now);
  if (const auto* t = std::get_if<cron_timing>(&s.timing)) return due_by_cron(s, *t, now);
  const auto pause = std::get<after_timing>(s.timing).pause;
  if (pause.count() < 0) return refused_timing("its pause is negative");
  return due_once(s, pause > latest - now ? time_point::max() : now + pause);
}

reaction schedule_process::react(const schedule_start& s, const context& c) const {
  if (state == schedule_state::waiting) return {};
  const auto due = first_due(s, c.now());
  if (!due) throw std::runtime_error(due.error().to_string());
  if (!*due) return {};
  return timer_for(s, **due);
}

reaction schedule_process::react(const schedule_due& d, const context& c) const {
  const auto now = c.now();
  // The clock was set back since the timer fired.
  if (now < d.at) return timer_for(order, d.at);
  const auto too_late = [&](time_point due) {
    return order.misfire == misfire::skip && now - due > order.misfire_after;
  };
  const rhythm times(order);
  reaction r;
  std::optional<time_point> next;
  if (!too_late(d.at)) {
    r.add(order.command);
    next = times.after(d.at, now);
  } else if (const auto last = times.last_until(d.at, now); last > d.at && !too_late(last)) {
    next = last; // of many that were missed this one is not too late, and so fires
  } else {
    next = times.after(d.at, now);
  }
  if (next) r.add(timer_for(order, *next));
  return r;
}

reaction schedule_process::react(const schedule_stop&) const {
  return state == schedule_state::waiting ? reaction(acta::cancel(timer_name)) : reaction();
}

void schedule_process::evolve(const schedule_start& s, const process_step& step) {
  if (state == schedule_state::waiting) return;
  *this = {};
  order = s;
  if (step.timers.empty()) return;
  state = schedule_state::waiting;
  next_due = step.timers.front().due;
}

void schedule_process::evolve(const schedule_due& d, const process_step& step) {
  next_due.reset();
  if (!step.timers.empty()) next_due = step.timers.front().due;
  if (!next_due) state = schedule_state::ended;
  if (!step.commands.empty()) {
    ++fired;
    last_due = d.at;
  } else if (next_due != d.at) {
    ++passed_over;
  }
}

void schedule_process::evolve(const schedule_stop&, const process_step& step) {
  if (step.cancelled.empty()) return;
  state = schedule_state::cancelled;
  next_due.reset();
}

void schedule_process::evolve(const refused_command& no) {
  ++refused;
  refusal_code = no.code;
  refusal_message = no.message;
}

process_type make_schedule_type() {
  auto type = make_process_type<schedule_process>({.snapshot_every = 100});
  type.built_in = true;
  return type;
}

bool is_schedule(std::string_view stream) noexcept {
  return stream.starts_with(schedule_process::name) &&
         stream.substr(schedule_process::name.size()).starts_with('/');
}

} // namespace detail

} // namespace acta
