// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// Processes and schedules: what a store has had of them, and when their runner starts.
#include "engine.hpp"

#include <acta/runtime/errc.hpp>

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <system_error>

namespace acta::detail {

bool mentions_schedules(std::string_view contract) noexcept {
  return contract.find("event acta.schedule.stepped ") != std::string_view::npos;
}

void engine::name_the_absent() const {
  const auto contract = store_->contract();
  std::istringstream lines(contract ? *contract : std::string());
  for (std::string word, name, rest; lines >> word; std::getline(lines, rest))
    if (word == "process" && lines >> name && !model_.find_process(name))
      log(log_level::warning,
          "process {}: it is no longer in the model; its timers wait, and if it comes back it goes "
          "on from where it was",
          name);
}

void engine::tell_lost_outbox() const {
  if (store_->folder().empty() || !(processes_known_ || schedules_used_)) return;
  const bool has_events = std::ranges::any_of(store_->partitions(),
                                              [](const auto& p) { return p->last_position() > 0; });
  const auto file = store_->folder() / "processes" / "data.mdb";
  std::error_code ignored;
  if (!has_events ||
      (std::filesystem::exists(file, ignored) && std::filesystem::file_size(file, ignored) > 0))
    return;
  log(log_level::error,
      "processes: {} is missing or empty: all events are looked through again, and what left no "
      "event at its target is done once more. To go on from where they were, stop and "
      "restore the file from a backup",
      file.string());
}

result<std::unique_ptr<process_runner>> engine::open_processes() {
  tell_lost_outbox();
  const auto folder = store_->folder();
  auto todo = outbox::open(folder.empty() ? folder : folder / "processes", store_->id(),
                           options_.projections.map_bytes);
  if (!todo) return std::move(todo).error();
  name_the_absent();
  auto runner = std::make_unique<process_runner>(*this, std::move(*todo));
  if (auto judged = runner->judge(); !judged) return std::move(judged).error();
  return runner;
}

result<void> engine::start_processes(std::unique_ptr<process_runner> runner) try {
  if (auto started = runner->start(); !started) return started;
  processes_ = std::move(runner);
  running_.store(processes_.get(), std::memory_order_release);
  return {};
} catch (const std::system_error& failed) {
  return error(errc::io, std::string("starting the thread of processes: ") + failed.what());
}

result<std::vector<set_aside_record>> engine::set_aside(std::size_t limit,
                                                        std::string_view after) const {
  const auto* p = processes();
  return p != nullptr ? p->set_aside(limit, after) : std::vector<set_aside_record>{};
}

result<void> engine::drop_set_aside(std::string_view id) {
  auto* p = processes();
  if (p == nullptr) return error(errc::not_found, "this program has no processes");
  return p->drop_set_aside(id);
}

result<void> engine::use_schedules() {
  const std::lock_guard lock(processes_mutex_);
  if (processes_closed_) return error(runtime_errc::stopped, "the runtime is stopping");
  if (!processes_) {
    auto opened = open_processes();
    if (!opened) return std::move(opened).error();
    if (auto started = start_processes(std::move(*opened)); !started) return started;
  }
  if (schedules_used_) return {};
  if (auto noted = check_contract(); !noted) return noted;
  schedules_used_ = true;
  return {};
}

} // namespace acta::detail
