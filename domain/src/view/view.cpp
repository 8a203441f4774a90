// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/domain/picture.hpp>
#include <acta/domain/view.hpp>

namespace acta::detail {

void finish_view_type(view_type& t) {
  auto text = t.name + ':' + t.row_shape;
  for (const auto& i : t.indexes) {
    text += (i.unique ? "|unique " : "|index ") + i.name;
    for (const auto kind : i.columns) (text += ',') += to_string(kind);
  }
  t.layout_fingerprint = fingerprint_of(text);
  text += '@' + std::to_string(t.schema);
  for (const auto& e : t.events) ((text += ' ') += e.name) += '@' + std::to_string(e.schema);
  t.fingerprint = fingerprint_of(text);
}

error row_not_found(std::string_view view, std::string_view key) {
  return error(errc::not_found,
               "view '" + std::string(view) + "' has no row '" + std::string(key) + "'");
}

} // namespace acta::detail
