// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/projections/catalog.hpp>

#include <algorithm>

namespace acta {

result<std::shared_ptr<const catalog>> catalog::make(const model& m, persistence::partition& p,
                                                     std::shared_ptr<const shapes> stored) {
  std::shared_ptr<catalog> made(new catalog(p));
  made->shapes_ = std::move(stored);
  for (const auto& type : m.aggregates()) {
    std::vector<std::string> names{type->name};
    auto versions = versions_of(*type);
    for (const auto& v : versions) names.emplace_back(v.name);
    auto ids = p.intern(names);
    if (!ids) return std::move(ids).error();
    const std::size_t needed = *std::ranges::max_element(*ids) + 1;
    if (made->events_.size() < needed) {
      made->events_.resize(needed);
      made->aggregates_.resize(needed);
    }
    made->aggregates_[ids->front()] = type->name;
    for (std::size_t i = 0; i < versions.size(); ++i)
      made->events_[(*ids)[i + 1]] = {type, std::move(versions[i])};
  }
  return std::shared_ptr<const catalog>(std::move(made));
}

const catalog::known_event* catalog::find(std::uint32_t name) const noexcept {
  return name < events_.size() && events_[name].aggregate ? &events_[name] : nullptr;
}

std::uint32_t catalog::id_of_aggregate(std::string_view name) const noexcept {
  const auto at = std::ranges::find(aggregates_, name);
  return at == aggregates_.end() || name.empty()
             ? 0
             : static_cast<std::uint32_t>(at - aggregates_.begin());
}

std::uint32_t catalog::id_of_event(std::string_view name) const noexcept {
  const auto at = std::ranges::find_if(
      events_, [&](const auto& e) { return e.aggregate && e.versions.name == name; });
  return at == events_.end() ? 0 : static_cast<std::uint32_t>(at - events_.begin());
}

void describe_commit(const persistence::commit_view& commit, metadata& m) {
  const auto& header = commit.header();
  m.recorded_at = commit.recorded_at();
  m.command_id = header.command_id;
  m.correlation_id = header.correlation_id;
  m.causation_id = header.causation_id;
  m.caller = header.caller;
  m.attributes = commit.attributes_of();
}

void catalog::describe(const persistence::commit_view& commit, metadata& m) const {
  const auto& header = commit.header();
  const auto aggregate = header.aggregate_name;
  if (aggregate < aggregates_.size() && !aggregates_[aggregate].empty())
    m.stream = aggregates_[aggregate];
  else
    m.stream = partition_.name_of(aggregate);
  m.stream += '/';
  m.stream += header.stream_id;
  describe_commit(commit, m);
}

recorded_event catalog::record(const persistence::event_view& event,
                               const metadata& of_commit) const {
  recorded_event r;
  r.metadata = of_commit;
  r.metadata.version = event.version;
  r.metadata.position = {partition_.number(), event.position};
  r.schema = event.schema;
  r.payload.append(event.payload);
  const auto* known = find(event.name);
  r.type = known != nullptr ? std::string(known->versions.name) : partition_.name_of(event.name);
  event_reader reader;
  if (known != nullptr) {
    r.aggregate = known->aggregate;
    reader = known->versions.find(event.schema);
  }
  if (reader.present != nullptr)
    r.known_as = std::shared_ptr<const event_type>(r.aggregate, reader.present);
  if (reader.earlier != nullptr)
    r.known_before = std::shared_ptr<const earlier_event_type>(r.aggregate, reader.earlier);
  const auto has_type =
      reader.present != nullptr || (reader.earlier != nullptr && !reader.earlier->is_retired());
  if (has_type || !shapes_) return r;
  if (const auto shape = shapes_->find(std::pair(r.type, event.schema)); shape != shapes_->end())
    r.shape = std::shared_ptr<const std::string>(shapes_, &shape->second);
  return r;
}

} // namespace acta
