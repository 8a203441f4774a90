// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/projections/projections.hpp>

#include "follower.hpp"
#include "past.hpp"
#include "pictures.hpp"
#include "query_cache.hpp"
#include "view_unit.hpp"

#include <acta/domain/errc.hpp>

#include <algorithm>
#include <future>

namespace acta {

namespace {

std::size_t threads_for(const projection_options& options, std::size_t views) {
  return options.threads != 0 ? options.threads : std::clamp<std::size_t>(views, 1, 4);
}

/// The end of the clock's time if that comes first.
std::chrono::steady_clock::time_point after_now(std::chrono::milliseconds time) {
  constexpr auto end = std::chrono::steady_clock::time_point::max();
  const auto now = std::chrono::steady_clock::now();
  // Compared in milliseconds: the longest time has no nanoseconds.
  return time < std::chrono::floor<std::chrono::milliseconds>(end - now) ? now + time : end;
}

result<void> json_of(const view_type& type, bytes_view bytes, std::string& out) {
  const auto row = type.create();
  if (auto decoded = type.decode(bytes, row.get()); !decoded) return decoded;
  return type.append_json(row.get(), out);
}

/// The view as this release builds it: whether an earlier event counts as one of its events is part
/// of what its rows rest on.
std::shared_ptr<const view_type> with_history(const view_type& type, const model& domain) {
  std::string versions;
  for (const auto& a : domain.aggregates())
    for (const auto& earlier : a->earlier)
      for (std::size_t i = 0; i < earlier.may_be.size(); ++i)
        if (earlier.may_be[i] && std::ranges::any_of(type.events, [&](const view_event& e) {
              return *e.type == *a->events[i].type;
            }))
          versions.append(" ")
              .append(earlier.name)
              .append("@" + std::to_string(earlier.schema) + '>' + a->events[i].name);
  auto made = std::make_shared<view_type>(type);
  if (!versions.empty())
    made->fingerprint = fingerprint_of(std::to_string(type.fingerprint) + versions);
  return made;
}

} // namespace

/// Destroyed from the last to the first: what reads before what is read, views before the host of
/// their actors.
struct projections::inside {
  explicit inside(setup s)
      : around{s.store,
               s.options,
               std::move(s.after),
               std::move(s.clock),
               std::move(s.log),
               s.make_host(threads_for(s.options, s.domain.views().size())),
               {}},
        domain(s.domain), taken(s.options.picture_age_max), cache(s.options.query_cache_bytes_max) {
  }

  [[nodiscard]] view_unit* find(std::string_view view) const noexcept {
    const auto at =
        std::ranges::find_if(units, [&](const auto& u) { return u->type().name == view; });
    return at == units.end() ? nullptr : at->get();
  }
  result<void> check(const read_options& options) const {
    if (options.at_least == position{}) return {};
    return around.check_event(options.at_least);
  }
  /// Uses a picture of one view, waiting for what `options` ask for.
  result<void> read(std::string_view view, const read_options& options,
                    const std::function<result<void>(live_picture&)>& use) {
    if (auto ok = check(options); !ok) return ok;
    auto* unit = find(view);
    if (unit == nullptr)
      return error(domain_errc::unknown_view, "no view '" + std::string(view) + "'");
    const auto deadline = after_now(options.timeout);
    for (;;) {
      const auto frozen = taken.take(std::span(&unit, 1), options.at_least);
      auto used = use(*frozen);
      if (used || frozen->late() == nullptr) return used;
      if (auto came = wait_for(*unit, options.at_least, deadline); !came) return came;
    }
  }
  /// The same, with the view's position for the answer.
  result<json_rows>
  read_json(std::string_view view, const read_options& options,
            const std::function<result<void>(const view_type&, row_reader&, json_rows&)>& use) {
    json_rows found;
    auto done = read(view, options, [&](live_picture& frozen) -> result<void> {
      found = {};
      auto used = frozen.with_rows(nullptr, view, [&](const view_type& type, row_reader& rows) {
        return use(type, rows, found);
      });
      if (!used) return used;
      auto at = frozen.positions(view);
      if (!at) return std::move(at).error();
      found.positions = std::move(*at);
      found.standing = find(view)->standing();
      return {};
    });
    if (!done) return std::move(done).error();
    return found;
  }
  /// Waits on this thread. Errors: as when_visible.
  static result<void> wait_for(view_unit& view, position until,
                               std::chrono::steady_clock::time_point deadline) {
    auto visible = std::make_shared<std::promise<result<void>>>();
    auto done = visible->get_future();
    view.when_visible(until, deadline,
                      [visible](result<void> r) { visible->set_value(std::move(r)); });
    return done.get();
  }
  void sweep_later() {
    const auto every = std::clamp<std::chrono::milliseconds>(around.options.picture_age_max / 8,
                                                             std::chrono::milliseconds{10},
                                                             std::chrono::milliseconds{1000});
    around.after(every, [this] {
      taken.sweep();
      sweep_later();
    });
  }

