// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "curl.hpp"

#include "encoded_text.hpp"

#include <acta/channels/errc.hpp>

#include <cerrno>
#include <cstring>
#include <fstream>

#include <sys/socket.h>

namespace acta::channels {

namespace {

/// Servers hang up on idle connections, some of them without a word.
constexpr long idle_seconds_max = 60;

/// Once in a process; never undone, because nobody knows who else uses the library.
bool library_is_ready() {
  static const bool ready = ::curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  return ready;
}

error bad_options(std::string what) { return error(channel_errc::bad_options, std::move(what)); }

} // namespace

void curl_closer::operator()(CURL* handle) const noexcept {
  curl_socket_t socket = CURL_SOCKET_BAD;
  if (::curl_easy_getinfo(handle, CURLINFO_ACTIVESOCKET, &socket) == CURLE_OK &&
      socket != CURL_SOCKET_BAD)
    ::shutdown(socket, SHUT_RD);
  ::curl_easy_cleanup(handle);
}

curl_handle curl_pool::take() {
  {
    const std::lock_guard guard(lock_);
    if (!kept_.empty()) {
      auto handle = std::move(kept_.back());
      kept_.pop_back();
      return handle;
    }
  }
  return curl_handle(library_is_ready() ? ::curl_easy_init() : nullptr);
}

void curl_pool::keep(curl_handle handle) {
  ::curl_easy_reset(handle.get()); // options, not connections: they point to what the caller owns
  const std::lock_guard guard(lock_);
  if (kept_.size() < kept_max_) kept_.push_back(std::move(handle));
}

result<void> check_limits(const curl_limits& limits, std::size_t kept_max) {
  using namespace std::chrono_literals;
  for (const auto time : {limits.timeout, limits.connect_timeout})
    if (time < 1ms || time > 1h) return bad_options("timeout and connect_timeout must be 1ms..1h");
  if (kept_max > 64) return bad_options("at most 64 connections are kept");
  if (!limits.ca_file.empty()) {
    errno = 0;
    std::ifstream file(limits.ca_file);
    if (!file || file.peek() == std::ifstream::traits_type::eof())
      return bad_options("ca_file " + limits.ca_file.string() +
                         " cannot be read: " + (errno != 0 ? std::strerror(errno) : "it is empty"));
  }
  return {};
}

void prepare(CURL* handle, const curl_limits& limits, const char* protocols, char* said) {
  said[0] = '\0';
  ::curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, said);
  ::curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  ::curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, protocols);
  // Not what the environment says: a config is the whole truth about where data goes.
  ::curl_easy_setopt(handle, CURLOPT_PROXY, "");
  ::curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(limits.timeout.count()));
  ::curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS,
                     static_cast<long>(limits.connect_timeout.count()));
  ::curl_easy_setopt(
      handle, CURLOPT_SERVER_RESPONSE_TIMEOUT,
      static_cast<long>(std::chrono::ceil<std::chrono::seconds>(limits.timeout).count()));
  ::curl_easy_setopt(handle, CURLOPT_MAXAGE_CONN, idle_seconds_max);
  ::curl_easy_setopt(handle, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  ::curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 1L);
  ::curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 2L);
  if (!limits.ca_file.empty()) {
    ::curl_easy_setopt(handle, CURLOPT_CAINFO, limits.ca_file.c_str());
    ::curl_easy_setopt(handle, CURLOPT_CAPATH, nullptr); // else the system's would do as well
  }
}

error transfer_error(CURLcode code, std::string_view said) {
  const auto detail = printable(said.empty() ? ::curl_easy_strerror(code) : said);
  switch (code) {
  case CURLE_OPERATION_TIMEDOUT:
    return error(channel_errc::timeout, detail);
  case CURLE_USE_SSL_FAILED:
  case CURLE_PEER_FAILED_VERIFICATION:
  case CURLE_SSL_CONNECT_ERROR:
  case CURLE_SSL_CACERT_BADFILE:
  case CURLE_SSL_ISSUER_ERROR:
  case CURLE_SSL_INVALIDCERTSTATUS:
    return error(channel_errc::not_trusted, detail);
  case CURLE_LOGIN_DENIED:
    return error(channel_errc::login_refused, detail);
  default:
    return error(channel_errc::unreachable, detail);
  }
}

} // namespace acta::channels
