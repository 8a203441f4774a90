// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/domain/aggregate_type.hpp>
#include <acta/domain/codec/shape.hpp>
#include <acta/domain/errc.hpp>

#include <algorithm>
#include <string>

namespace acta {

const earlier_event_type* event_versions::find_earlier(std::uint16_t schema) const noexcept {
  const auto at = std::ranges::find_if(
      earlier, [&](const auto* e) { return e->is_retired() || e->schema == schema; });
  return at == earlier.end() ? nullptr : *at;
}

error event_versions::no_reader(std::uint16_t schema) const {
  unsigned newest = present != nullptr ? present->schema : 0;
  for (const auto* e : earlier) newest = std::max<unsigned>(newest, e->schema);
  if (schema < newest) return acta::no_reader(name, schema);
  return error(domain_errc::newer_schema,
               "a later release of the program wrote " + std::string(name) + " schema " +
                   std::to_string(schema) + "; this one reads it up to schema " +
                   std::to_string(newest));
}

std::vector<event_versions> versions_of(const aggregate_type& type) {
  std::vector<event_versions> all;
  for (const auto& e : type.events) all.push_back({e.name, &e, {}});
  for (const auto& e : type.earlier) {
    auto at = std::ranges::find(all, e.name, &event_versions::name);
    if (at == all.end()) at = all.insert(at, {e.name, nullptr, {}});
    at->earlier.push_back(&e);
  }
  return all;
}

bool may_be(const aggregate_type& of, const event_versions& versions,
            const std::type_info& event) noexcept {
  const auto is_one = [&](std::size_t i) {
    return *of.events[i].type == event &&
           (versions.present == &of.events[i] ||
            std::ranges::any_of(versions.earlier, [i](const auto* e) { return e->may_be[i]; }));
  };
  for (std::size_t i = 0; i < of.events.size(); ++i)
    if (is_one(i)) return true;
  return false;
}

error no_reader(std::string_view name, std::uint16_t schema) {
  return error(domain_errc::unknown_event, "this program has no type for " + std::string(name) +
                                               " schema " + std::to_string(schema));
}

namespace detail {

namespace {

void count_in(std::uint64_t& fingerprint, std::string_view history) {
  if (!history.empty()) fingerprint = fingerprint_of(std::to_string(fingerprint).append(history));
}

} // namespace

void count_in_history(aggregate_type& t) {
  std::string history;
  for (const auto& e : t.earlier) {
    history.append(" ").append(e.name).append("@" + std::to_string(e.schema) + '>');
    for (std::size_t i = 0; i < e.may_be.size(); ++i)
      if (e.may_be[i]) history.append(t.events[i].name).append(",");
  }
  count_in(t.fingerprint, history);
}

void count_in_inputs(aggregate_type& t, std::span<const std::string> retired) {
  std::string history;
  for (const auto& input : t.commands)
    for (const auto& version : input.earlier)
      history.append(" ").append(input.name).append("@" + std::to_string(version.schema));
  for (const auto& name : retired) history.append(" ").append(name).append("@0");
  count_in(t.fingerprint, history);
}

} // namespace detail

} // namespace acta
