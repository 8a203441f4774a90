// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/testing/failure.hpp>

#include <algorithm>
#include <cstddef>

namespace acta::testing {

namespace {

constexpr std::size_t label_width = 10;

std::string in_column(std::string_view label) {
  std::string text("  ");
  text.append(label);
  text.append(label_width - std::min(label.size(), label_width - 1), ' ');
  return text;
}

} // namespace

report& report::line(std::string_view label, std::string_view text) {
  text_.append(in_column(label)).append(text).append("\n");
  return *this;
}

report& report::list(std::string_view label, const std::vector<std::string>& items) {
  if (items.empty()) return line(label, "nothing");
  if (items.size() == 1) return line(label, items.front());
  for (std::size_t i = 0; i < items.size(); ++i)
    line(i == 0 ? label : "", std::to_string(i + 1) + ". " + items[i]);
  return *this;
}

report& report::at(const source_place& where) {
  where_ = std::string(where.file_name()) + ':' + std::to_string(where.line());
  return *this;
}

void report::fail(promise broken, std::string_view headline) const {
  auto last = *this;
  if (!where_.empty()) last.line("at", where_);
  last.text_.pop_back(); // frameworks end the text themselves
  throw failure(broken, std::string(headline) + '\n' + last.text_);
}

} // namespace acta::testing
