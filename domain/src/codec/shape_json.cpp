// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// A shape and the bytes of a value of it are walked at the same time.
#include "shape_text.hpp"

#include <acta/domain/codec/json_writer.hpp>
#include <acta/domain/codec/shape.hpp>

#include <charconv>
#include <set>

namespace acta {

namespace {

using namespace shape_text;
using codec_detail::failure;

constexpr std::int64_t microseconds_a_second = 1'000'000;

/// Removes `what` from the front, if it stands there.
bool skip(std::string_view& text, std::string_view what) {
  if (!text.starts_with(what)) return false;
  text.remove_prefix(what.size());
  return true;
}

/// How an alternative without a name is called in JSON; as codec_detail::kind_name.
std::string_view kind_of(std::string_view shape) {
  for (const auto& [begin, kind] : {std::pair<std::string_view, std::string_view>{"[", "list"},
                                    {"set[", "list"},
                                    {"multiset[", "list"},
                                    {"map[", "map"},
                                    {"multimap[", "map"},
                                    {"duration<", "duration"},
                                    {"time<", "time"},
                                    {"clock<", "time"},
                                    {"?", ""}})
    if (shape.starts_with(begin)) return kind;
  if (!shape.starts_with('(')) return shape; // bool, string, i64, uuid, null …
  return parts_of(shape.substr(1, shape.size() - 2), '|').size() > 1 || shape.ends_with("|)")
             ? ""
             : "tuple";
}

class walk {
public:
  walk(bytes_view payload, std::string& out) : in_(payload), out_(out) {}

  void run(std::string_view shape) {
    value(shape);
    if (!shape.empty()) fail(shape);
    in_.finish();
  }

private:
  [[noreturn]] static void fail(std::string_view shape) {
    throw failure("a shape that this program does not read: " + std::string(shape.substr(0, 64)));
  }

  template <class T> T read() {
    T value{};
    in_(value);
    return value;
  }
  template <class T> void number() {
    json_writer writer(out_);
    writer(read<T>());
  }
  std::size_t size() {
    cereal::size_type count = 0;
    in_(cereal::make_size_tag(count));
    return static_cast<std::size_t>(count);
  }
  void comma(std::size_t index) {
    if (index != 0) out_ += ',';
  }

  /// Writes the value of the type at the front of `shape`, and takes that type off.
  void value(std::string_view& shape) {
    if (++depth_ > codec_depth_max) codec_detail::fail_too_deep();
    const auto type = whole_type(shape);
    shape.remove_prefix(type.size());
    if (!scalar(type)) composed(type);
    --depth_;
  }
  void value_of(std::string_view shape) { value(shape); }

  bool scalar(std::string_view type) {
    if (type == "bool") {
      out_ += read<bool>() ? "true" : "false";
    } else if (type == "string") {
      append_json_string(out_, read<std::string>());
    } else if (type == "null") {
      out_ += "null";
    } else if (type == "uuid") {
      append_json_string(out_, read<uuid>().to_string());
    } else if (type == "position") {
      append_json_string(out_, read<position>().to_string());
    } else if (type == "f32") {
      number<float>();
    } else if (type == "f64") {
      number<double>();
    } else if (type == "i8") {
      number<std::int8_t>();
    } else if (type == "i16") {
      number<std::int16_t>();
    } else if (type == "i32") {
      number<std::int32_t>();
    } else if (type == "i64") {
      number<std::int64_t>();
    } else if (type == "u8") {
      number<std::uint8_t>();
    } else if (type == "u16") {
      number<std::uint16_t>();
    } else if (type == "u32") {
      number<std::uint32_t>();
    } else if (type == "u64") {
      number<std::uint64_t>();
    } else {
      return false;
    }
    return true;
  }

  void composed(std::string_view type) {
    auto inside = type.substr(type.find_first_of("{[(<") + 1);
    if (!inside.empty()) inside.remove_suffix(1);
    if (type.starts_with('?')) {
      if (read<bool>())
        value_of(type.substr(1));
      else
        out_ += "null";
    } else if (type.starts_with('{')) {
      record(inside);
    } else if (type.starts_with('^')) {
      again(type.substr(1));
    } else if (type.starts_with("enum<")) {
      enumeration(type);
    } else if (type.starts_with("duration<") || type.starts_with("clock<")) {
      value(inside); // the count
    } else if (type.starts_with("time<")) {
      time(inside);
    } else if (type.starts_with("map[") || type.starts_with("multimap[")) {
      map(inside, type.starts_with("map["));
    } else if (type.starts_with('[') || type.starts_with("set[") || type.starts_with("multiset[")) {
      list(inside);
    } else if (type.starts_with('(')) {
      const auto alternatives = parts_of(inside, '|');
      if (alternatives.size() > 1 || inside.ends_with('|'))
        variant(alternatives);
      else
        tuple(parts_of(inside, ','));
    } else {
      fail(type);
    }
  }

  void record(std::string_view fields) {
    classes_.push_back(fields);
    auto rest = fields;
    if (skip(rest, "#")) {
      elements(rest);
    } else {
      out_ += '{';
      for (std::size_t i = 0; !rest.empty(); ++i) {
        comma(i);
        skip(rest, ",");
        field_name(take_name(rest, ':'));
        out_ += ':';
        skip(rest, ":");
        value(rest);
      }
      out_ += '}';
    }
    classes_.pop_back();
  }
  void field_name(std::string_view name) {
    if (name.starts_with('"'))
      out_ += name; // quoted as JSON is
    else
      append_json_string(out_, name);
  }

