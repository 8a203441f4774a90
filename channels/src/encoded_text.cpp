// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "encoded_text.hpp"

#include <acta/channels/errc.hpp>
#include <acta/core/utf8.hpp>

#include <algorithm>

#include <openssl/evp.h>

namespace acta::channels {

namespace {

/// What RFC 5322 asks for; more than 998 would be an error.
constexpr std::size_t line_bytes = 78;
constexpr std::size_t encoded_line_bytes = 76;
/// Bytes in an encoded word: 52 of base64 and 12 around them leave room for the header's name.
constexpr std::size_t word_bytes = 39;

bool is_printable(char c) noexcept { return c >= 0x20 && c < 0x7f; }

std::string base64(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0'); // the function ends it with a NUL
  const auto size = ::EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                      reinterpret_cast<const unsigned char*>(bytes.data()),
                                      static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

std::string encoded_words(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    std::size_t size = 0; // whole characters: each word is decoded alone
    while (size < text.size()) {
      const auto next = std::max<std::size_t>(utf8_sequence(text.substr(size)), 1);
      if (size + next > word_bytes) break;
      size += next;
    }
    out.append(out.empty() ? "" : "\n ").append("=?UTF-8?B?");
    out.append(base64(text.substr(0, size))).append("?=");
    text.remove_prefix(size);
  }
  return out;
}

/// False if it must be encoded: not ASCII, or what a reader would take for an encoded word.
bool is_plain(std::string_view value) {
  return std::ranges::all_of(value, is_printable) && value.find("=?") == std::string_view::npos &&
         !value.starts_with(' ') && !value.ends_with(' ');
}

/// Appends it in lines, broken at single spaces. False if there is no place to break it.
bool append_folded(std::string& out, std::size_t column, std::string_view value) {
  while (column + value.size() > line_bytes) {
    auto at = std::min(line_bytes - column, value.size() - 2);
    while (at > 0 && !(value[at] == ' ' && value[at - 1] != ' ' && value[at + 1] != ' ')) --at;
    if (at == 0) return false;
    out.append(value.substr(0, at)).append("\n ");
    value.remove_prefix(at + 1);
    column = 1;
  }
  out.append(value);
  return true;
}

/// A space or tab that ends a line would be lost on the way, so it is escaped too.
bool is_literal(char c, bool ends_line) noexcept {
  if (c == ' ' || c == '\t') return !ends_line;
  return c > 0x20 && c < 0x7f && c != '=';
}

void append_quoted_line(std::string& out, std::string_view line) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::size_t column = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const bool last = i + 1 == line.size();
    const bool literal = is_literal(line[i], last);
    const std::size_t width = literal ? 1 : 3;
    if (column + width > encoded_line_bytes - (last ? 0 : 1)) { // room for the '=' of the break
      out += "=\n";
      column = 0;
    }
    if (literal) {
      out += line[i];
    } else {
      const auto byte = static_cast<unsigned char>(line[i]);
      out.append({'=', digits[byte >> 4], digits[byte & 15]});
    }
    column += width;
  }
  out += '\n';
}

/// Calls `take` with each line, without its end.
template <class F> void for_each_line(std::string_view text, F&& take) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    if (line.ends_with('\r') && end < text.size()) line.remove_suffix(1);
    take(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

} // namespace

result<void> check_text(std::string_view what, std::string_view text) {
  for (auto rest = text; !rest.empty();) {
    const auto size = utf8_sequence(rest);
    if (size == 0)
      return error(channel_errc::bad_content, std::string(what) + " is not UTF-8 at byte " +
                                                  std::to_string(text.size() - rest.size()));
    rest.remove_prefix(size);
  }
  return {};
}

result<void> check_line(std::string_view what, std::string_view text) {
  if (text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos)
    return error(channel_errc::bad_content, std::string(what) + " is not one line");
  return check_text(what, text);
}

std::string printable(std::string_view text) {
  std::string out(text.substr(0, 100));
  std::ranges::replace_if(
      out, [](char c) { return !is_printable(c); }, '?');
  return out;
}

std::string header(std::string_view name, std::string_view value) {
  auto out = std::string(name) + ": ";
  const auto start = out.size();
  if (!is_plain(value) || !append_folded(out, start, value)) {
    out.resize(start);
    out += encoded_words(value);
  }
  return out += '\n';
}

std::string address_header(std::string_view header_name, std::string_view name,
                           std::string_view address) {
  auto out = std::string(header_name) + ": ";
  if (name.empty()) return out.append(address) += '\n';
  auto quoted = std::string("\"");
  for (const char c : name) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  quoted += '"';
  if (is_plain(name) && out.size() + quoted.size() + address.size() + 3 <= line_bytes)
    out.append(quoted).append(" <");
  else
    out.append(encoded_words(name)).append("\n <");
  return out.append(address) += ">\n";
}

encoded_body encode_body(std::string_view text) {
  std::size_t escapes = 0;
  for (const char c : text)
    if (c != '\n' && !is_literal(c, false)) ++escapes;
  encoded_body body;
  // An escape takes two bytes more, base64 a third of all.
  if (escapes < text.size() / 6 || escapes == 0) {
    body.encoding = "quoted-printable";
    for_each_line(text, [&](std::string_view line) { append_quoted_line(body.text, line); });
    return body;
  }
  body.encoding = "base64";
  std::string canonical; // what is encoded has the line ends of mail, whatever is around it
  for_each_line(text, [&](std::string_view line) { canonical.append(line).append("\r\n"); });
  for (auto rest = std::string_view(canonical); !rest.empty();) {
    const auto piece = rest.substr(0, encoded_line_bytes / 4 * 3);
    body.text.append(base64(piece)) += '\n';
    rest.remove_prefix(piece.size());
  }
  return body;
}

} // namespace acta::channels
