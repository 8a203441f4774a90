// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/domain/process.hpp>

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

result<void> write_actions(const reaction& r, time_point now, process_step& step) {
  for (const auto& a : r.actions()) {
    if (const auto* command = std::get_if<command_to_send>(&a)) {
      if (auto ok = check_stream_id(command->id); !ok)
        return error(errc::invalid_argument, "the process sends " + command->command + " to " +
                                                 command->aggregate + ": " +
                                                 std::string(ok.error().detail()));
      step.commands.push_back(*command);
    } else if (const auto* timer = std::get_if<timer_to_set>(&a)) {
      const auto* pause = std::get_if<std::chrono::microseconds>(&timer->when);
      step.timers.push_back({timer->name, timer->input, timer->json,
                             pause != nullptr ? now + *pause : std::get<time_point>(timer->when)});
    } else if (const auto* cancelled = std::get_if<timer_to_cancel>(&a)) {
      step.cancelled.push_back(cancelled->name);
    } else {
      step.finished = true;
    }
  }
  return {};
}

} // namespace acta::detail
