// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// Reading states and events on the caller's thread, without disturbing the actors.
#include "engine.hpp"

#include <acta/domain/errc.hpp>
#include <acta/runtime/errc.hpp>

namespace acta::detail {

result<replay_start> engine::restore_snapshot(const binding& b, const persistence::stream_key& key,
                                              version_number version_max,
                                              std::optional<time_point> time_max,
                                              erased_state& state) {
  auto found = b.partition->newest_snapshot(key);
  if (!found) return std::move(found).error();
  if (!*found) return replay_start{};
  const auto& s = **found;
  if (s.version > version_max || (time_max && s.recorded_at > *time_max)) return replay_start{};
  const auto ignore = [&](std::string_view why) {
    counters_.snapshots_ignored.fetch_add(1, std::memory_order_relaxed);
    log(log_level::info, "{}: snapshot at version {} ignored: {}", key.text(), s.version, why);
    state = b.type->create();
    return replay_start{};
  };
  if (s.fingerprint != b.type->fingerprint)
    return ignore("it was taken by a release with another state, or other upcasts");
  if (auto decoded = b.type->decode_state(s.state, state.get()); !decoded)
    return ignore(decoded.error().to_string());
  return replay_start{s.version, s.position, s.recorded_at};
}

namespace {

/// Applies events of earlier releases to a state. Costs next to nothing until there is one.
class earlier_replay final : present_visitor {
public:
  earlier_replay(const aggregate_type& type, void* state) : type_(type), state_(state) {}

  /// @param describe  fills in all about the commit but version and position
  template <class F>
  result<void> apply(const earlier_event_type& event, const persistence::event_view& e,
                     std::uint32_t partition, F&& describe) {
    static const metadata unasked;
    if (event.is_retired()) return {};
    if (!event.wants_metadata) return event.upcast(e.payload, unasked, *this);
    if (!about_) describe(about_.emplace());
    about_->version = e.version;
    about_->position = {partition, e.position};
    return event.upcast(e.payload, *about_, *this);
  }

private:
  result<void> take(const one& next) override {
    return type_.events[next.event].evolve(state_, next.value);
  }

