// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/core/utf8.hpp>
#include <acta/domain/codec/json_document.hpp>
#include <acta/domain/codec/json_writer.hpp>

#include <charconv>
#include <cmath>

namespace acta {

namespace {

using codec_detail::failure;

void append_escaped(std::string& out, unsigned char c) {
  static constexpr char digits[] = "0123456789abcdef";
  switch (c) {
  case '"':
    out += "\\\"";
    return;
  case '\\':
    out += "\\\\";
    return;
  case '\b':
    out += "\\b";
    return;
  case '\f':
    out += "\\f";
    return;
  case '\n':
    out += "\\n";
    return;
  case '\r':
    out += "\\r";
    return;
  case '\t':
    out += "\\t";
    return;
  default:
    (out += "\\u00") += digits[c >> 4];
    out += digits[c & 15];
  }
}

/// Appends a JSON string; false at a byte that is not UTF-8, unless `mend`.
bool append_text(std::string& out, std::string_view text, bool mend) {
  out += '"';
  std::size_t plain = 0; // start of what needs no escape and is not copied yet
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c < 0x80 && c != '"' && c != '\\') {
      ++i;
      continue;
    }
    if (c >= 0x80) {
      if (const auto length = utf8_sequence(text.substr(i)); length != 0) {
        i += length;
        continue;
      }
      if (!mend) return false;
    }
    out.append(text, plain, i - plain);
    if (c >= 0x80)
      out += "\xEF\xBF\xBD";
    else
      append_escaped(out, c);
    plain = ++i;
  }
  out.append(text, plain);
  out += '"';
  return true;
}

template <class T> void append_number(std::string& out, T value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  out.append(text, end);
}

/// JSON has no numbers for these; they are strings, as in the JSON form of Protocol Buffers.
template <class T> void append_real(std::string& out, T value) {
  if (std::isnan(value))
    out += "\"NaN\"";
  else if (std::isinf(value))
    out += value > 0 ? "\"Infinity\"" : "\"-Infinity\"";
  else
    append_number(out, value);
}

} // namespace

void append_json_string(std::string& out, std::string_view text) {
  (void)append_text(out, text, true);
}

namespace codec_detail {

bool append_json_text(std::string& out, std::string_view text) {
  return append_text(out, text, false);
}
void append_json_number(std::string& out, std::int64_t value) { append_number(out, value); }
void append_json_number(std::string& out, std::uint64_t value) { append_number(out, value); }
void append_json_number(std::string& out, double value) { append_number(out, value); }
void append_json_number(std::string& out, float value) { append_number(out, value); }

} // namespace codec_detail

std::string json_writer::where() const {
  std::string pointer;
  for (std::size_t i = 0; i < depth_; ++i) {
    const auto& at = levels_[i];
    if (at.members == 0) break;
    codec_detail::append_pointer(pointer, at.is == form::array
                                              ? std::to_string(at.members - 1)
                                              : out_.substr(at.key_at, at.key_size));
  }
  return pointer;
}

void json_writer::enter(form is) {
  if (depth_ == json_depth_max) codec_detail::fail_too_deep(true);
  levels_[depth_++] = {is, 0, 0, 0, 0};
  if (is != form::open) out_ += is == form::object ? '{' : '[';
}

void json_writer::leave() {
  switch (levels_[--depth_].is) {
  case form::open:
    out_ += "{}";
    break;
  case form::object:
    out_ += '}';
    break;
  case form::array:
    out_ += ']';
    break;
  }
}

void json_writer::element() {
  if (levels_[depth_ - 1].members++ != 0) out_ += ',';
}

void json_writer::key(std::string_view name) {
  if (depth_ == 0) return; // a name of the whole has no place
  auto& at = levels_[depth_ - 1];
  if (at.is == form::array) throw failure("a named field inside an array");
  if (at.is == form::open) {
    at.is = form::object;
    out_ += '{';
  }
  element();
  at.key_at = out_.size() + 1;
  at.key_size = 0;
  if (!codec_detail::append_json_text(out_, name)) throw failure("a key that is not UTF-8");
  at.key_size = out_.size() - 1 - at.key_at;
  out_ += ':';
}

void json_writer::unnamed() {
  if (depth_ == 0) return;
  auto& at = levels_[depth_ - 1];
  if (at.is == form::array)
    element();
  else
    key("value" + std::to_string(at.unnamed++));
}

void json_writer::make_array() {
  if (depth_ == 0 || levels_[depth_ - 1].is != form::open)
    throw failure("a size tag that is not the first thing of its class");
  levels_[depth_ - 1].is = form::array;
  out_ += '[';
}

void json_writer::text(std::string_view value) {
  if (!codec_detail::append_json_text(out_, value)) throw failure("a string that is not UTF-8");
}

void json_writer::real(double value) { append_real(out_, value); }
void json_writer::real(float value) { append_real(out_, value); }

void json_writer::time(time_point t) {
  (out_ += '"') += to_rfc3339(t);
  out_ += '"';
}

void json_writer::fail_time() { throw failure("a time that 64 bits of microseconds do not reach"); }

} // namespace acta
