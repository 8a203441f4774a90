// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/core/printable.hpp>

#include <acta/core/utf8.hpp>

#include <utility>

namespace acta {

namespace {

/// Of one well-formed sequence of at most three bytes; longer ones hold nothing that is asked for.
char32_t code_point(std::string_view sequence) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(sequence[i]); };
  if (sequence.size() == 1) return byte(0);
  if (sequence.size() == 2) return (byte(0) & 0x1Fu) << 6 | (byte(1) & 0x3Fu);
  if (sequence.size() == 3)
    return (byte(0) & 0x0Fu) << 12 | (byte(1) & 0x3Fu) << 6 | (byte(2) & 0x3Fu);
  return 0x10000;
}

/// Source: Unicode 15: general category Cc, Zl and Zp; UAX #9, table 4 (explicit directional
/// formatting, implicit marks and isolates).
bool is_obeyed(char32_t c) noexcept {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x061C || c == 0x200E || c == 0x200F ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF;
}

/// Bytes at the front that may stay as they are, a whole sequence; 0 if they may not.
std::size_t harmless(std::string_view text) noexcept {
  const auto length = utf8_sequence(text);
  return length != 0 && is_obeyed(code_point(text.substr(0, length))) ? 0 : length;
}

void append_hex(std::string& out, unsigned value, int digits) {
  for (int i = digits; i-- > 0;) out += "0123456789ABCDEF"[value >> (4 * i) & 15u];
}

void append_escape(std::string& out, std::string_view sequence) {
  const auto c = code_point(sequence);
  if (c == '\n') {
    out += "\\n";
  } else if (c == '\t') {
    out += "\\t";
  } else if (c == '\r') {
    out += "\\r";
  } else {
    out += "\\u";
    append_hex(out, c, 4);
  }
}

} // namespace

bool is_printable(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size();) {
    const auto length = harmless(text.substr(i));
    if (length == 0) return false;
    i += length;
  }
  return true;
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const auto rest = text.substr(i);
    if (const auto length = harmless(rest); length != 0) {
      out.append(rest.substr(0, length));
      i += length;
    } else if (const auto escaped = utf8_sequence(rest); escaped != 0) {
      append_escape(out, rest.substr(0, escaped));
      i += escaped;
    } else {
      out += "\\x";
      append_hex(out, static_cast<unsigned char>(rest.front()), 2);
      ++i;
    }
  }
  return out;
}

log_sink printable_lines(log_sink sink) {
  if (!sink) return sink;
  return [to = std::move(sink)](log_level level, std::string_view line) {
    if (is_printable(line)) return to(level, line);
    to(level, printable(line));
  };
}

} // namespace acta