  /// What is led by a size tag: `[A,B]`, for each element.
  void elements(std::string_view shape) {
    if (!shape.starts_with('[') || !shape.ends_with(']')) fail(shape);
    const auto members = parts_of(shape.substr(1, shape.size() - 2), ',');
    out_ += '[';
    std::size_t written = 0;
    for (auto left = size(); left > 0; --left) {
      const auto before = in_.offset();
      for (const auto member : members) {
        comma(written++);
        value_of(member);
      }
      count(before);
    }
    out_ += ']';
  }

  /// `^2`: the class around the innermost one.
  void again(std::string_view digits) {
    std::size_t up = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), up);
    if (up == 0 || up > classes_.size()) fail(digits);
    const auto outer = classes_;
    classes_.resize(classes_.size() - up + 1);
    const auto fields = classes_.back();
    classes_.pop_back();
    record(fields);
    classes_ = outer;
  }

  void enumeration(std::string_view type) {
    const auto e = take_enum(type);
    const auto at = out_.size();
    value_of(e.kind);
    const auto digits = out_.substr(at);
    const auto known = std::ranges::find(e.names, digits, &enumerator::value);
    if (known == e.names.end()) return;
    out_.resize(at);
    field_name(known->name);
  }

  /// `i64,1/1000`: rounded down to microseconds, as json_writer does; a count beyond that as it is.
  void time(std::string_view inside) {
    const auto at = out_.size();
    value(inside);
    std::int64_t count = 0, num = 0, den = 0;
    const auto digits = std::string_view(out_).substr(at);
    const auto* end = digits.data() + digits.size();
    if (const auto read = std::from_chars(digits.data(), end, count);
        read.ec != std::errc{} || read.ptr != end)
      return;
    skip(inside, ",");
    const auto* from = inside.data();
    const auto first = std::from_chars(from, from + inside.size(), num);
    if (first.ec != std::errc{} || first.ptr == from + inside.size()) fail(inside);
    std::from_chars(first.ptr + 1, from + inside.size(), den);
    if (num <= 0 || den <= 0) fail(inside);
    __extension__ using wide = __int128;
    const auto scaled = static_cast<wide>(count) * num * microseconds_a_second;
    const auto whole = scaled / den - (scaled % den < 0 ? 1 : 0);
    if (whole != static_cast<std::int64_t>(whole)) return;
    out_.resize(at);
    json_writer writer(out_);
    writer(time_point(std::chrono::microseconds(static_cast<std::int64_t>(whole))));
  }

  void list(std::string_view inside) {
    // `T;3` has no size in the bytes.
    const auto element = whole_type(inside);
    auto rest = inside.substr(element.size());
    std::size_t left = 0;
    if (skip(rest, ";"))
      std::from_chars(rest.data(), rest.data() + rest.size(), left);
    else
      left = size();
    out_ += '[';
    for (std::size_t i = 0; i < left; ++i) {
      const auto before = in_.offset();
      comma(i);
      value_of(element);
      count(before);
    }
    out_ += ']';
  }

  static bool is_text(std::string_view key) {
    return key == "string" || key == "uuid" || key == "position" ||
           (key.starts_with("enum<") && !key.starts_with("enum<bool")) ||
           (key.size() <= 3 && (key.starts_with('i') || key.starts_with('u')));
  }
  void map(std::string_view inside, bool unique) {
    const auto parts = parts_of(inside, ':');
    if (parts.size() != 2) fail(inside);
    const auto key = parts[0], mapped = parts[1];
    const auto is_object = unique && is_text(key);
    const auto entries = size();
    out_ += is_object ? '{' : '[';
    for (std::size_t i = 0; i < entries; ++i) {
      const auto before = in_.offset();
      comma(i);
      if (!is_object) out_ += '[';
      const auto at = out_.size();
      value_of(key);
      if (is_object && out_[at] != '"') out_.insert(at, 1, '"').push_back('"');
      out_ += is_object ? ':' : ',';
      value_of(mapped);
      if (!is_object) out_ += ']';
      count(before);
    }
    out_ += is_object ? '}' : ']';
  }

  void tuple(const std::vector<std::string_view>& members) {
    out_ += '[';
    for (std::size_t i = 0; i < members.size(); ++i) {
      comma(i);
      value_of(members[i]);
    }
    out_ += ']';
  }

  void variant(const std::vector<std::string_view>& alternatives) {
    const auto index = size();
    if (index >= alternatives.size()) throw failure("a variant of no such alternative");
    std::vector<std::string_view> names;
    for (const auto one : alternatives) {
      const auto [name, shape] = alternative_of(one);
      names.push_back(name.empty() ? kind_of(shape) : name);
    }
    const auto distinct = std::set(names.begin(), names.end());
    out_ += R"({"type":)";
    if (distinct.size() == names.size() && !distinct.contains(""))
      field_name(names[index]);
    else
      append_json_string(out_, std::to_string(index));
    out_ += R"(,"value":)";
    value_of(alternative_of(alternatives[index]).second);
    out_ += '}';
  }

  void count(std::size_t offset_before) {
    if (in_.offset() == offset_before) codec_detail::count_zero_byte(zero_byte_elements_);
  }

  binary_reader in_;
  std::string& out_;
  std::vector<std::string_view> classes_; ///< around, the innermost last: what is within braces
  std::size_t depth_ = 0;
  std::size_t zero_byte_elements_ = 0;
};

} // namespace

result<void> append_json_of(std::string_view shape, bytes_view payload, std::string& out) {
  const auto size = out.size();
  try {
    walk(payload, out).run(shape);
    return {};
  } catch (...) {
    out.resize(size);
    return codec_detail::caught(codec_errc::decode_failed, {});
  }
}

} // namespace acta
