// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/domain/picture.hpp>
#include <acta/domain/view.hpp>

#include <algorithm>

namespace acta {

const index_type* view_type::find_index(std::string_view index) const noexcept {
  const auto at = std::ranges::find(indexes, index, &index_type::name);
  return at == indexes.end() ? nullptr : &*at;
}

std::string_view event_context::id() const noexcept {
  const std::string_view stream = metadata_.stream;
  return stream.substr(stream.find('/') + 1);
}

namespace detail {

void finish_view_type(view_type& t) {
  auto text = t.name + ':' + t.row_layout;
  for (const auto& i : t.indexes) {
    text += (i.unique ? "|unique " : "|index ") + i.name;
    for (const auto kind : i.columns) (text += ',') += to_string(kind);
  }
  t.layout_fingerprint = fingerprint_of(text);
  text += '@' + std::to_string(t.schema);
  for (const auto& e : t.events) ((text += ' ') += e.name) += '@' + std::to_string(e.schema);
  // Enums that have other names or values: the rows can be read, and may mean something else.
  if (t.row_shape != t.row_layout) text.append(" ").append(t.row_shape);
  t.fingerprint = fingerprint_of(text);
}

error row_not_found(std::string_view view, std::string_view key) {
  return error(errc::not_found,
               "view '" + std::string(view) + "' has no row '" + std::string(key) + "'");
}

} // namespace detail
} // namespace acta
