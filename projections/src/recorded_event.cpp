// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/projections/recorded_event.hpp>

#include <acta/domain/codec/shape.hpp>
#include <acta/domain/errc.hpp>

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
  // Each part has a number in ids and keys.
  if (constexpr std::size_t parts_max = 65'536; today.all().size() > parts_max)
    return error(domain_errc::upcast_threw, "the upcasts make " +
                                                std::to_string(today.all().size()) +
                                                " events of one; at most 65536 are taken");
  return today;
}

result<std::string> recorded_event::to_json() const {
  std::string json;
  result<void> written;
  if (known_as)
    written = known_as->append_json(payload, json);
  else if (known_before && !known_before->is_retired())
    written = known_before->append_json(payload, json);
  else if (shape)
    written = append_json_of(*shape, payload, json);
  else
    written = known_before ? result<void>(no_reader(type, schema)) : check_reader();
  if (!written) return std::move(written).error();
  return json;
}

} // namespace acta