  const aggregate_type& type_;
  void* state_;
  std::optional<metadata> about_;
};

} // namespace

std::optional<error> engine::replay(const binding& b, const persistence::commit_view& commit,
                                    version_number& version, version_number target, void* state) {
  std::optional<error> failed;
  earlier_replay before(*b.type, state);
  const auto describe = [&](metadata& m) {
    read_side_->names(b.partition->number()).describe(commit, m);
  };
  commit.for_each_event([&](const persistence::event_view& e) {
    if (failed || e.version <= version || e.version > target) return;
    const auto where = [&] {
      return acta::position{b.partition->number(), e.position}.to_string();
    };
    if (e.version != version + 1) {
      failed = error(persistence::errc::corrupt_commit,
                     "version " + std::to_string(version + 1) + " is missing before " +
                         std::to_string(e.version),
                     where());
      return;
    }
    const auto* known = b.find_versions(e.name);
    const auto [present, earlier] = known != nullptr ? known->find(e.schema) : event_reader{};
    if (present == nullptr && earlier == nullptr) {
      // A name that the newest release does not know is refused at open.
      const auto why = known != nullptr ? known->no_reader(e.schema)
                                        : error(domain_errc::newer_schema,
                                                "a later release of the program wrote " +
                                                    b.partition->name_of(e.name) +
                                                    ", an event that this one does not have");
      failed = error(why.code(), std::string(why.detail()), where());
      return;
    }
    const auto applied = present != nullptr
                             ? present->apply(state, e.payload)
                             : before.apply(*earlier, e, b.partition->number(), describe);
    if (!applied)
      failed =
          error(applied.error().code(),
                std::string(known->name) + ": " + std::string(applied.error().detail()), where());
    else
      version = e.version;
  });
  return failed;
}

result<acta::state_json>
engine::read_state(std::string_view aggregate, std::string_view id, const moment& when,
                   const std::function<result<void>(const aggregate_type&, erased_state&)>& use) {
  const auto* r = find_route(aggregate);
  if (r == nullptr)
    return error(domain_errc::unknown_aggregate, "no aggregate '" + std::string(aggregate) + "'");
  if (auto ok = check_stream_id(id); !ok) return std::move(ok).error();
  const persistence::stream_key key(r->type->name, id);
  const auto& b = bound(*r, key);

  auto target = std::numeric_limits<version_number>::max();
  std::optional<time_point> until;
  if (const auto* v = std::get_if<at_version>(&when)) target = v->version;
  if (const auto* t = std::get_if<at_time>(&when)) until = t->time;

  auto state = b.type->create();
  auto from = restore_snapshot(b, key, target, until, state);
  if (!from) return std::move(from).error();
  acta::state_json found;
  found.stream = key.text();
  found.version = from->version;
  found.position = {b.partition->number(), from->position};
  std::optional<error> failed;
  if (found.version < target) {
    auto read = b.partition->read_stream(
        key, found.version + 1, [&](const persistence::commit_view& commit) {
          if (until && commit.recorded_at() > *until) return false;
          failed = replay(b, commit, found.version, target, state.get());
          found.position.number = commit.position() + (found.version - commit.first_version());
          return !failed && found.version < target;
        });
    if (!read) return std::move(read).error();
  }
  if (failed) return std::move(*failed);
  if (found.version == 0)
    return error(errc::not_found,
                 key.text() + " has no events" + (when.index() == 0 ? "" : " by then"));
  if (const auto* v = std::get_if<at_version>(&when); v != nullptr && found.version != v->version)
    return error(errc::not_found, key.text() + " has no version " + std::to_string(v->version) +
                                      " yet, it is at " + std::to_string(found.version));
  if (auto used = use(*b.type, state); !used) return std::move(used).error();
  return found;
}

result<std::vector<recorded_event>> engine::read_events(std::string_view aggregate,
                                                        std::string_view id, event_range range) {
  const auto* r = find_route(aggregate);
  if (r == nullptr)
    return error(domain_errc::unknown_aggregate, "no aggregate '" + std::string(aggregate) + "'");
  if (auto ok = check_stream_id(id); !ok) return std::move(ok).error();
  const persistence::stream_key key(r->type->name, id);
  const auto& b = bound(*r, key);
  std::vector<recorded_event> events;
  if (range.limit == 0) return events;
  const auto& names = read_side_->names(b.partition->number());
  metadata of_commit;
  auto read = b.partition->read_stream(
      key, std::max<version_number>(1, range.from), [&](const persistence::commit_view& c) {
        names.describe(c, of_commit);
        c.for_each_event([&](const persistence::event_view& e) {
          if (e.version >= range.from && events.size() < range.limit)
            events.push_back(names.record(e, of_commit));
        });
        return events.size() < range.limit;
      });
  if (!read) return std::move(read).error();
  return events;
}

namespace {

error no_aggregate(std::string_view name) {
  return error(domain_errc::unknown_aggregate, "no aggregate '" + std::string(name) + "'");
}

} // namespace

result<engine::recall> engine::recall_command(std::string_view aggregate, std::string_view id,
                                              const uuid& command_id, position cause) {
  const auto* r = find_route(aggregate);
  if (r == nullptr) return no_aggregate(aggregate);
  const persistence::stream_key key(r->type->name, id);
  auto& partition = *bound(*r, key).partition;
  auto found = partition.find_command(key, command_id);
  if (!found) return std::move(found).error();
  if (*found) return recall::taken;
  // What is forgotten is known by positions alone: clocks of two partitions may have disagreed.
  const auto forgotten = partition.forgotten_up_to();
  if (!forgotten) return forgotten.error();
  const bool came_later = cause.partition == partition.number() && cause.number >= *forgotten;
  return *forgotten == 0 || came_later ? recall::not_taken : recall::forgotten;
}

result<void> engine::visit_commands(std::string_view aggregate, std::string_view id,
                                    const std::function<bool(const uuid&, position)>& visit) {
  const auto* r = find_route(aggregate);
  if (r == nullptr) return no_aggregate(aggregate);
  const persistence::stream_key key(r->type->name, id);
  auto& partition = *bound(*r, key).partition;
  return partition.read_stream(key, 1, [&](const persistence::commit_view& c) {
    return visit(c.header().command_id, position{partition.number(), c.position()});
  });
}

journal_proof engine::journal_proof() const {
  return {
      [this](position at) {
        // What cannot be proved is compared by its position alone.
        auto proof = store_->partitions()[at.partition]->checkpoint_at(at.number);
        return proof ? *proof : persistence::checkpoint{at.number, 0};
      },
      [this](std::uint32_t partition, const persistence::checkpoint& at) -> result<bool> {
        auto held = store_->partitions()[partition]->holds(at);
        if (!held && held.error().code() == persistence::errc::corrupt_commit) {
          log(log_level::error,
              "whether what is kept beside partition {} belongs to its journal cannot be told: {}",
              partition, held.error().to_string());
          return true;
        }
        return held;
      }};
}

namespace {

/// When the commit that holds `from`, or the next one behind it that can be read, was recorded;
/// nothing if there is none before `end`.
result<std::optional<time_point>> next_time(persistence::partition& p, std::uint64_t from,
                                            std::uint64_t end) {
  while (from < end) {
    std::optional<time_point> found;
    auto read = p.read_log(from, [&](const persistence::commit_view& c) {
      found = c.recorded_at();
      return false;
    });
    if (read) return found;
    if (read.error().code() != condition::corrupt) return std::move(read).error();
    auto next = p.next_commit(from);
    if (!next) return std::move(next).error();
    from = *next;
  }
  return std::optional<time_point>{};
}

} // namespace

result<std::optional<time_point>> engine::forgotten_until() {
  std::optional<time_point> last;
  for (const auto& p : store_->partitions()) {
    const auto position = p->forgotten_up_to();
    if (!position) return position.error();
    if (*position == 0) continue;
    auto read = next_time(*p, *position, p->last_position() + 1);
    if (!read) return std::move(read).error();
    const auto time = read->value_or(now());
    last = std::max(last.value_or(time), time);
  }
  return last;
}

const binding& engine::bound(const route& r, const persistence::stream_key& key) const {
  return *r.by_partition[r.by_partition.size() == 1 ? 0 : store_->of(key).number()];
}

} // namespace acta::detail
