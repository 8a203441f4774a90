// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/channels/http.hpp>

#include "address.hpp"
#include "curl.hpp"
#include "encoded_text.hpp"
#include "retry_after.hpp"
#include "signature.hpp"

#include <algorithm>
#include <chrono>
#include <memory>

#include <strings.h>

namespace acta {

namespace {

using namespace channels;

constexpr std::size_t body_bytes_max = std::size_t{16} << 20;
constexpr std::size_t secret_bytes_min = 16;

error bad_content(std::string what) { return error(channel_errc::bad_content, std::move(what)); }

/// What is read of an answer.
struct answer {
  std::size_t bytes_left;
  std::string retry_after; ///< as the header has it
  std::string body;        ///< its beginning, for people

  bool count(std::size_t bytes) noexcept {
    if (bytes > bytes_left) return false;
    bytes_left -= bytes;
    return true;
  }
  static std::size_t take_body(char* from, std::size_t size, std::size_t count, void* self) noexcept
      try {
    auto& a = *static_cast<answer*>(self);
    if (!a.count(size * count)) return 0; // ends the transfer
    if (a.body.size() < 100) a.body.append(from, std::min(size * count, 100 - a.body.size()));
    return size * count;
  } catch (...) { return 0; } // memory; libcurl must not be thrown through
  static std::size_t take_header(char* from, std::size_t size, std::size_t count,
                                 void* self) noexcept try {
    static constexpr std::string_view name = "retry-after:";
    auto& a = *static_cast<answer*>(self);
    std::string_view line(from, size * count);
    if (line.size() > name.size() && ::strncasecmp(line.data(), name.data(), name.size()) == 0) {
      line.remove_prefix(name.size());
      line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
      while (!line.empty() && static_cast<unsigned char>(line.back()) <= ' ') line.remove_suffix(1);
      a.retry_after = line.substr(0, 40);
    }
    return a.count(size * count) ? size * count : 0;
  } catch (...) { return 0; } // as above
};

/// The URL as libcurl understands it: what is checked must be what is called.
class parsed_url {
public:
  explicit parsed_url(const std::string& text) : url_(::curl_url()) {
    good_ = url_ != nullptr && ::curl_url_set(url_, CURLUPART_URL, text.c_str(), 0) == CURLUE_OK;
  }
  ~parsed_url() { ::curl_url_cleanup(url_); }
  parsed_url(const parsed_url&) = delete;
  parsed_url& operator=(const parsed_url&) = delete;

  [[nodiscard]] bool good() const noexcept { return good_; }
  [[nodiscard]] CURLU* get() const noexcept { return url_; }
  [[nodiscard]] std::string part(CURLUPart which) const {
    char* text = nullptr;
    if (::curl_url_get(url_, which, &text, 0) != CURLUE_OK) return {};
    std::string copy(text);
    ::curl_free(text);
    return copy;
  }

private:
  CURLU* url_;
  bool good_ = false;
};

class http_channel {
public:
  explicit http_channel(webhook_options options)
      : options_(std::move(options)), limits_{options_.timeout, options_.connect_timeout,
                                              options_.ca_file},
        handles_(options_.handles_kept) {}

  result<void> call(const webhook& w, const effect_context& why) {
    const parsed_url url(w.url);
    if (auto ok = check(w, url); !ok) return ok;
    const auto headers = headers_of(w, why);
    auto handle = handles_.take();
    if (!handle || headers.get() == nullptr)
      return error(channel_errc::unreachable, "no memory for a connection");
    answer got{options_.response_bytes_max};
    char said[CURL_ERROR_SIZE];
    prepare(handle.get(), limits_, "http,https", said);
    prepare_post(handle.get(), url, w.body, headers, got);
    const auto code = ::curl_easy_perform(handle.get());
    long status = 0;
    ::curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
    if (code == CURLE_OK) handles_.keep(std::move(handle));
    // The status is the answer, whatever became of the rest.
    if (status / 100 == 2) return {};
    if (status < 200) return transfer_error(code, said);
    return refusal(status, got, options_.clock());
  }

private:
  result<void> check(const webhook& w, const parsed_url& url) const {
    if (!url.good()) return bad_content("the URL is none"); // it may hold a secret
    const auto scheme = url.part(CURLUPART_SCHEME);
    const auto host = url.part(CURLUPART_HOST);
    if (scheme != "https" && scheme != "http")
      return bad_content("the URL's scheme is " + printable(scheme) + ", not https or http");
    const auto allowed = options_.allow_plain_http;
    if (scheme == "http" && allowed != plain_http::anywhere &&
        !(allowed == plain_http::loopback && is_loopback(host)))
      return bad_content("http:// to " + printable(host) + " could be read by all; use https://");
    if (auto ok = check_line("the content type", w.content_type); !ok) return ok;
    if (w.body.size() > body_bytes_max) return bad_content("the body is longer than 16 MiB");
    return {};
  }

