// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/domain/process.hpp>

#include <algorithm>
#include <charconv>

namespace acta::detail {

std::optional<std::pair<std::string, version_number>> parse_timer(std::string_view text) {
  const auto at = text.rfind('@');
  if (at == std::string_view::npos) return std::nullopt;
  version_number version = 0;
  const auto* end = text.data() + text.size();
  const auto read = std::from_chars(text.data() + at + 1, end, version);
  if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
  return std::pair(std::string(text.substr(0, at)), version);
}

bool is_brought(const uuid& command_id) noexcept {
  // The form, and the kinds from 2 to 5, are those of runtime/src/delivery.hpp.
  const auto& b = command_id.bytes;
  const auto kind = b[6] & 0x0F;
  return (b[6] & 0xF0) == 0x80 && (b[8] & 0xC0) == 0x80 && b[9] == 0xAC && kind >= 2 && kind <= 5;
}

namespace {

/// What JSON can show of a step (codec/json.hpp).
constexpr time_point earliest = std::chrono::sys_days{std::chrono::year{0} / 1 / 1};
constexpr time_point latest =
    std::chrono::sys_days{std::chrono::year{10'000} / 1 / 1} - std::chrono::microseconds{1};

/// Of the runtime's own processes.
constexpr std::string_view own_prefix = "acta.";

error refused(std::string what) { return error(errc::invalid_argument, std::move(what)); }

/// When it is due; nothing beyond what can be shown.
std::optional<time_point> due(const timer_to_set& timer, time_point now) {
  if (const auto* pause = std::get_if<std::chrono::microseconds>(&timer.when)) {
    if (*pause > latest - now || *pause < earliest - now) return std::nullopt;
    return now + *pause;
  }
  const auto at = std::get<time_point>(timer.when);
  if (at > latest || at < earliest) return std::nullopt;
  return at;
}

/// Writes the actions of one reaction, each after those before it.
class step_writer {
public:
  step_writer(process_step& step, time_point now, std::span<const std::string_view> inputs)
      : step_(step), now_(now), inputs_(inputs) {}

  result<void> operator()(const command_to_send& command) {
    if (command.aggregate.starts_with(own_prefix))
      return refused("the process sends " + command.command + " to " + command.aggregate +
                     ", which takes commands from the runtime alone");
    if (auto ok = check_stream_id(command.id); !ok)
      return refused("the process sends " + command.command + " to " + command.aggregate + ": " +
                     std::string(ok.error().detail()));
    step_.commands.push_back(command);
    return {};
  }
  result<void> operator()(const timer_to_set& timer) {
    const auto say = [&](std::string_view what) {
      return refused("the process sets the timer '" + timer.name + "': " + std::string(what));
    };
    if (!check_stream_id(timer.name) || timer.name.size() > timer_name_bytes_max)
      return say("its name must be 1 to " + std::to_string(timer_name_bytes_max) +
                 " bytes of UTF-8 without control characters");
    if (std::ranges::find(inputs_, timer.input) == inputs_.end())
      return say(timer.input + " is none of its inputs");
    const auto at = due(timer, now_);
    if (!at) return say("it would be due beyond the years 0 to 9999");
    forget(timer.name);
    step_.timers.push_back({timer.name, timer.input, timer.json, *at});
    return {};
  }
  result<void> operator()(const timer_to_cancel& timer) {
    // No timer has another name; and the step must be readable.
    if (!check_stream_id(timer.name)) return {};
    forget(timer.name);
    step_.cancelled.push_back(timer.name);
    return {};
  }
  result<void> operator()(const finish_process&) {
    step_.finished = true;
    return {};
  }

private:
  void forget(const std::string& name) {
    std::erase_if(step_.timers, [&](const auto& t) { return t.name == name; });
  }

  process_step& step_;
  time_point now_;
  std::span<const std::string_view> inputs_;
};

} // namespace

result<void> write_actions(const reaction& r, time_point now,
                           std::span<const std::string_view> inputs, process_step& step) {
  if (r.actions().size() > reaction_actions_max)
    return refused("the process does more than " + std::to_string(reaction_actions_max) +
                   " things at once");
  step_writer write(step, now, inputs);
  for (const auto& a : r.actions())
    if (auto written = std::visit(write, a); !written) return written;
  if (step.finished) step.timers.clear();
  return {};
}

} // namespace acta::detail
