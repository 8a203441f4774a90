// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/channels/smtp.hpp>

#include "curl.hpp"
#include "encoded_text.hpp"
#include "message.hpp"

#include <algorithm>
#include <cstring>

namespace acta {

namespace {

using namespace channels;

error bad(std::string what) { return error(channel_errc::bad_options, std::move(what)); }

/// A text that ends lines with `\n`, given to libcurl with CRLF: it expects that of mail, and
/// doubles the dots that begin a line.
std::string with_crlf(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 32);
  for (const char c : text) {
    if (c == '\n') out += '\r';
    out += c;
  }
  return out;
}

/// One conversation about one mail.
struct conversation {
  std::string_view rest;   ///< of the text, not yet asked for
  bool text_began = false; ///< the server has said that it may come
  std::string complaint;   ///< the last reply that said no

  static std::size_t read(char* to, std::size_t size, std::size_t count, void* self) noexcept {
    auto& c = *static_cast<conversation*>(self);
    const auto n = std::min(size * count, c.rest.size());
    std::memcpy(to, c.rest.data(), n);
    c.rest.remove_prefix(n);
    c.text_began = true;
    return n;
  }
  static std::size_t hear(char* line, std::size_t size, std::size_t count, void* self) noexcept
      try {
    const std::string_view text(line, size * count);
    if (text.starts_with('4') || text.starts_with('5'))
      static_cast<conversation*>(self)->complaint =
          printable(text.substr(0, text.find_last_not_of("\r\n") + 1));
    return size * count;
  } catch (...) { return 0; } // memory: ends the transfer; libcurl must not be thrown through
};

class smtp_channel {
public:
  smtp_channel(smtp_options options, sender from)
      : options_(std::move(options)),
        from_(std::move(from)), limits_{options_.timeout, options_.connect_timeout,
                                        options_.ca_file},
        url_(std::string(options_.security == smtp_security::tls ? "smtps" : "smtp") + "://" +
             (options_.host.find(':') == std::string::npos ? options_.host
                                                           : '[' + options_.host + ']') +
             ':' + std::to_string(options_.port)),
        handles_(options_.connections_kept) {}

  result<void> send(const mail& m, const effect_context& why) {
    const auto message = compose(from_, m, why, options_.clock());
    if (!message) return message.error();
    const auto text = with_crlf(*message);
    bool again = false;
    auto sent = send_once(handles_.take(), m.to, text, again);
    // The server had hung up on a connection that was kept: that says nothing about this mail.
    if (again) sent = send_once(curl_handle(::curl_easy_init()), m.to, text, again);
    return sent;
  }

private:
  result<void> send_once(curl_handle given, const std::string& to, std::string_view text,
                         bool& again) {
    curl_lines receivers;
    receivers.add(to);
    conversation talk{text};
    char said[CURL_ERROR_SIZE];
    auto handle = std::move(given); // which must go before what it points to
    if (!handle || receivers.get() == nullptr)
      return error(channel_errc::unreachable, "no memory for a connection");
    prepare(handle.get(), limits_, "smtp,smtps", said);
    prepare_mail(handle.get(), talk, receivers, text.size());
    const auto code = ::curl_easy_perform(handle.get());
    if (code == CURLE_OK) {
      handles_.keep(std::move(handle));
      return {};
    }
    long reply = 0;
    long connects = 0;
    ::curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &reply);
    ::curl_easy_getinfo(handle.get(), CURLINFO_NUM_CONNECTS, &connects);
    again = connects == 0 && !talk.text_began && (reply == 0 || reply == 421) &&
            (code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR);
    return failure(code, reply, talk, said);
  }

  void prepare_mail(CURL* handle, conversation& talk, const curl_lines& receivers,
                    std::size_t size) const {
    ::curl_easy_setopt(handle, CURLOPT_URL, url_.c_str());
    ::curl_easy_setopt(handle, CURLOPT_USE_SSL,
                       static_cast<long>(options_.security == smtp_security::none
                                             ? CURLUSESSL_NONE
                                             : CURLUSESSL_ALL));
    if (!options_.user.empty()) {
      ::curl_easy_setopt(handle, CURLOPT_USERNAME, options_.user.c_str());
      ::curl_easy_setopt(handle, CURLOPT_PASSWORD, options_.password.c_str());
    }
    ::curl_easy_setopt(handle, CURLOPT_MAIL_FROM, from_.address.c_str());
    ::curl_easy_setopt(handle, CURLOPT_MAIL_RCPT, receivers.get());
    ::curl_easy_setopt(handle, CURLOPT_UPLOAD, 1L);
    ::curl_easy_setopt(handle, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(size));
    ::curl_easy_setopt(handle, CURLOPT_READFUNCTION, &conversation::read);
    ::curl_easy_setopt(handle, CURLOPT_READDATA, &talk);
    ::curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, &conversation::hear);
    ::curl_easy_setopt(handle, CURLOPT_HEADERDATA, &talk);
  }

  /// libcurl says SEND_ERROR when sender, receiver or DATA are refused, and WEIRD_SERVER_REPLY when
  /// the text is: but so it does of a greeting, which is about the server and not about the mail.
  static error failure(CURLcode code, long reply, const conversation& talk, const char* said) {
    if (reply == 530 || reply == 534 || reply == 535 || reply == 538)
      return error(channel_errc::login_refused, talk.complaint);
    const bool about_mail =
        code == CURLE_SEND_ERROR || (code == CURLE_WEIRD_SERVER_REPLY && talk.text_began);
    if (about_mail && reply >= 500) return error(channel_errc::refused, talk.complaint);
    const bool replied =
        about_mail || code == CURLE_WEIRD_SERVER_REPLY || code == CURLE_REMOTE_ACCESS_DENIED;
    if (replied && reply >= 400) return error(channel_errc::try_later, talk.complaint);
    return transfer_error(code, said);
  }

  const smtp_options options_;
  const sender from_;
  const curl_limits limits_;
  const std::string url_;
  curl_pool handles_;
};

result<void> check(const smtp_options& o) {
  if (o.host.empty() ||
      o.host.find_first_not_of(
          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:") != std::string::npos)
    return bad("host '" + printable(o.host) + "' is neither a name nor a numeric address");
  if (o.port == 0) return bad("port must not be 0");
  if (o.user.empty() != o.password.empty()) return bad("user and password go together");
  if (auto ok = check_line("the user", o.user); !ok) return bad("user is not one line of UTF-8");
  if (auto ok = check_line("the password", o.password); !ok)
    return bad("password is not one line of UTF-8");
  if (!o.user.empty() && o.security == smtp_security::none && !is_loopback(o.host))
    return bad("security none would send the password to " + o.host + " for all to read");
  return check_limits({o.timeout, o.connect_timeout, o.ca_file}, o.connections_kept);
}

} // namespace

result<void> check_mail_from(std::string_view from) {
  const auto parsed = parse_sender(from);
  if (!parsed) return bad(std::string(parsed.error().detail()));
  return {};
}

result<mail_channel> smtp_mail(smtp_options options) {
  if (auto ok = check(options); !ok) return std::move(ok).error();
  auto from = parse_sender(options.from);
  if (!from) return bad("from: " + std::string(from.error().detail()));
  auto channel = std::make_shared<smtp_channel>(std::move(options), std::move(*from));
  return mail_channel(
      [channel](const mail& m, const effect_context& why) { return channel->send(m, why); });
}

} // namespace acta
