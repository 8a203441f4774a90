// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "engine.hpp"

#include "census.hpp"
#include "door.hpp"
#include "request_mark.hpp"
#include "schedule_process.hpp"

#include <acta/domain/codec/shape.hpp>
#include <acta/domain/errc.hpp>
#include <acta/persistence/errc.hpp>
#include <acta/runtime/errc.hpp>

#include <charconv>
#include <future>
#include <sstream>

namespace acta::detail {

namespace {

constexpr char before_checksum = '=';

/// `0:17=0123456789abcdef`: where a process began, and the checksum of the commit there. Older
/// programs wrote none, and there is none for 0. Nothing if it is neither.
std::optional<std::pair<std::uint32_t, persistence::checkpoint>> parse_start(std::string_view s) {
  const auto end = s.find(before_checksum);
  const auto at = position::parse(s.substr(0, end));
  if (!at) return std::nullopt;
  persistence::checkpoint begun{at->number, 0};
  if (end != std::string_view::npos) {
    const auto digits = s.substr(end + 1);
    const auto read =
        std::from_chars(digits.data(), digits.data() + digits.size(), begun.checksum, 16);
    if (read.ec != std::errc{} || read.ptr != digits.data() + digits.size()) return std::nullopt;
  }
  return std::pair(at->partition, begun);
}

/// `0:17=0123456789abcdef,1:4=…`
std::string starts_text(const std::vector<persistence::checkpoint>& begun) {
  std::string text;
  for (std::uint32_t p = 0; p < begun.size(); ++p) {
    text.append(text.empty() ? "" : ",").append(position{p, begun[p].position}.to_string());
    if (begun[p].position != 0 && begun[p].checksum != 0)
      text += fmt::format("{}{:016x}", before_checksum, begun[p].checksum);
  }
  return text;
}

/// How long the memory of an answered command with a time-out may stay. Cost of less: this often a
/// look at each that waits.
constexpr std::chrono::milliseconds deadline_look_every{250};

std::chrono::milliseconds sweep_interval(std::chrono::milliseconds shortest_idle_time) {
  return std::clamp(shortest_idle_time / 4, std::chrono::milliseconds{10},
                    std::chrono::milliseconds{1000});
}

std::size_t worker_threads(const runtime_options& options) {
  return options.worker_threads != 0
             ? options.worker_threads
             : std::max<std::size_t>(2, std::thread::hardware_concurrency());
}

/// What ends by itself, and soon, is waited for even if the deadline has passed.
std::chrono::steady_clock::time_point
at_least_a_second(std::chrono::steady_clock::time_point deadline) {
  return std::max(deadline, std::chrono::steady_clock::now() + std::chrono::seconds{1});
}

/// Why an aggregate, or a process, does not take what is called so.
error no_command(const model& program, const aggregate_type& type, std::string_view command,
                 engine::sender by) {
  const auto name = kept_name::parse(command).name;
  const auto process = program.find_process(type.name);
  if (by == engine::sender::runtime && process &&
      std::ranges::find(process->retired, name) != process->retired.end())
    return error(errc::invalid_argument,
                 fmt::format("the input '{}' of process '{}' is retired", name, type.name));
  return error(domain_errc::unknown_command,
               fmt::format("aggregate '{}' has no command '{}'", type.name, command));
}

/// Callbacks of refused commands wait with those of answered ones.
std::size_t callbacks_waiting_max(const runtime_options& options) {
  return std::max<std::size_t>(2 * options.outstanding_max, 1024);
}

} // namespace

engine::engine(acta::model m, runtime_options options, std::unique_ptr<persistence::store> store,
               std::function<std::unique_ptr<actors::host>(std::size_t workers)> make_host)
    : model_(std::move(m)), options_(std::move(options)), health_(options_.log),
      make_host_(std::move(make_host)), host_(make_host_(worker_threads(options_))),
      store_(std::move(store)) {}

engine::~engine() {
  stop(std::chrono::seconds{10});
  if (!supervisor_) return;
  // stop() keeps its deadline even if user code does not return; what that code comes back to must
  // still be there.
  host_->await_all(std::chrono::steady_clock::time_point::max());
  subscribers_.reset();
  processes_.reset();
  read_side_.reset(); // waits for the code of views, which may yet ask the supervisor for a pause
  // stop() may have been called from a callback, which goes on.
  replies_->stop(std::chrono::steady_clock::time_point::max());
}

result<void> engine::check_contract() {
  auto stored_text = store_->contract();
  if (!stored_text) return std::move(stored_text).error();
  auto types = contract::read(*stored_text, store_->id());
  if (!types) return std::move(types).error();
  // First: a process whose step the store knows is none that is new to it.
  if (auto noted = note_process_starts(types->lines); !noted) return noted;
  const store_census census{[this](auto name, auto schema) {
                              return count_events(journals_of(store_->partitions()), name, schema);
                            },
                            [this](const input_version& what) { return count_inputs(what); }};
  if (auto taken = types->take(model_, census); !taken) return taken;
  for (const auto& note : types->notes()) log(log_level::warning, "{}", note);
  if (unreadable_.empty()) unreadable_ = types->unreadable_events(model_);
  if (!read_side_) stored_shapes_ = std::make_shared<const catalog::shapes>(types->event_shapes());
  const auto text = types->text();
  if (text == *stored_text) return {};
  auto written = store_->write_contract(text);
  if (written) return {};
  const auto& why = written.error();
  return error(why.code(),
               std::string(why.detail()) +
                   "; the program has a process or type that the store does not know, "
                   "which must be noted before anything is stored: make room, or start the "
                   "program without it",
               "contract.txt");
}

result<stored_inputs> engine::count_inputs(const input_version& what) const {
  std::optional<outbox> todo;
  const auto folder = store_->folder() / "processes";
  std::error_code ignored;
  if (!store_->folder().empty() && std::filesystem::exists(folder / "data.mdb", ignored)) {
    auto opened = outbox::open(folder, store_->id(), options_.projections.map_bytes);
    if (!opened) return std::move(opened).error();
    todo.emplace(std::move(*opened));
  }
  return detail::count_inputs(journals_of(store_->partitions()), todo ? &*todo : nullptr, what);
}

result<void> engine::note_process_starts(std::map<std::string, std::string>& contract) {
  std::string strangers;
  for (const auto& process : model_.processes()) {
    // One of the runtime's own takes in no events; and nothing changes once there are threads.
    if (process->built_in || process_starts_.contains(process->name)) continue;
    const auto line = "process " + process->name + " 1";
    const auto known = contract.find(line);
    // A store from before there were such lines has had it from the first.
    const auto is_new =
        known == contract.end() &&
        !contract.contains("event " + process->stored_as->events.front().name + ' ' +
                           std::to_string(process->stored_as->events.front().schema));
    std::vector<persistence::checkpoint> begun(partitions());
    if (known != contract.end()) {
      processes_known_ = true;
      std::istringstream starts(known->second);
      for (std::string text; std::getline(starts, text, ',');) {
        const auto start = parse_start(text);
        if (!start || start->first >= begun.size())
          return error(persistence::errc::wrong_format, "'" + text + "' is no position",
                       "contract.txt: " + line);
        begun[start->first] = start->second;
      }
    }
    auto& numbers = process_starts_[process->name];
    const auto proof = journal_proof();
    for (std::uint32_t p = 0; p < begun.size(); ++p) {
      auto& at = begun[p];
      if (is_new) at.position = last_position(p);
      auto held = proof.holds(p, at);
      if (!held) return std::move(held).error();
      if (!*held)
        strangers.append(strangers.empty() ? "" : ", ")
            .append(process->name + " at " + position{p, at.position}.to_string());
      else if (at.checksum == 0)
        at = proof.checkpoint_at({p, at.position});
      numbers.push_back(at.position);
    }
    contract.insert_or_assign(line, starts_text(begun));
  }
  if (strangers.empty()) return {};
  return error(
      runtime_errc::other_history,
      "of another history of the journal, which has been put back or replaced: processes began "
      "there (" +
          strangers +
          "), and nobody can tell which of the events there now they are to hear. Put back the "
          "contract.txt that belongs to this journal; or remove its line 1, and write into their "
          "lines `process NAME 1` the positions after which they are to begin: " +
          ends_text() + " for what comes, 0 instead of the number for all events",
      "contract.txt");
}

std::string engine::ends_text() const {
  std::string text;
  for (std::uint32_t p = 0; p < partitions(); ++p)
    text.append(text.empty() ? "" : ",").append(position{p, last_position(p)}.to_string());
  return text;
}

std::uint64_t engine::process_start(std::string_view process, std::uint32_t partition) const {
  const auto at = process_starts_.find(process);
  return at == process_starts_.end() ? 0 : at->second.at(partition);
}

result<void> engine::bind() {
  for (const auto& type : model_.aggregates()) {
    auto& r = routes_[type->name];
    r.type = type.get();
    shortest_idle_time_ = std::min(shortest_idle_time_, type->options.passivate_after);
    std::vector<std::string> names{type->name};
    const auto versions = versions_of(*type);
    for (const auto& v : versions) names.emplace_back(v.name);
    for (const auto& p : store_->partitions()) {
      auto ids = p->intern(names);
      if (!ids) return std::move(ids).error();
      auto b = std::make_shared<binding>();
      b->type = type;
      b->partition = p.get();
      b->name_id = ids->front();
      b->event_ids.assign(ids->begin() + 1, ids->end());
      b->versions = versions;
      r.by_partition.push_back(std::move(b));
    }
  }
  return {};
}

result<void> engine::start() {
  if (auto ok = model_.check(); !ok) return ok;
  if (auto ok = check_channels(model_, options_); !ok) return ok;
  if (auto ok = check_contract(); !ok) return ok;
  // Whether it has schedules, the store's contract says: they come into it with the first one.
  auto contract = store_->contract();
  if (!contract) return std::move(contract).error();
  const bool has_user_processes = !model_.processes().empty();
  model_.add(make_schedule_type());
  schedules_used_ = mentions_schedules(*contract);
  if (schedules_used_)
    if (auto ok = check_contract(); !ok) return ok;
  if (auto ok = bind(); !ok) return ok;
  if (store_->is_new()) log(log_level::info, "a new store in {}", store_->folder().string());
  for (const auto& p : store_->partitions()) {
    const auto& r = p->recovery();
    recovery_.aggregates += r.streams;
    recovery_.events += r.events;
    recovery_.tail_commits += r.tail_commits;
    recovery_.index_rebuilt = recovery_.index_rebuilt || r.index_rebuilt;
    recovery_.took += r.took;
    if (!r.index_unusable.empty())
      log(log_level::warning, "the index of partition {} is made anew from its journal: {}",
          p->number(), r.index_unusable);
    if (r.index_knew != 0)
      log(log_level::error,
          "the index of partition {} knew its journal up to position {}, but it ends at {}: if it "
          "was not put back to an older copy, it has lost its end. The index was made anew, and "
          "the positions are given out again",
          p->number(), r.index_knew, p->last_position());
    for (const auto damaged : r.damaged)
      log(log_level::error, "the commit at {} is damaged: its stream stops there",
          position{p->number(), damaged}.to_string());
    if (r.in_doubt != 0)
      log(log_level::error,
          "nobody can tell whose the damaged commit at {} was: streams that have not written since "
          "answer corrupt_commit",
          position{p->number(), r.in_doubt}.to_string());
  }
  log(log_level::info, "recovered {} aggregates, {} events in {} us ({} commits re-indexed{})",
      recovery_.aggregates, recovery_.events, recovery_.took.count(), recovery_.tail_commits,
      recovery_.index_rebuilt ? ", index rebuilt" : "");

  replies_ = std::make_unique<reply_thread>(
      reply_queue::events{[sink = options_.log](const std::string& what) {
                            log_to(sink, log_level::error, "a reply callback threw: {}", what);
                          },
                          [settling = settling_] { settling->changed(); }},
      callbacks_waiting_max(options_));
  directory_ =
      std::make_unique<acta::detail::directory>(*this, options_.resident_max, options_.inbox_max);
  watch_ = std::make_unique<store_watch>(*store_, options_.log);
  supervisor_ = std::make_unique<supervisor>(options_.recoveries_max,
                                             sweep_interval(shortest_idle_time_), [this] {
                                               directory_->sweep();
                                               watch_->look();
                                             });
  // Before views and subscribers take note of where the journal is: a start that is refused leaves
  // them as they were.
  std::unique_ptr<process_runner> runner;
  if (has_user_processes || schedules_used_) {
    auto opened = open_processes();
    if (!opened) return std::move(opened).error();
    runner = std::move(*opened);
  }
  auto read_side = projections::open(
      {*store_, model_, options_.projections,
       [this](auto pause, auto action) { supervisor_->after(pause, std::move(action)); },
       options_.clock, options_.log, make_host_, stored_shapes_});
  if (!read_side) return std::move(read_side).error();
  read_side_ = std::move(*read_side);
  subscribers_ = std::make_unique<subscribers>(*this);
  if (auto opened = subscribers_->open(); !opened) return opened; // before the first commit
  for (const auto& p : store_->partitions())
    p->start([this, part = p.get()](std::span<persistence::append_entry* const> entries) {
      on_batch(*part, entries);
    });
  settling_->add([this] { return all_answered(); }, [] {});
  settling_->add(
      [this] {
        const auto* p = processes();
        return p == nullptr || p->at_rest();
      },
      [this] {
        if (auto* p = processes()) p->look();
      });
  settling_->add([this] { return subscribers_->at_rest(); }, [] {});
  if (runner) {
    const std::lock_guard lock(processes_mutex_);
    if (auto started = start_processes(std::move(runner)); !started) return started;
  }
  subscribers_->start();
  return {};
}

bool engine::stop(std::chrono::milliseconds allowed) {
  if (stopped_) return stopped_in_time_;
  stopped_ = true;
  if (!supervisor_) return stopped_in_time_ = true; // start() failed
  const auto deadline = later(std::chrono::steady_clock::now(), allowed);
  replies_->queue()->hurry_callers(); // what is waited for below may wait there
  {
    const std::lock_guard lock(processes_mutex_);
    processes_closed_ = true;
  }
  if (auto* p = processes()) p->stop();
  if (subscribers_) subscribers_->stop();
  stopping_.store(true);
  {
    std::unique_lock lock(drained_mutex_);
    stopped_in_time_ =
        drained_.wait_until(lock, deadline, [this] { return counters_.outstanding.load() == 0; });
  }
  if (!stopped_in_time_)
    log(log_level::warning, "stopping with {} commands unanswered at the deadline",
        counters_.outstanding.load());
  auto* const running = processes();
  const auto processes_ended = running == nullptr || running->await(at_least_a_second(deadline));
  if (!processes_ended)
    log(log_level::warning, "stopping while a process's key() has not returned; what is answered "
                            "already is sent again at the next start, and recognised");
  const auto effects_ended = !subscribers_ || subscribers_->await(deadline);
  if (!effects_ended)
    log(log_level::warning, "stopping while subscribers have not ended; what they do now is noted "
                            "if this process lives until then, else done again");
  supervisor_->close_permits();
  directory_->close();
  // Aggregates leave once the journal has answered what they have in flight, so it stops after
  // them.
  const auto all_left = host_->await_all(at_least_a_second(deadline));
  for (const auto& p : store_->partitions()) p->stop();
  const auto read_side_ended = !read_side_ || read_side_->stop(at_least_a_second(deadline));
  supervisor_->stop();
  const auto callbacks_ended = replies_->stop(at_least_a_second(deadline));
  if (!callbacks_ended)
    log(log_level::error, "a callback of then() has not returned, or each asks again for ever");
  if (!all_left || !read_side_ended) log(log_level::error, "some actors did not end in time");
  log(log_level::info, "stopped{}", stopped_in_time_ ? "" : " after the deadline");
  return stopped_in_time_ =
             stopped_in_time_ && processes_ended && effects_ended && all_left && callbacks_ended;
}

const engine::route* engine::find_route(std::string_view aggregate) const noexcept {
  const auto at = routes_.find(aggregate);
  return at == routes_.end() ? nullptr : &at->second;
}

ticket_ptr engine::make_ticket() const { return std::make_shared<ticket>(replies_->queue()); }

result<void> engine::check_id(const route& to, std::string_view id) const {
  auto ok = check_new_stream_id(id);
  if (ok || !check_stream_id(id)) return ok;
  bool there = false;
  const persistence::stream_key key(to.type->name, id);
  auto read = bound(to, key).partition->read_stream(key, 1, [&](const auto&) {
    there = true;
    return false;
  });
  if (!read) return std::move(read).error();
  return there ? result<void>() : std::move(ok);
}

bool engine::submit(const route* to, std::string_view aggregate, std::string_view id,
                    std::size_t command, erased_command payload, command_options options,
                    ticket_ptr& t, sender by) {
  t = make_ticket();
  const auto refuse = [&](error why) {
    t->answer(std::move(why));
    return false;
  };
  if (to == nullptr)
    return refuse(
        error(domain_errc::unknown_aggregate, "no aggregate '" + std::string(aggregate) + "'"));
  if (auto ok = by == sender::caller ? check_id(*to, id) : check_stream_id(id); !ok)
    return refuse(std::move(ok).error());
  if (options.caller.size() > persistence::caller_bytes_max)
    return refuse(error(errc::invalid_argument, "the caller's name has at most 256 bytes"));
  if (by == sender::caller)
    if (auto ok = check_caller_options(options); !ok) return refuse(std::move(ok).error());
  if (stopping_.load(std::memory_order_relaxed))
    return refuse(error(runtime_errc::stopped, "the runtime is stopping"));
  if (counters_.outstanding.fetch_add(1) >= options_.outstanding_max ||
      replies_->queue()->waiting() >=
          options_.outstanding_max) { // a callback that blocks must not fill memory
    one_less();
    counters_.overloaded.fetch_add(1, std::memory_order_relaxed);
    return refuse(error(runtime_errc::overloaded, "too many commands are waiting for an answer"));
  }

  try {
    return hand_over(*to, id, command, std::move(payload), std::move(options), t, by);
  } catch (...) { // out of memory, mostly; nobody has it yet
    t->leave();
    one_less();
    throw;
  }
}

bool engine::hand_over(const route& to, std::string_view id, std::size_t command,
                       erased_command payload, command_options options, const ticket_ptr& t,
                       sender by) {
  persistence::stream_key key(to.type->name, id);
  t->binding = to.by_partition[to.by_partition.size() == 1 ? 0 : store_->of(key).number()];
  t->command = &to.type->commands[command];
  t->payload = std::move(payload);
  t->options = std::move(options);
  if (by == sender::caller && t->options.command_id)
    t->mark = request_mark(*t->command, t->payload.get(), store_->id());
  if (t->options.timeout.count() > 0) watch_deadline(t);
  t->enter();
  if (auto delivered = directory_->deliver(*t, std::move(key)); !delivered) {
    if (delivered.error().code() == runtime_errc::overloaded)
      counters_.overloaded.fetch_add(1, std::memory_order_relaxed);
    finish(*t, std::move(delivered).error());
    return false;
  }
  return true;
}

pending engine::submit_json(std::string_view aggregate, std::string_view id,
                            std::string_view command, std::string_view json,
                            command_options options, sender by) {
  auto t = make_ticket();
  const auto refused = [&](error why) {
    t->answer(std::move(why));
    return pending(std::move(t));
  };
  const auto* r = find_route(aggregate);
  if (r == nullptr)
    return refused(
        error(domain_errc::unknown_aggregate, "no aggregate '" + std::string(aggregate) + "'"));
  const auto* type = r->type->find_command(command);
  if (type == nullptr) return refused(no_command(model_, *r->type, command, by));
  auto payload = by == sender::caller ? read_asked(*r->type, *type, command, json)
                                      : type->from_kept(kept_name::parse(command).schema, json);
  if (!payload) return refused(std::move(payload).error());
  submit(r, aggregate, id, static_cast<std::size_t>(type - r->type->commands.data()),
         std::move(payload).value(), std::move(options), t, by);
  return pending(std::move(t));
}

result<erased_command> engine::read_asked(const aggregate_type& of, const command_type& type,
                                          std::string_view command, std::string_view json) const {
  const auto kept = kept_name::parse(command);
  // What a caller names without a version is of today.
  if (kept.name.size() == command.size()) return type.from_json(json);
  if (!type.reads(kept.schema))
    return error(domain_errc::unknown_command,
                 fmt::format("aggregate '{}' takes '{}' of schema {}{}, not {}", of.name, type.name,
                             type.schema, type.earlier.empty() ? "" : " and some before it",
                             kept.schema));
  auto read = type.from_kept(kept.schema, json);
  if (!read && read.error().code() == domain_errc::upcast_threw)
    return error(domain_errc::decide_threw, std::string(read.error().detail()));
  return read;
}

bool engine::is_open(std::string_view aggregate, std::string_view command) const {
  const auto process = model_.find_process(aggregate);
  if (!process) return true;
  if (process->built_in) return false;
  const auto input =
      std::ranges::find(process->inputs, kept_name::parse(command).name, &process_input::name);
  if (input == process->inputs.end()) return true;
  if (input->rejected != nullptr || input->internal) return false;
  // One that is no longer an event is not a caller's either.
  return std::ranges::none_of(model_.aggregates(), [&](const auto& a) {
    return std::ranges::any_of(a->events, [&](const auto& e) { return *e.type == *input->type; }) ||
           std::ranges::any_of(a->earlier, [&](const auto& e) {
             return e.type != nullptr ? *e.type == *input->type
                                      : e.name == a->name + '.' + input->name;
           });
  });
}

void engine::watch_deadline(const ticket_ptr& t) {
  t->deadline = later(std::chrono::steady_clock::now(), t->options.timeout);
  look_at_deadline(t);
}

void engine::look_at_deadline(const ticket_ptr& t) {
  const auto left = t->deadline - std::chrono::steady_clock::now();
  // A timer keeps the ticket's memory after its answer, so it looks again and again instead of
  // sleeping through a long time-out.
  supervisor_->after(
      std::min<std::chrono::steady_clock::duration>(left, deadline_look_every),
      [this, weak = std::weak_ptr(t)] {
        const auto late = weak.lock();
        if (!late || late->answered()) return;
        if (std::chrono::steady_clock::now() < late->deadline) return look_at_deadline(late);
        settle_answer(*late,
                      error(errc::timeout, "no answer in time; the command may still be stored"));
      });
}

bool engine::settle_answer(ticket& t, std::optional<error> outcome) {
  auto& counter = !outcome                          ? counters_.accepted
                  : outcome->rejection() != nullptr ? counters_.rejected
                                                    : counters_.failed;
  if (!t.answer(std::move(outcome))) return false;
  counter.fetch_add(1, std::memory_order_relaxed);
  return true;
}

void engine::finish(ticket& t, std::optional<error> outcome) {
  settle_answer(t, std::move(outcome));
  t.leave();
  one_less();
}

bool engine::all_answered() const noexcept {
  const auto& callbacks = *replies_->queue();
  const auto none_outstanding = [this] { return counters_.outstanding.load() == 0; };
  // A command becomes a callback before it is over, and a callback may ask before it is over: so
  // there is neither if one look between two at the other finds none, and none came meanwhile.
  const auto pushed = callbacks.pushed();
  return none_outstanding() && callbacks.is_at_rest() && none_outstanding() &&
         callbacks.pushed() == pushed;
}

void engine::one_less() {
  if (counters_.outstanding.fetch_sub(1) != 1) return;
  settling_->changed();
  if (!stopping_.load()) return;
  const std::lock_guard lock(drained_mutex_);
  drained_.notify_all();
}

void engine::on_batch(persistence::partition& p,
                      std::span<persistence::append_entry* const> entries) noexcept {
  read_side_->publish(p.number(), entries); // before the entries go back to those who sent them
  health_.note(p.number(), entries);
  for (auto* entry : entries) {
    auto& t = static_cast<ticket&>(*entry);
    const aggregate_ptr target = t.target;
    std::optional<error> outcome;
    std::uint64_t last = 0;
    const auto recorded_at = t.recorded_at;
    if (t.failure) {
      outcome = std::move(t.failure);
      t.storage.reset();
      t.duplicate_of.reset();
    } else if (t.events == 0) {
      outcome = std::move(t.prepared_error);
      t.last_position = {p.number(), target->durable_position()};
    } else {
      last = t.position + t.events - 1;
      t.last_position = {p.number(), last};
      if (t.snapshot) {
        t.snapshot->position = last;
        t.snapshot->recorded_at = recorded_at;
        offer(*target, std::move(*t.snapshot));
      }
    }
    target->settle(last, recorded_at);
    finish(t, std::move(outcome));
  }
  read_side_->wake(p.number());
}

void engine::offer(aggregate& a, persistence::snapshot s) {
  if (s.state.size() <= persistence::snapshot_bytes_max) {
    persistence::snapshot told{s.version, s.position, s.recorded_at, s.fingerprint, {}};
    if (a.type().partition->offer_snapshot(a.key(), std::move(s))) {
      counters_.snapshots.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    s = std::move(told);
  }
  counters_.snapshots_dropped.fetch_add(1, std::memory_order_relaxed);
  if (!stopping_.load(std::memory_order_relaxed)) health_.note_dropped_snapshot(a.key().text(), s);
}

void engine::retry_later(aggregate& a, unsigned attempt) {
  const auto pause = std::min<std::chrono::milliseconds>(options_.restart_backoff_max,
                                                         options_.restart_backoff_min *
                                                             (1u << std::min(attempt - 1, 16u)));
  supervisor_->after(pause, [target = aggregate_ptr(&a)] { target->signal(aggregate::retry); });
}

void engine::quarantine(aggregate& a, const error& why) {
  const std::lock_guard lock(quarantine_mutex_);
  quarantine_.insert_or_assign(a.key().text(), why);
}

bool engine::release(std::string_view aggregate_name, std::string_view id) {
  const auto* r = find_route(aggregate_name);
  if (r == nullptr || !check_stream_id(id)) return false;
  const persistence::stream_key key(r->type->name, id);
  {
    const std::lock_guard lock(quarantine_mutex_);
    if (quarantine_.erase(key.text()) == 0) return false;
  }
  if (const auto a = directory_->find(key)) a->signal(aggregate::retry);
  if (auto* p = processes()) p->released(key.text());
  return true;
}

std::vector<stuck_delivery> engine::stuck(std::size_t limit) const {
  const auto* p = processes();
  return p != nullptr ? p->stuck(limit) : std::vector<stuck_delivery>{};
}

void engine::when_visible(std::string_view view, position at_least,
                          std::chrono::steady_clock::time_point deadline,
                          std::function<void(result<void>)> f) {
  read_side_->when_visible(view, at_least, deadline,
                           [queue = replies_->queue(), f = std::move(f)](const result<void>& came) {
                             queue->push([f, came] { f(came); });
                           });
}

bool engine::settle(std::chrono::milliseconds allowed) {
  const auto deadline = later(std::chrono::steady_clock::now(), allowed);
  for (;;) {
    if (!settling_->wait(deadline)) return false;
    std::vector<position> last;
    for (std::uint32_t p = 0; p < partitions(); ++p) last.push_back({p, last_position(p)});
    for (const auto& view : model_.views())
      for (const auto& until : last) {
        auto visible = std::make_shared<std::promise<bool>>();
        auto done = visible->get_future();
        read_side_->when_visible(view->name, until, deadline, [visible](const result<void>& r) {
          visible->set_value(r.has_value());
        });
        if (!done.get()) return false;
      }
    // What came meanwhile may have asked for more.
    if (settling_->is_at_rest() && std::ranges::all_of(last, [this](const position& p) {
          return last_position(p.partition) == p.number;
        }))
      return true;
  }
}

void engine::count_passed_over(const std::string& process) {
  const std::lock_guard lock(passed_over_mutex_);
  ++passed_over_[process];
}

std::vector<quarantine> engine::quarantined() const {
  const std::lock_guard lock(quarantine_mutex_);
  std::vector<acta::quarantine> all;
  for (const auto& [stream, why] : quarantine_) all.push_back({stream, why});
  return all;
}

runtime_figures engine::figures() const {
  const auto get = [](const auto& c) -> std::uint64_t { return c.load(std::memory_order_relaxed); };
  runtime_figures f;
  f.accepted = get(counters_.accepted);
  f.rejected = get(counters_.rejected);
  f.failed = get(counters_.failed);
  f.commands = f.accepted + f.rejected + f.failed;
  f.overloaded = get(counters_.overloaded);
  f.outstanding = get(counters_.outstanding);
  f.resident = directory_ ? directory_->size() : 0;
  f.recoveries = get(counters_.recoveries);
  f.passivations = get(counters_.passivations);
  f.restarts = get(counters_.restarts);
  f.snapshots = get(counters_.snapshots);
  f.snapshots_ignored = get(counters_.snapshots_ignored);
  f.snapshots_dropped = get(counters_.snapshots_dropped);
  {
    const std::lock_guard lock(quarantine_mutex_);
    f.quarantined = quarantine_.size();
  }
  for (const auto& p : store_->partitions()) {
    const auto part = p->figures();
    f.commits += part.commits;
    f.events += part.events;
    f.batches += part.batches;
    f.failed_batches += part.failed_batches;
    f.index_failures += part.index_failures;
    f.index_damages += part.index_damages;
    f.clock_jumps += part.clock_jumps;
  }
  auto failure = health_.last_failure();
  f.store_failure = std::move(failure.what);
  f.store_broken = failure.is_for_good;
  f.store_failure_age = failure.age;
  f.projections = read_side_->figures();
  if (const auto* p = processes()) f.processes = p->figures();
  {
    const std::lock_guard lock(passed_over_mutex_);
    f.processes.passed_over = passed_over_;
  }
  if (subscribers_) f.subscribers = subscribers_->figures();
  return f;
}

} // namespace acta::detail
