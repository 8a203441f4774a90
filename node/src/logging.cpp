// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "logging.hpp"

#include <acta/core/printable.hpp>
#include <acta/core/time.hpp>
#include <acta/domain/codec/json.hpp>

#include <spdlog/details/os.h>
#include <spdlog/pattern_formatter.h>

#include <fcntl.h>
#include <unistd.h>

namespace acta::node {

namespace {

spdlog::level::level_enum to_spdlog(log_level level) {
  switch (level) {
  case log_level::debug:
    return spdlog::level::debug;
  case log_level::info:
    return spdlog::level::info;
  case log_level::warning:
    return spdlog::level::warn;
  case log_level::error:
    return spdlog::level::err;
  }
  return spdlog::level::info;
}

std::string_view colour_of(log_level level) {
  switch (level) {
  case log_level::debug:
    return "\x1b[36m";
  case log_level::info:
    return "\x1b[32m";
  case log_level::warning:
    return "\x1b[33m\x1b[1m";
  case log_level::error:
    break;
  }
  return "\x1b[31m\x1b[1m";
}

/// `{"time":"…","level":"info","message":"…"}`
void append_json(const log_line& line, std::string& to) {
  to += R"({"time":")";
  to += to_rfc3339(std::chrono::floor<std::chrono::microseconds>(line.time));
  to += R"(","level":)";
  const auto level = spdlog::level::to_string_view(to_spdlog(line.level));
  append_json_string(to, {level.data(), level.size()});
  to += R"(,"message":)";
  append_json_string(to, printable(line.text));
  to += "}\n";
}

/// `2026-11-27T12:00:00.000Z info    …`, the level in colour on a terminal.
class text_format {
public:
  void operator()(const log_line& line, std::string& to) {
    const auto text = printable(line.text);
    const spdlog::details::log_msg message(line.time, {}, "acta", to_spdlog(line.level), text);
    spdlog::memory_buf_t out;
    pattern_->format(message, out);
    const std::string_view all(out.data(), out.size());
    if (!coloured_) {
      to += all;
      return;
    }
    to.append(all.substr(0, message.color_range_start)).append(colour_of(line.level));
    to.append(
        all.substr(message.color_range_start, message.color_range_end - message.color_range_start));
    to.append("\x1b[m").append(all.substr(message.color_range_end));
  }

private:
  std::shared_ptr<spdlog::pattern_formatter> pattern_ = std::make_shared<spdlog::pattern_formatter>(
      "%Y-%m-%dT%H:%M:%S.%eZ %^%-7l%$ %v", spdlog::pattern_time_type::utc);
  bool coloured_ =
      spdlog::details::os::in_terminal(stderr) && spdlog::details::os::is_color_terminal();
};

log_writer::formatter formatter_of(log_format format) {
  if (format == log_format::json) return append_json;
  return text_format();
}

/// Of the log's own, so that whatever becomes of descriptor 2 later, lines go where it led at
/// first.
int own_stderr() {
  const int own = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  return own >= 0 ? own : STDERR_FILENO;
}

} // namespace

logging::logging(log_level level, log_format format)
    : level_(level), writer_(own_stderr(), formatter_of(format)) {}

void logging::write(log_level level, std::string_view line) noexcept {
  if (level < level_) return;
  try {
    writer_.push(level, line);
  } catch (...) { // only memory can be missing, and then a line matters least
  }
}

log_sink logging::sink() {
  return [this](log_level level, std::string_view line) { write(level, line); };
}

} // namespace acta::node