  [[nodiscard]] curl_lines headers_of(const webhook& w, const effect_context& why) const {
    const auto now = std::chrono::floor<std::chrono::seconds>(options_.clock());
    const auto timestamp = std::to_string(now.time_since_epoch().count());
    const auto key = why.key.to_string();
    curl_lines all;
    all.add("Content-Type: " + w.content_type);
    all.add("Expect:"); // libcurl would wait for a 100 that many servers do not send
    all.add("Idempotency-Key: " + key);
    all.add("Acta-Key: " + key);
    all.add("Acta-Event: " + why.event.position.to_string());
    all.add("Acta-Attempt: " + std::to_string(why.attempt));
    all.add("Acta-Timestamp: " + timestamp);
    if (!options_.secret.empty())
      all.add("Acta-Signature: " + signature(options_.secret, timestamp, w.body));
    return all;
  }

  static void prepare_post(CURL* handle, const parsed_url& url, const std::string& body,
                           const curl_lines& headers, answer& into) {
    ::curl_easy_setopt(handle, CURLOPT_CURLU, url.get());
    ::curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    ::curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
    ::curl_easy_setopt(handle, CURLOPT_USERAGENT, "acta");
    ::curl_easy_setopt(handle, CURLOPT_POST, 1L);
    ::curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    ::curl_easy_setopt(handle, CURLOPT_POSTFIELDS, body.data());
    ::curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers.get());
    ::curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &answer::take_body);
    ::curl_easy_setopt(handle, CURLOPT_WRITEDATA, &into);
    ::curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, &answer::take_header);
    ::curl_easy_setopt(handle, CURLOPT_HEADERDATA, &into);
  }

  static error refusal(long status, const answer& got, time_point now) {
    auto detail = "HTTP " + std::to_string(status);
    const bool is_final = status / 100 == 4 && status != 408 && status != 425 && status != 429;
    const auto pause = parse_retry_after(got.retry_after, now);
    if (pause.count() > 0) detail += ", retry after " + std::to_string(pause.count()) + " s";
    if (!got.body.empty()) detail += ": " + printable(got.body);
    error refused(is_final ? channel_errc::refused : channel_errc::try_later, std::move(detail));
    return is_final || pause.count() == 0 ? refused : refused.with_retry_after(pause);
  }

  const webhook_options options_;
  const curl_limits limits_;
  curl_pool handles_;
};

} // namespace

result<webhook_channel> http_webhook(webhook_options options) {
  const auto bad = [](std::string what) {
    return error(channel_errc::bad_options, std::move(what));
  };
  if (!options.secret.empty() && options.secret.size() < secret_bytes_min)
    return bad("the secret is shorter than 16 bytes");
  if (options.response_bytes_max < 1024 || options.response_bytes_max > (std::size_t{16} << 20))
    return bad("response_bytes_max must be 1KiB..16MiB");
  if (auto ok = check_limits({options.timeout, options.connect_timeout, options.ca_file},
                             options.handles_kept);
      !ok)
    return std::move(ok).error();
  auto channel = std::make_shared<http_channel>(std::move(options));
  return webhook_channel(
      [channel](const webhook& w, const effect_context& why) { return channel->call(w, why); });
}

} // namespace acta
