// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/domain/codec/json_reader.hpp>

#include <charconv>

namespace acta {

using codec_detail::failure;
using codec_detail::json_kind;

namespace {

std::string_view name_of(json_kind kind) {
  switch (kind) {
  case json_kind::null:
    return "null";
  case json_kind::boolean:
    return "a boolean";
  case json_kind::number:
    return "a number";
  case json_kind::string:
    return "a string";
  case json_kind::array:
    return "an array";
  case json_kind::object:
    return "an object";
  }
  return "nothing";
}

template <class T> std::errc parse(std::string_view text, T& to) {
  const auto* end = text.data() + text.size();
  const auto [at, ec] = std::from_chars(text.data(), end, to);
  if (ec != std::errc{}) return ec;
  return at == end ? std::errc{} : std::errc::invalid_argument;
}

bool is_whole(std::string_view number) {
  return number.find_first_of(".eE") == std::string_view::npos;
}

constexpr std::string_view a_real = R"(a number, "NaN", "Infinity" or "-Infinity")";

/// What no number of JSON says.
template <class T>
bool take_no_number(const codec_detail::json_node& node,
                    const codec_detail::json_document& document, T& value) {
  if (node.kind != json_kind::string) return false;
  const auto text = document.text(node);
  if (text == "NaN")
    value = std::numeric_limits<T>::quiet_NaN();
  else if (text == "Infinity")
    value = std::numeric_limits<T>::infinity();
  else if (text == "-Infinity")
    value = -std::numeric_limits<T>::infinity();
  else
    return false;
  return true;
}

} // namespace

namespace codec_detail {

bool parse_integer(std::string_view text, std::int64_t min, std::int64_t max, std::int64_t& to) {
  return parse(text, to) == std::errc{} && to >= min && to <= max && text == std::to_string(to);
}

bool parse_integer(std::string_view text, std::uint64_t max, std::uint64_t& to) {
  return parse(text, to) == std::errc{} && to <= max && text == std::to_string(to);
}

} // namespace codec_detail

std::string json_reader::where() const {
  std::string pointer;
  for (std::size_t i = 0; i < depth_; ++i) {
    const auto& level = levels_[i];
    if (level.child == none) break;
    if (document_[level.node].kind == json_kind::object)
      codec_detail::append_pointer(pointer, document_.key(document_[level.child]));
    else
      codec_detail::append_pointer(pointer, std::to_string(level.taken - 1));
  }
  return pointer;
}

void json_reader::enter(form is) {
  const auto& node = document_[at_];
  if (is == form::array) {
    if (node.kind != json_kind::array) fail_kind("an array");
  } else if (node.kind != json_kind::object &&
             (is == form::object || node.kind != json_kind::array)) {
    fail_kind("an object");
  }
  if (depth_ == json_depth_max) codec_detail::fail_too_deep(true);
  levels_[depth_++] = {at_, none, at_ + 1, 0, 0, is};
}

void json_reader::leave() {
  auto& level = levels_[depth_ - 1];
  const auto& node = document_[level.node];
  if (level.is == form::open && node.kind != json_kind::object) fail_kind("an object");
  if (level.taken != node.count) {
    if (level.is == form::array) {
      level.child = none;
      at_ = level.node;
      fail("expected an array of " + std::to_string(level.taken) + " elements, got " +
           std::to_string(node.count));
    }
    fail_members();
  }
  if (missing_depth_ == depth_) fail_members();
  at_ = level.node;
  --depth_;
}

bool json_reader::next() {
  auto& level = levels_[depth_ - 1];
  if (level.taken == document_[level.node].count) {
    level.child = none;
    return false;
  }
  level.child = at_ = level.cursor;
  level.cursor = document_[at_].next;
  ++level.taken;
  return true;
}

bool json_reader::find(std::string_view name) {
  auto& level = levels_[depth_ - 1];
  const auto& node = document_[level.node];
  if (level.is == form::array || node.kind != json_kind::object) {
    at_ = level.node;
    fail_kind("an object");
  }
  level.is = form::object;
  for (std::uint32_t i = 0; i < node.count; ++i) {
    if (level.cursor == node.next) level.cursor = level.node + 1;
    auto& member = document_[level.cursor];
    const auto here = level.cursor;
    level.cursor = member.next;
    if (document_.key(member) != name) continue;
    if (!member.used) ++level.taken;
    member.used = true;
    level.child = at_ = here;
    return true;
  }
  return false;
}

void json_reader::done() {
  auto& level = levels_[depth_ - 1];
  at_ = level.node;
  level.child = none;
}

void json_reader::require_count(std::size_t count) const {
  const auto actual = document_[levels_[depth_ - 1].node].count;
  if (actual != count)
    fail("expected an array of " + std::to_string(count) + " elements, got " +
         std::to_string(actual));
}

std::string json_reader::next_unnamed() {
  return "value" + std::to_string(levels_[depth_ - 1].unnamed++);
}

std::size_t json_reader::size_tag() {
  if (depth_ == 0 || levels_[depth_ - 1].is != form::open)
    fail("a size tag that is not the first thing of its class");
  auto& level = levels_[depth_ - 1];
  if (document_[level.node].kind != json_kind::array) fail_kind("an array");
  level.is = form::array;
  return document_[level.node].count;
}

void json_reader::null() const {
  if (!is_null()) fail_kind("null");
}

bool json_reader::boolean() const {
  if (document_[at_].kind != json_kind::boolean) fail_kind("a boolean");
  return document_[at_].truth;
}

std::string_view json_reader::text() const {
  if (document_[at_].kind != json_kind::string) fail_kind("a string");
  return document_.text(document_[at_]);
}

std::int64_t json_reader::integer(std::int64_t min, std::int64_t max) const {
  if (document_[at_].kind != json_kind::number) fail_kind("an integer");
  const auto digits = document_.text(document_[at_]);
  std::int64_t value = 0;
  if (!is_whole(digits)) fail("expected an integer, got " + std::string(digits.substr(0, 40)));
  if (parse(digits, value) != std::errc{} || value < min || value > max)
    fail("expected an integer " + std::to_string(min) + ".." + std::to_string(max) + ", got " +
         std::string(digits.substr(0, 40)));
  return value;
}

std::uint64_t json_reader::integer(std::uint64_t max) const {
  if (document_[at_].kind != json_kind::number) fail_kind("an integer");
  const auto digits = document_.text(document_[at_]);
  std::uint64_t value = 0;
  if (!is_whole(digits)) fail("expected an integer, got " + std::string(digits.substr(0, 40)));
  if (parse(digits, value) != std::errc{} || value > max)
    fail("expected an integer 0.." + std::to_string(max) + ", got " +
         std::string(digits.substr(0, 40)));
  return value;
}

void json_reader::real(double& value) const {
  if (take_no_number(document_[at_], document_, value)) return;
  if (document_[at_].kind != json_kind::number) fail_kind(a_real);
  if (parse(document_.text(document_[at_]), value) != std::errc{})
    fail("a number out of range for a double");
}

void json_reader::real(float& value) const {
  if (take_no_number(document_[at_], document_, value)) return;
  if (document_[at_].kind != json_kind::number) fail_kind(a_real);
  if (parse(document_.text(document_[at_]), value) != std::errc{})
    fail("a number out of range for a float");
}

time_point json_reader::time() const {
  auto parsed = parse_rfc3339(text());
  if (!parsed) fail(std::string(parsed.error().detail()));
  return *parsed;
}

void json_reader::fail(std::string detail) const { throw failure(std::move(detail)); }

void json_reader::fail_kind(std::string_view expected) const {
  fail("expected " + std::string(expected) + ", got " + std::string(name_of(document_[at_].kind)));
}

void json_reader::note_missing(std::string_view name) {
  if (missing_depth_ == depth_) return; // it has been found to lack another
  missing_depth_ = depth_;
  missing_ = name;
  missing_in_ = where();
}

void json_reader::fail_members() {
  auto& level = levels_[depth_ - 1];
  const auto& node = document_[level.node];
  const bool lacks = missing_depth_ == depth_;
  if (level.taken == node.count) {
    codec_detail::append_pointer(missing_in_, missing_);
    throw failure("missing field", missing_in_);
  }
  level.child = level.node + 1;
  while (document_[level.child].used) level.child = document_[level.child].next;
  fail(lacks ? "unknown field; the field '" + missing_ + "' is missing" : "unknown field");
}

void json_reader::fail_alternative(std::string_view missing) {
  note_missing(missing);
  auto& level = levels_[depth_ - 1];
  for (auto i = level.node + 1; i != document_[level.node].next; i = document_[i].next)
    if (document_.key(document_[i]) == "type" || document_.key(document_[i]) == "value") {
      if (!document_[i].used) ++level.taken;
      document_[i].used = true;
    }
  fail_members();
}

error json_reader::caught() const {
  try {
    throw;
  } catch (const failure&) {
    // The reader's own: it knows the place.
  } catch (...) {
    if (missing_depth_ != 0) {
      auto pointer = missing_in_;
      codec_detail::append_pointer(pointer, missing_);
      return error(codec_errc::json_invalid, "missing field", std::move(pointer));
    }
  }
  return codec_detail::caught(codec_errc::json_invalid, where());
}

} // namespace acta
