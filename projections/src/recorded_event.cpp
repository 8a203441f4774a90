// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/projections/recorded_event.hpp>

#include <algorithm>

namespace acta {

result<void> recorded_event::check_reader() const {
  if (known_as || known_before) return {};
  if (!aggregate) return no_reader(type, schema);
  const auto all = versions_of(*aggregate);
  return std::ranges::find(all, type, &event_versions::name)->no_reader(schema);
}

result<present_events> recorded_event::upcast() const {
  if (auto readable = check_reader(); !readable) return std::move(readable).error();
  present_events today;
  if (!known_before->is_retired())
    if (auto made = known_before->upcast(payload, metadata, today); !made)
      return std::move(made).error();
  return today;
}

result<std::string> recorded_event::to_json() const {
  if (auto readable = check_reader(); !readable) return std::move(readable).error();
  if (known_before && known_before->is_retired()) return no_reader(type, schema);
  std::string json;
  const auto append_json = known_as ? known_as->append_json : known_before->append_json;
  if (auto written = append_json(payload, json); !written) return std::move(written).error();
  return json;
}

} // namespace acta