  surroundings around;
  const model& domain;
  std::vector<std::unique_ptr<view_unit>> units;
  std::vector<view_unit*> all_units;
  pictures taken;
  query_cache cache;
  std::atomic<std::uint64_t> queries{0};
  std::shared_ptr<detail::waiting_room> room = std::make_shared<detail::waiting_room>(around.sink);
  bool stopped = false;
};

projections::projections(std::unique_ptr<inside> i) noexcept : inside_(std::move(i)) {}

projections::~projections() {
  stop(std::chrono::steady_clock::now());
  inside_->taken.end_all(); // also those taken since
  // A view's code that has not returned still uses what is about to go.
  inside_->around.host->await_all(std::chrono::steady_clock::time_point::max());
}

result<std::unique_ptr<projections>> projections::open(setup s) {
  const auto shapes = s.stored_shapes;
  auto made = std::make_unique<inside>(std::move(s));
  auto& around = made->around;
  for (const auto& p : around.store.partitions()) {
    auto names = catalog::make(made->domain, *p, shapes);
    if (!names) return std::move(names).error();
    around.feeds.push_back(
        std::make_unique<feed>(*p, std::move(*names), around.options.tail_bytes_max));
  }
  std::unique_ptr<projections> opened(new projections(std::move(made)));
  auto& in = *opened->inside_;
  for (const auto& type : in.domain.views()) {
    in.units.push_back(std::make_unique<view_unit>(with_history(*type, in.domain), in.around));
    in.all_units.push_back(in.units.back().get());
    if (auto ok = in.units.back()->open(); !ok) {
      const auto& why = ok.error();
      return error(why.code(), "view '" + type->name + "': " + std::string(why.detail()));
    }
  }
  if (!in.units.empty()) in.sweep_later();
  return opened;
}

void projections::publish(std::uint32_t partition,
                          std::span<persistence::append_entry* const> entries) {
  auto& in = *inside_;
  if (in.units.empty() && in.room->subscriptions.load() == 0) return; // nobody follows
  const auto stored = [](const auto* e) { return !e->failure && e->events != 0; };
  if (std::ranges::any_of(entries, stored))
    in.around.feeds[partition]->tail.publish(
        std::make_shared<const commit_batch>(partition, entries));
}

void projections::wake(std::uint32_t partition) noexcept {
  for (const auto& unit : inside_->units) unit->wake(partition);
  inside_->room->call();
}

bool projections::stop(std::chrono::steady_clock::time_point deadline) {
  auto& in = *inside_;
  if (std::exchange(in.stopped, true)) return true;
  in.room->close();
  for (const auto& unit : in.units) unit->close();
  in.taken.expire_all();
  return in.around.host->await_all(deadline);
}

std::shared_ptr<detail::row_source> projections::take_picture() {
  return inside_->taken.take(inside_->all_units, {});
}

std::unique_ptr<detail::row_source> projections::fresh(const read_options& options) {
  class source final : public detail::row_source {
  public:
    source(inside& in, const read_options& o) : in_(in), options_(o) {}
    result<void> with_rows(const std::type_info* type, std::string_view view,
                           const use_rows& use) override {
      return in_.read(view, options_,
                      [&](live_picture& frozen) { return frozen.with_rows(type, view, use); });
    }
    result<std::vector<position>> positions(std::string_view view) override {
      result<std::vector<position>> at;
      auto read = in_.read(view, options_, [&](live_picture& frozen) -> result<void> {
        at = frozen.positions(view);
        if (!at) return at.error();
        return {};
      });
      if (!read) return std::move(read).error();
      return at;
    }

  private:
    inside& in_;
    const read_options options_;
  };
  return std::make_unique<source>(*inside_, options);
}

const catalog& projections::names(std::uint32_t partition) const noexcept {
  return *inside_->around.feeds[partition]->names;
}

result<std::shared_ptr<const void>> projections::answer(const query_type& query,
                                                        const void* request,
                                                        const read_options& options,
                                                        answer_info* info) {
  auto& in = *inside_;
  if (auto ok = in.check(options); !ok) return std::move(ok).error();
  in.queries.fetch_add(1, std::memory_order_relaxed);
  std::string key;
  const bool may_keep = query.options.cached && in.around.options.query_cache_bytes_max > 0;
  if (may_keep) {
    byte_buffer encoded;
    if (auto ok = query.encode_request(request, encoded); !ok) return std::move(ok).error();
    key = query.name;
    key += '\0';
    key += as_text(encoded);
    answer_info shown;
    if (auto kept = in.cache.find(key, options.at_least, shown)) {
      shown.cached = true;
      if (info != nullptr) *info = std::move(shown);
      return kept;
    }
  }
  const auto deadline = after_now(options.timeout);
  for (;;) {
    const auto frozen = in.taken.take(in.all_units, options.at_least);
    auto reply = query.answer(request, picture(frozen));
    if (auto* late = frozen->late()) { // even if the query made something of it
      if (auto came = inside::wait_for(*late, options.at_least, deadline); !came)
        return std::move(came).error();
      continue;
    }
    if (reply && info != nullptr)
      if (auto described = frozen->describe(*info); !described) return std::move(described).error();
    if (!reply || !may_keep) return reply;
    auto rests_on = frozen->dependencies();
    byte_buffer encoded;
    if (rests_on && *rests_on && query.encode_reply(reply->get(), encoded)) {
      const auto until = query.options.keep.count() > 0
                             ? after_now(query.options.keep)
                             : std::chrono::steady_clock::time_point::max();
      in.cache.keep(std::move(key), {*reply, std::move(**rests_on), until, encoded.size()});
    }
    return reply;
  }
}

result<json_rows> projections::row_json(std::string_view view, std::string_view key,
                                        const read_options& options) {
  return inside_->read_json(
      view, options,
      [&](const view_type& type, row_reader& rows, json_rows& found) -> result<void> {
        // No row has such a key, and not every table could look for it.
        if (key.empty() || key.size() > row_key_bytes_max) return {};
        bytes_view bytes;
        auto there = rows.get(row_table::rows, as_bytes_view(key), bytes);
        if (!there) return std::move(there).error();
        if (!*there) return {};
        auto& row = found.rows.emplace_back();
        row.key = key;
        return json_of(type, bytes, row.json);
      });
}

result<json_rows> projections::scan_json(std::string_view view, const scan_options& scan,
                                         const read_options& options) {
  return inside_->read_json(
      view, options,
      [&](const view_type& type, row_reader& rows, json_rows& found) -> result<void> {
        auto plan = plan_scan(type, scan);
        if (!plan) return std::move(plan).error();
        std::size_t size = 0;
        const auto add = [&](std::string_view key, bytes_view bytes) {
          auto& row = found.rows.emplace_back();
          row.key = key;
          if (auto written = json_of(type, bytes, row.json); !written) {
            row.json.clear();
            row.failed = std::move(written).error();
          }
          size += row.key.size() + row.json.size();
          return size < json_page_bytes_max;
        };
        auto next = scan_rows(rows, *plan, scan.limit, add);
        if (!next) return std::move(next).error();
        found.next = std::move(*next);
        return {};
      });
}

result<json_answer> projections::answer_json(std::string_view name, std::string_view request,
                                             const read_options& options) {
  const auto query = inside_->domain.find_query(name);
  if (!query) return error(domain_errc::unknown_query, "no query '" + std::string(name) + "'");
  auto asked = query->from_json(request);
  if (!asked) return std::move(asked).error();
  json_answer a;
  auto reply = answer(*query, asked->get(), options, &a);
  if (!reply) return std::move(reply).error();
  if (auto written = query->append_reply_json(reply->get(), a.json); !written)
    return std::move(written).error();
  return a;
}

void projections::when_visible(std::string_view view, position at_least,
                               std::chrono::steady_clock::time_point deadline,
                               std::function<void(result<void>)> f) {
  auto* unit = inside_->find(view);
  if (unit == nullptr)
    return f(error(domain_errc::unknown_view, "no view '" + std::string(view) + "'"));
  if (auto ok = inside_->check({.at_least = at_least}); !ok) return f(std::move(ok));
  unit->when_visible(at_least, deadline, std::move(f));
}

result<subscription> projections::subscribe(const subscription_options& options) {
  auto f = detail::follower::make(inside_->around, inside_->room, options);
  if (!f) return std::move(f).error();
  return subscription(std::move(*f));
}

result<std::shared_ptr<detail::row_source>> projections::past(std::span<const std::string> views,
                                                              const past_moment& when,
                                                              const past_progress& progress) {
  std::vector<view_unit*> units;
  for (const auto& name : views) {
    auto* unit = inside_->find(name);
    if (unit == nullptr) return error(domain_errc::unknown_view, "no view '" + name + "'");
    units.push_back(unit);
  }
  return build_past(inside_->around, units, when, progress);
}

result<projection> projections::find(std::string_view view) {
  auto* unit = inside_->find(view);
  if (unit == nullptr)
    return error(domain_errc::unknown_view, "no view '" + std::string(view) + "'");
  return projection(*unit);
}

std::vector<view_status> projections::status() const {
  std::vector<view_status> all;
  for (const auto& unit : inside_->units) all.push_back(unit->status());
  return all;
}

projection_figures projections::figures() const {
  const auto& in = *inside_;
  projection_figures f;
  for (const auto& unit : in.units) unit->add_to(f);
  f.queries = in.queries.load(std::memory_order_relaxed);
  const auto cache = in.cache.count();
  f.cache_hits = cache.hits;
  f.cache_entries = cache.entries;
  f.cache_bytes = cache.bytes;
  f.pictures = in.taken.open();
  f.pictures_expired = in.taken.expired();
  f.oldest_picture = in.taken.oldest();
  f.subscriptions = in.room->subscriptions.load();
  return f;
}

view_status projection::status() const { return view_->status(); }
result<void> projection::pause() { return view_->pause(); }
result<void> projection::resume() { return view_->resume(); }
result<void> projection::skip() { return view_->skip(); }
result<void> projection::rebuild(std::span<const position> from) { return view_->rebuild(from); }
result<void> projection::cancel_rebuild() { return view_->cancel_rebuild(); }
result<void> projection::reset() { return view_->reset(); }
result<std::vector<dead_letter>> projection::dead_letters(std::size_t limit) const {
  return view_->dead_letters(limit);
}
result<void> projection::retry(position where) { return view_->retry(where); }
result<void> projection::drop(position where) { return view_->drop(where); }

} // namespace acta
