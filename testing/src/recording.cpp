// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/testing/recording.hpp>

#include <algorithm>

namespace acta::testing::detail {

void check_stream(const std::string& stream) {
  const auto refuse = [&](std::string_view why) {
    report()
        .line("stream", stream)
        .line("error", why)
        .fail(promise::valid_test, "in: there can be no stream of this name");
  };
  const auto slash = stream.find('/');
  if (slash == std::string::npos) refuse("a stream is written aggregate/id, like cart/42");
  const auto name = std::string_view(stream).substr(0, slash);
  if (const auto ok = check_type_name(name); !ok) refuse(ok.error().to_string());
  const auto id = std::string_view(stream).substr(slash + 1);
  if (const auto ok = check_stream_id(id); !ok) refuse(ok.error().to_string());
}

std::vector<std::string> show_past(const std::vector<recorded>& past) {
  const bool one_stream =
      std::ranges::all_of(past, [](const auto& e) { return e->metadata.stream == default_stream; });
  std::vector<std::string> shown;
  for (const auto& e : past)
    shown.push_back(one_stream ? e->shown : e->metadata.stream + ' ' + e->shown);
  return shown;
}

} // namespace acta::testing::detail
