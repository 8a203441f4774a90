// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/domain/codec/failure.hpp>
#include <acta/domain/codec/json_document.hpp>

#include <boost/json/basic_parser_impl.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace acta::codec_detail {

void append_pointer(std::string& pointer, std::string_view token) {
  pointer += '/';
  for (const char c : token) {
    if (c == '~')
      pointer += "~0";
    else if (c == '/')
      pointer += "~1";
    else
      pointer += c;
  }
}

/// Boost.JSON's handler. Source: boost/json/basic_parser.hpp, "Handler".
struct json_document::builder {
  using error_code = boost::json::error_code;
  using string_view = boost::json::string_view;

  static constexpr auto max_array_size = std::numeric_limits<std::size_t>::max();
  static constexpr auto max_object_size = max_array_size;
  static constexpr auto max_string_size = max_array_size;
  static constexpr auto max_key_size = max_array_size;

  explicit builder(json_document& to) : document(to) {}

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_array_begin(error_code&) { return open(json_kind::array); }
  bool on_array_end(std::size_t, error_code&) { return close(); }
  bool on_object_begin(error_code&) { return open(json_kind::object); }
  bool on_object_end(std::size_t, error_code&) {
    check_keys();
    return close();
  }
  bool on_key_part(string_view s, std::size_t, error_code&) { return collect(s); }
  bool on_key(string_view s, std::size_t, error_code&) {
    collect(s);
    key_at = text_at;
    key_size = static_cast<std::uint32_t>(document.text_.size()) - text_at;
    return settle();
  }
  bool on_string_part(string_view s, std::size_t, error_code&) { return collect(s); }
  bool on_string(string_view s, std::size_t, error_code&) {
    return collect(s) && scalar(json_kind::string);
  }
  bool on_number_part(string_view s, error_code&) { return collect(s); }
  bool on_int64(std::int64_t, string_view s, error_code&) {
    return collect(s) && scalar(json_kind::number);
  }
  bool on_uint64(std::uint64_t, string_view s, error_code&) {
    return collect(s) && scalar(json_kind::number);
  }
  bool on_double(double, string_view s, error_code&) {
    return collect(s) && scalar(json_kind::number);
  }
  bool on_bool(bool truth, error_code&) {
    scalar(json_kind::boolean);
    document.nodes_.back().truth = truth;
    return true;
  }
  bool on_null(error_code&) { return scalar(json_kind::null); }
  bool on_comment_part(string_view, error_code&) { return true; }
  bool on_comment(string_view, error_code&) { return true; }

  bool collect(string_view s) {
    document.text_.append(s.data(), s.size());
    return true;
  }
  bool settle() {
    text_at = static_cast<std::uint32_t>(document.text_.size());
    return true;
  }
  void add(json_kind kind) {
    if (!open_nodes.empty()) ++document.nodes_[open_nodes.back()].count;
    auto& node = document.nodes_.emplace_back();
    node.kind = kind;
    node.next = static_cast<std::uint32_t>(document.nodes_.size());
    node.key_at = key_at;
    node.key_size = key_size;
    key_size = 0;
  }
  bool scalar(json_kind kind) {
    add(kind);
    document.nodes_.back().text_at = text_at;
    document.nodes_.back().text_size = static_cast<std::uint32_t>(document.text_.size()) - text_at;
    return settle();
  }
  bool open(json_kind kind) {
    add(kind);
    open_nodes.push_back(static_cast<std::uint32_t>(document.nodes_.size() - 1));
    return true;
  }
  bool close() {
    document.nodes_[open_nodes.back()].next = static_cast<std::uint32_t>(document.nodes_.size());
    open_nodes.pop_back();
    return true;
  }

  /// Throws if the object being closed has a key twice.
  void check_keys() {
    keys.clear();
    const auto object = open_nodes.back();
    for (auto i = object + 1; i < document.nodes_.size(); i = document.nodes_[i].next)
      keys.push_back(document.key(document.nodes_[i]));
    std::sort(keys.begin(), keys.end());
    const auto twice = std::adjacent_find(keys.begin(), keys.end());
    if (twice == keys.end()) return;
    auto pointer = where();
    append_pointer(pointer, *twice);
    throw failure("the same key twice", std::move(pointer));
  }

  /// Pointer to the innermost open container.
  [[nodiscard]] std::string where() const {
    std::string pointer;
    for (std::size_t i = 1; i < open_nodes.size(); ++i) {
      const auto& parent = document.nodes_[open_nodes[i - 1]];
      append_pointer(pointer, parent.kind == json_kind::object
                                  ? std::string(document.key(document.nodes_[open_nodes[i]]))
                                  : std::to_string(parent.count - 1));
    }
    return pointer;
  }

  json_document& document;
  std::vector<std::uint32_t> open_nodes;
  std::vector<std::string_view> keys;
  std::uint32_t text_at = 0; ///< where the key, string or number being collected starts
  std::uint32_t key_at = 0;
  std::uint32_t key_size = 0;
};

json_document::json_document(std::string_view text) {
  if (text.size() > json_bytes_max)
    throw failure("longer than " + std::to_string(json_bytes_max) + " bytes");
  boost::json::parse_options options;
  options.max_depth = json_depth_max;
  boost::json::basic_parser<builder> parser(options, *this);
  boost::json::error_code ec;
  const auto read = parser.write_some(false, text.data(), text.size(), ec);
  if (ec == boost::json::error::too_deep) fail_too_deep(true);
  if (ec) throw failure("no JSON: " + ec.message() + " at byte " + std::to_string(read));
  if (read != text.size())
    throw failure("no JSON: text after the value at byte " + std::to_string(read));
}

} // namespace acta::codec_detail
