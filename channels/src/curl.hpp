// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What SMTP and HTTP have in common: libcurl's handles, kept with their connections, and the
/// options that decide whom a connection is trusted to.
#pragma once

#include <acta/core/result.hpp>

#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <curl/curl.h>

namespace acta::channels {

struct curl_closer {
  /// Says goodbye to a server without waiting for its answer, which libcurl would do for two
  /// minutes.
  void operator()(CURL* handle) const noexcept;
};
using curl_handle = std::unique_ptr<CURL, curl_closer>;

/// Lines that libcurl reads during a transfer and does not copy.
class curl_lines {
public:
  curl_lines() = default;
  curl_lines(curl_lines&& other) noexcept
      : first_(std::exchange(other.first_, nullptr)), whole_(other.whole_) {}
  curl_lines& operator=(curl_lines&&) = delete;
  ~curl_lines() { ::curl_slist_free_all(first_); }

  void add(const std::string& line) {
    auto* longer = ::curl_slist_append(first_, line.c_str());
    whole_ = whole_ && longer != nullptr;
    if (longer != nullptr) first_ = longer;
  }
  /// Null if there was no memory for one of them.
  [[nodiscard]] curl_slist* get() const noexcept { return whole_ ? first_ : nullptr; }

private:
  curl_slist* first_ = nullptr;
  bool whole_ = true;
};

/// Handles that wait for their next call, each with the connections of its last ones. Threads: any.
class curl_pool {
public:
  explicit curl_pool(std::size_t kept_max) : kept_max_(kept_max) {}

  /// The one used last, or a new one; options are unset. Null if there is no memory.
  curl_handle take();
  /// Only after a call that went well: a connection that timed out may still get the answer to the
  /// last request, and would take it for that to the next.
  void keep(curl_handle handle);

private:
  const std::size_t kept_max_;
  std::mutex lock_;
  std::vector<curl_handle> kept_;
};

struct curl_limits {
  std::chrono::milliseconds timeout{};
  std::chrono::milliseconds connect_timeout{};
  std::filesystem::path ca_file;
};

/// Errors: `bad_options`: a time out of range, a ca_file that cannot be read.
result<void> check_limits(const curl_limits& limits, std::size_t kept_max);

/// A transfer's options besides what it transfers. `said` (CURL_ERROR_SIZE bytes) gets libcurl's
/// sentence; `protocols` as in CURLOPT_PROTOCOLS_STR.
void prepare(CURL* handle, const curl_limits& limits, const char* protocols, char* said);

/// A failure that no status or reply explains. Pre: code != CURLE_OK.
error transfer_error(CURLcode code, std::string_view said);

} // namespace acta::channels
