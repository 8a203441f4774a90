// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Parsed JSON as one flat array of nodes, for codec/json_reader.hpp. Private to the codecs.
///
/// A container's children follow it; `next` jumps over a node and all below it. Numbers keep their
/// text, so each reader converts it once, exactly, to the type it needs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace acta {

/// Longest JSON text that is read. A document takes up to 16 times its size while it is read.
inline constexpr std::size_t json_bytes_max = 16 * 1024 * 1024;

} // namespace acta

namespace acta::codec_detail {

enum class json_kind : std::uint8_t { null, boolean, number, string, array, object };

struct json_node {
  json_kind kind = json_kind::null;
  bool truth = false;      ///< of a boolean
  bool used = false;       ///< a reader has taken this member
  std::uint32_t count = 0; ///< elements or members
  std::uint32_t next = 0;
  std::uint32_t text_at = 0; ///< of a string or number, in the document's text
  std::uint32_t text_size = 0;
  std::uint32_t key_at = 0;
  std::uint32_t key_size = 0;
};

/// Appends `/token` to a JSON pointer. Source: RFC 6901, section 3.
void append_pointer(std::string& pointer, std::string_view token);

class json_document {
public:
  /// Throws failure: longer than `json_bytes_max`, not JSON (`at byte N`), a key twice (with its
  /// pointer), nested deeper than `json_depth_max`, trailing text.
  explicit json_document(std::string_view text);

  [[nodiscard]] json_node& operator[](std::uint32_t index) noexcept { return nodes_[index]; }
  [[nodiscard]] const json_node& operator[](std::uint32_t index) const noexcept {
    return nodes_[index];
  }
  [[nodiscard]] std::string_view text(const json_node& node) const noexcept {
    return {text_.data() + node.text_at, node.text_size};
  }
  [[nodiscard]] std::string_view key(const json_node& node) const noexcept {
    return {text_.data() + node.key_at, node.key_size};
  }

private:
  struct builder;

  std::vector<json_node> nodes_;
  std::string text_; ///< keys, strings and numbers, one behind the other
};

} // namespace acta::codec_detail
