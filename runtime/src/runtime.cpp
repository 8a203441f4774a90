// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/runtime/runtime.hpp>

#include "causes.hpp"
#include "check_options.hpp"
#include "engine.hpp"
#include "schedules.hpp"

#include <acta/core/printable.hpp>
#include <acta/domain/errc.hpp>

#include <algorithm>
#include <system_error>
#include <thread>

namespace acta {

namespace {

persistence::store_options store_options_from(const runtime_options& o) {
  persistence::store_options s;
  s.partitions = o.partitions;
  s.create = o.create;
  s.partition.queue_bytes_max = o.journal_queue_bytes_max;
  s.partition.linger = o.journal_linger;
  s.partition.journal_map_bytes = o.journal_map_bytes;
  s.partition.derived_map_bytes = o.derived_map_bytes;
  s.partition.index_commits_max = o.index_commits_max;
  s.partition.index_delay_max = o.index_delay_max;
  s.partition.dedupe_keep = o.dedupe_keep;
  s.partition.clock = o.clock;
  s.partition.monotonic = o.monotonic;
  if (o.log)
    s.progress = [log = o.log](std::string_view what, double share) {
      log(log_level::info, fmt::format("{}: {:.0f} %", what, share * 100));
    };
  return s;
}

/// Times are microseconds in 64 bits, and `dedupe_keep` is taken from them.
void keep_to_limits(runtime_options& o) {
  o.log = printable_lines(std::move(o.log)); // ids and texts in it are others'
  o.dedupe_keep = std::clamp(o.dedupe_keep, std::chrono::hours{0}, dedupe_keep_max);
}

/// Null if the system gives it no threads.
std::unique_ptr<detail::engine> make_engine(model m, runtime_options options,
                                            std::unique_ptr<persistence::store> store) try {
  return std::make_unique<detail::engine>(std::move(m), std::move(options), std::move(store),
                                          actors::make_caf_host);
} catch (const std::system_error&) { return nullptr; }

/// The table must be of the very type the caller names: the same name over another type would be
/// memory corruption.
const detail::engine::route* typed_route(const detail::engine& e, const std::type_info& type,
                                         std::string_view name) {
  const auto* r = e.find_route(name);
  return r != nullptr && *r->type->type == type ? r : nullptr;
}

} // namespace

runtime::runtime(std::unique_ptr<detail::engine> e) noexcept : engine_(std::move(e)) {}
runtime::runtime(runtime&&) noexcept = default;
runtime& runtime::operator=(runtime&&) noexcept = default;
runtime::~runtime() = default;

result<runtime> runtime::start(std::unique_ptr<detail::engine> e) {
  try {
    if (!e) return error(errc::io, "starting the runtime: no more threads are to be had");
    if (auto started = e->start(); !started) return std::move(started).error();
    return runtime(std::move(e));
  } catch (const std::system_error& failed) {
    return error(errc::io, std::string("starting the runtime's threads: ") + failed.what());
  }
}

result<runtime> runtime::open(const std::filesystem::path& folder, acta::model m,
                              runtime_options options) {
  if (auto ok = m.check(); !ok) return std::move(ok).error(); // before a store is created for it
  if (auto ok = detail::check_channels(m, options); !ok) return std::move(ok).error();
  if (auto ok = detail::check_options(options); !ok) return std::move(ok).error();
  keep_to_limits(options);
  auto store = persistence::store::open(folder, store_options_from(options));
  if (!store) return std::move(store).error();
  return start(make_engine(std::move(m), std::move(options), std::move(store).value()));
}

result<runtime> runtime::in_memory(acta::model m, runtime_options options) {
  if (auto ok = detail::check_options(options); !ok) return std::move(ok).error();
  keep_to_limits(options);
  auto store = persistence::store::in_memory(store_options_from(options));
  return start(make_engine(std::move(m), std::move(options), std::move(store)));
}

pending runtime::submit(const std::type_info& type, std::string_view aggregate, std::string_view id,
                        std::size_t command, erased_command payload, command_options options) {
  detail::ticket_ptr t;
  engine_->submit(typed_route(*engine_, type, aggregate), aggregate, id, command,
                  std::move(payload), std::move(options), t, detail::engine::sender::caller);
  return pending(std::move(t));
}

bool runtime::submit_and_forget(const std::type_info& type, std::string_view aggregate,
                                std::string_view id, std::size_t command, erased_command payload,
                                command_options options) {
  detail::ticket_ptr t;
  const auto taken =
      engine_->submit(typed_route(*engine_, type, aggregate), aggregate, id, command,
                      std::move(payload), std::move(options), t, detail::engine::sender::caller);
  if (!taken) return false;
  // It was taken, so outstanding_max bounds how many there are.
  pending(std::move(t))
      .then_without_waiting(
          [e = engine_.get(),
           stream = std::string(aggregate) + '/' + std::string(id)](const result<receipt>& r) {
            if (!r)
              e->log(log_level::warning, "{}: a command sent without waiting failed: {}", stream,
                     r.error().to_string());
          });
  return true;
}

pending runtime::ask_json(std::string_view aggregate, std::string_view id, std::string_view command,
                          std::string_view json, command_options options) {
  if (!engine_->is_open(aggregate, command)) {
    auto t = engine_->make_ticket();
    t->answer(error(domain_errc::unknown_command, "process '" + std::string(aggregate) +
                                                      "' takes '" + std::string(command) +
                                                      "' from the runtime alone"));
    return pending(std::move(t));
  }
  return engine_->submit_json(aggregate, id, command, json, std::move(options),
                              detail::engine::sender::caller);
}

result<schedule_id> runtime::schedule_json(std::string_view aggregate, std::string_view id,
                                           std::string_view command, std::string_view json,
                                           const timing& when, const schedule_options& options) {
  return detail::schedules(*engine_).start(
      {{std::string(aggregate), std::string(id), std::string(command), std::string(json)},
       when,
       options.misfire,
       options.misfire_after,
       options.first,
       options.until},
      options);
}
result<bool> runtime::cancel(std::string_view id, std::chrono::milliseconds timeout) {
  return detail::schedules(*engine_).cancel(id, timeout);
}
result<schedule_status> runtime::find_schedule(std::string_view id) {
  return detail::schedules(*engine_).status(id);
}
result<std::vector<schedule_status>> runtime::schedules(std::size_t limit, std::string_view after) {
  return detail::schedules(*engine_).list(limit, after);
}

result<void> runtime::read_state(const std::type_info& type, std::string_view aggregate,
                                 std::string_view id, const moment& when, void* into) {
  if (typed_route(*engine_, type, aggregate) == nullptr)
    return error(domain_errc::unknown_aggregate,
                 "no aggregate '" + std::string(aggregate) + "' of this type");
  auto read = engine_->read_state(
      aggregate, id, when, [&](const aggregate_type& t, erased_state& state) -> result<void> {
        t.move_state(state.get(), into);
        return {};
      });
  if (!read) return std::move(read).error();
  return {};
}

result<state_json> runtime::state_json(std::string_view aggregate, std::string_view id,
                                       moment when) {
  std::string json;
  auto read =
      engine_->read_state(aggregate, id, when, [&](const aggregate_type& t, erased_state& state) {
        return t.append_state_json(state.get(), json);
      });
  if (read) read->json = std::move(json);
  return read;
}

result<std::vector<recorded_event>> runtime::events(std::string_view aggregate, std::string_view id,
                                                    event_range range) {
  return engine_->read_events(aggregate, id, range);
}

result<event_causes> runtime::why(position event, const causes_options& limits) {
  return detail::cause_finder(*engine_).find(event, limits);
}

result<std::shared_ptr<const void>> runtime::answer(const std::type_info& type,
                                                    std::string_view query, const void* question,
                                                    const read_options& options,
                                                    answer_info* info) {
  const auto found = engine_->model().find_query(query);
  if (!found || *found->type != type)
    return error(domain_errc::unknown_query, "no query '" + std::string(query) + "' of this type");
  return engine_->read_side().answer(*found, question, options, info);
}

std::vector<subscriber_status> runtime::subscribers() const {
  return engine_->subscriber_status_of_all();
}

result<subscriber_handle> runtime::subscriber(std::string_view name) {
  auto* found = engine_->find_subscriber(name);
  if (found == nullptr)
    return error(domain_errc::unknown_subscriber, "no subscriber '" + std::string(name) + "'");
  return subscriber_handle(*found);
}

projections& runtime::read_side() const noexcept { return engine_->read_side(); }

bool runtime::stop(std::chrono::milliseconds deadline) { return engine_->stop(deadline); }
const acta::model& runtime::model() const noexcept { return engine_->model(); }
const recovery_summary& runtime::recovery() const noexcept { return engine_->recovery(); }
runtime_figures runtime::figures() const { return engine_->figures(); }
std::vector<quarantine> runtime::quarantined() const { return engine_->quarantined(); }
std::vector<stuck_delivery> runtime::stuck(std::size_t limit) const {
  return engine_->stuck(limit);
}
result<std::vector<set_aside_record>> runtime::set_aside(std::size_t limit,
                                                         std::string_view after) const {
  return engine_->set_aside(limit, after);
}
result<void> runtime::drop_set_aside(std::string_view id) { return engine_->drop_set_aside(id); }
void runtime::when_visible(std::string_view view, acta::position at_least,
                           std::chrono::steady_clock::time_point deadline,
                           std::function<void(result<void>)> f) {
  engine_->when_visible(view, at_least, deadline, std::move(f));
}
bool runtime::settle(std::chrono::milliseconds deadline) { return engine_->settle(deadline); }
bool runtime::release(std::string_view aggregate, std::string_view id) {
  return engine_->release(aggregate, id);
}

} // namespace acta
