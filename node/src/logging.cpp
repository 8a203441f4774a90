// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "logging.hpp"

#include <acta/core/printable.hpp>
#include <acta/core/time.hpp>
#include <acta/domain/codec/json.hpp>

#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/ansicolor_sink.h>

namespace acta::node {

namespace {

constexpr std::size_t lines_max = 8192;

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

/// `{"time":"…","level":"info","message":"…"}`
class json_formatter final : public spdlog::formatter {
public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& to) override {
    line_ = R"({"time":")";
    line_ += to_rfc3339(std::chrono::floor<std::chrono::microseconds>(message.time));
    line_ += R"(","level":)";
    const auto level = spdlog::level::to_string_view(message.level);
    append_json_string(line_, {level.data(), level.size()});
    line_ += R"(,"message":)";
    append_json_string(line_, printable({message.payload.data(), message.payload.size()}));
    line_ += "}\n";
    to.append(line_.data(), line_.data() + line_.size());
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<json_formatter>();
  }

private:
  std::string line_;
};

/// As spdlog's, but what is written is one line.
class text_formatter final : public spdlog::formatter {
public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& to) override {
    line_ = printable({message.payload.data(), message.payload.size()});
    auto safe = message;
    safe.payload = line_;
    pattern_.format(safe, to);
    message.color_range_start = safe.color_range_start;
    message.color_range_end = safe.color_range_end;
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<text_formatter>();
  }

private:
  spdlog::pattern_formatter pattern_{"%Y-%m-%dT%H:%M:%S.%eZ %^%-7l%$ %v",
                                     spdlog::pattern_time_type::utc};
  std::string line_;
};

} // namespace

logging::logging(log_level level, log_format format)
    : writer_(std::make_shared<spdlog::details::thread_pool>(lines_max, 1)) {
  auto sink = std::make_shared<spdlog::sinks::ansicolor_stderr_sink_mt>();
  logger_ = std::make_shared<spdlog::async_logger>("acta", std::move(sink), writer_,
                                                   spdlog::async_overflow_policy::overrun_oldest);
  logger_->set_level(to_spdlog(level));
  if (format == log_format::json)
    logger_->set_formatter(std::make_unique<json_formatter>());
  else
    logger_->set_formatter(std::make_unique<text_formatter>());
}

logging::~logging() = default;

void logging::write(log_level level, std::string_view line) noexcept {
  try {
    logger_->log(to_spdlog(level), spdlog::string_view_t(line.data(), line.size()));
  } catch (...) { // spdlog has its own handler for what its sinks throw; here only memory can fail
  }
}

log_sink logging::sink() {
  return [this](log_level level, std::string_view line) { write(level, line); };
}

} // namespace acta::node
