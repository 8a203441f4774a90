// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "subscribers.hpp"

#include "engine.hpp"

#include <acta/domain/errc.hpp>

#include <algorithm>
#include <filesystem>

#include <pthread.h>

namespace acta {

std::string_view to_string(subscriber_state s) noexcept {
  switch (s) {
  case subscriber_state::running:
    return "running";
  case subscriber_state::retrying:
    return "retrying";
  case subscriber_state::paused:
    return "paused";
  }
  return "unknown";
}

subscriber_status subscriber_handle::status() const { return runner_->status(); }
result<void> subscriber_handle::pause() { return runner_->set_paused(true); }
result<void> subscriber_handle::resume() { return runner_->set_paused(false); }
result<std::vector<dead_letter>> subscriber_handle::dead_letters(std::size_t limit,
                                                                 position from) const {
  return runner_->dead_letters(limit, from);
}
result<void> subscriber_handle::retry(position where) { return runner_->retry(where); }
result<std::uint64_t> subscriber_handle::retry_all() { return runner_->retry_all(); }
result<void> subscriber_handle::drop(position where) { return runner_->drop(where); }

namespace detail {

namespace {

constexpr std::string_view folder_name = "subscribers";

/// On disk, in contract.txt.
std::string line_of(std::string_view subscriber) {
  return "subscriber " + std::string(subscriber) + " 1 begun\n";
}
bool has_begun(std::string_view contract, std::string_view subscriber) {
  const auto line = line_of(subscriber);
  return contract.starts_with(line) || contract.find('\n' + line) != std::string_view::npos;
}

bool is_there(const std::filesystem::path& file) {
  std::error_code ignored;
  return std::filesystem::exists(file, ignored) && std::filesystem::file_size(file, ignored) > 0;
}

} // namespace

result<void> check_channels(const acta::model& m, const runtime_options& options) {
  for (const auto& s : m.subscribers())
    for (const auto& e : s->events) {
      const auto missing = [&](std::string_view what, std::string_view option) {
        return error(domain_errc::bad_model,
                     "subscriber '" + s->name + "' answers '" + e.name + "' with a " +
                         std::string(what) + ", but this host has no channel for it: " +
                         "runtime_options::" + std::string(option) + " is empty");
      };
      if (e.mails && !options.mail) return missing("mail", "mail");
      if (e.calls && !options.webhook) return missing("webhook", "webhook");
    }
  return {};
}

void subscribers::bell::ring() {
  {
    const std::lock_guard lock(mutex);
    rung = true;
  }
  wake.notify_one();
}

subscribers::~subscribers() {
  stop();
  if (thread_.joinable()) thread_.join();
}

result<void> subscribers::open() {
  name_the_forgotten();
  auto contract = engine_.store().contract();
  if (!contract) return std::move(contract).error();
  name_the_lost(*contract);
  const auto& store = engine_.store().folder();
  for (const auto& type : engine_.model().subscribers()) {
    auto runner = std::make_unique<subscriber_runner>(
        engine_, type,
        [this, folder = store.empty() ? store : store / folder_name / type->name,
         name = type->name] {
          return subscriber_record::open(folder, engine_.store().id(), name,
                                         engine_.options().projections.map_bytes,
                                         engine_.journal_proof());
        },
        [bell = bell_] { bell->ring(); });
    if (auto opened = runner->open(); !opened) return opened;
    runners_.push_back(std::move(runner));
  }
  note_begun(std::move(*contract));
  return {};
}

void subscribers::name_the_lost(std::string_view contract) const {
  if (engine_.store().folder().empty()) return;
  for (const auto& type : engine_.model().subscribers()) {
    const auto file = engine_.store().folder() / folder_name / type->name / "data.mdb";
    if (has_begun(contract, type->name) && !is_there(file))
      engine_.log(
          log_level::error,
          "subscriber {}: {} is missing or empty, so nothing is known of what it has done; "
          "it begins as a new one does, at the {} event. To go on from where it was, stop and "
          "restore the file from a backup",
          type->name, file.string(), type->options.start == start_at::now ? "next" : "first");
  }
}

void subscribers::note_begun(std::string contract) const {
  bool changed = false;
  for (const auto& r : runners_) {
    // One that cannot start yet is noted by the next run.
    if (!r->is_open() || has_begun(contract, r->type().name)) continue;
    contract += line_of(r->type().name);
    changed = true;
  }
  if (!changed) return;
  if (auto written = engine_.store().write_contract(contract); !written)
    engine_.log(log_level::warning, "the contract does not say which subscribers have begun: {}",
                written.error().to_string());
}

void subscribers::name_the_forgotten() const {
  if (engine_.store().folder().empty()) return;
  std::error_code code;
  for (std::filesystem::directory_iterator at(engine_.store().folder() / folder_name, code), end;
       !code && at != end; at.increment(code))
    if (const auto name = at->path().filename().string(); !engine_.model().find_subscriber(name))
      engine_.log(log_level::warning,
                  "subscriber {}: it is no longer in the model; its folder stays, and if it comes "
                  "back it goes on from where it was",
                  name);
}

void subscribers::start() {
  if (runners_.empty()) return;
  thread_ = std::thread([this] { run(); });
  ::pthread_setname_np(thread_.native_handle(), "acta-subscriber");
}

void subscribers::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  for (const auto& r : runners_) r->stop();
  bell_->ring();
}

bool subscribers::await(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  const auto ended = [this] { return ended_ || !thread_.joinable(); };
  if (deadline == std::chrono::steady_clock::time_point::max()) {
    ended_signal_.wait(lock, ended);
    return true;
  }
  return ended_signal_.wait_until(lock, deadline, ended);
}

void subscribers::run() {
  constexpr std::chrono::seconds look_every{60};
  for (;;) {
    {
      const std::lock_guard lock(bell_->mutex);
      bell_->rung = false;
    }
    bool more = false;
    auto next = std::chrono::steady_clock::now() + look_every;
    for (const auto& r : runners_) {
      more = r->turn() || more;
      next = std::min(next, r->next_turn());
    }
    engine_.settling().changed();
    if (std::ranges::all_of(runners_, [](const auto& r) { return r->is_done(); })) break;
    if (more) continue;
    std::unique_lock lock(bell_->mutex);
    bell_->wake.wait_until(lock, next, [this] { return bell_->rung; });
  }
  const std::lock_guard lock(mutex_);
  ended_ = true;
  ended_signal_.notify_all();
}

bool subscribers::at_rest() const {
  return std::ranges::all_of(runners_, [](const auto& r) {
    const auto s = r->status();
    return s.state == subscriber_state::paused || (r->is_open() && s.behind == 0 && s.waiting == 0);
  });
}

std::vector<subscriber_status> subscribers::status() const {
  std::vector<subscriber_status> all;
  for (const auto& r : runners_) all.push_back(r->status());
  return all;
}

subscriber_figures subscribers::figures() const {
  subscriber_figures f;
  for (const auto& s : status()) {
    ++f.subscribers;
    f.paused += s.state == subscriber_state::paused ? 1 : 0;
    f.delivered += s.delivered;
    f.failures += s.failures;
    f.waiting += s.waiting;
    f.retrying += s.retrying;
    f.dead_letters += s.dead_letters;
    f.behind_max = std::max(f.behind_max, s.behind);
  }
  return f;
}

subscriber_runner* subscribers::find(std::string_view name) const noexcept {
  const auto at = std::ranges::find_if(
      runners_, [&](const auto& r) { return std::string_view(r->type().name) == name; });
  return at == runners_.end() ? nullptr : at->get();
}

} // namespace detail

} // namespace acta
