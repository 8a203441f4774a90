// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/core/utf8.hpp>
#include <acta/domain/codec/errc.hpp>
#include <acta/domain/codec/failure.hpp>
#include <acta/domain/codec/fields.hpp>
#include <acta/domain/codec/json.hpp>
#include <acta/domain/codec/json_document.hpp>

#include <algorithm>
#include <optional>
#include <vector>

namespace acta {

namespace {

/// One `name:shape` of a class.
struct field {
  std::string_view name;
  std::string_view shape;
  [[nodiscard]] bool optional() const { return shape.starts_with('?'); }
};

/// The fields of `{a:x,b:{c:y,d:z}}`: a and b. Nothing if it is no class with names.
std::optional<std::vector<field>> fields_of(std::string_view shape) {
  if (!shape.starts_with('{') || !shape.ends_with('}') || shape.starts_with("{#"))
    return std::nullopt;
  shape = shape.substr(1, shape.size() - 2);
  std::vector<field> all;
  while (!shape.empty()) {
    const auto colon = shape.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    int depth = 0;
    auto end = colon + 1;
    for (; end < shape.size() && (depth != 0 || shape[end] != ','); ++end) {
      if (shape[end] == '"') { // a name that may hold brackets
        for (++end; end < shape.size() && shape[end] != '"'; ++end)
          if (shape[end] == '\\') ++end;
        continue;
      }
      if (std::string_view("{[(<").find(shape[end]) != std::string_view::npos) ++depth;
      if (std::string_view("}])>").find(shape[end]) != std::string_view::npos) --depth;
    }
    all.push_back({shape.substr(0, colon), shape.substr(colon + 1, end - colon - 1)});
    shape.remove_prefix(std::min(shape.size(), end + 1));
  }
  return all;
}

error wrong(std::string_view name, std::string what) {
  std::string pointer;
  codec_detail::append_pointer(pointer, name);
  return error(codec_errc::json_invalid, std::move(what), std::move(pointer));
}

bool is_quoted(std::string_view shape, std::string_view text) {
  while (shape.starts_with('?')) {
    shape.remove_prefix(1);
    if (text == "null" && shape != "string") return false;
  }
  if (shape == "string" || shape == "uuid" || shape == "position" || shape.starts_with("time<"))
    return true;
  if (shape == "f64" || shape == "f32")
    return text == "NaN" || text == "Infinity" || text == "-Infinity";
  // An enum with names: what is not in quotes already is one of them.
  return shape.starts_with("enum<") && shape.find(':') != std::string_view::npos &&
         !text.starts_with('"');
}

/// Alone, or the text could close the object around it and begin another.
result<void> check_json(const named_text& field) {
  try {
    codec_detail::json_document{field.text};
    return {};
  } catch (...) {
    return wrong(field.name,
                 std::string(codec_detail::caught(codec_errc::json_invalid, {}).detail()));
  }
}

} // namespace

result<std::string> json_of_fields(std::string_view shape, std::span<const named_text> fields) {
  const auto known = fields_of(shape);
  if (!known)
    return error(codec_errc::json_invalid,
                 "this has no named fields to give one by one; send it as JSON");
  for (const auto& f : fields) {
    if (std::ranges::find(*known, f.name, &field::name) == known->end())
      return wrong(f.name, "no such field");
    if (std::ranges::count(fields, f.name, &named_text::name) > 1)
      return wrong(f.name, "the same field twice");
  }
  std::string out = "{";
  for (const auto& k : *known) {
    if (out.size() > 1) out += ',';
    append_json_string(out, k.name);
    out += ':';
    const auto given = std::ranges::find(fields, k.name, &named_text::name);
    if (given == fields.end()) {
      if (!k.optional()) return wrong(k.name, "missing");
      out += "null";
    } else if (is_quoted(k.shape, given->text)) {
      if (!is_utf8(given->text)) return wrong(k.name, "a string must be UTF-8");
      append_json_string(out, given->text);
    } else {
      if (auto ok = check_json(*given); !ok) return std::move(ok).error();
      out += given->text;
    }
  }
  return out += '}';
}

} // namespace acta
