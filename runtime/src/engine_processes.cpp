// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// Processes and schedules: what a store has had of them, and when their runner starts.
#include "engine.hpp"

#include <acta/runtime/errc.hpp>

#include <sstream>

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

result<void> engine::start_processes() {
  const auto folder = store_->folder();
  auto todo = outbox::open(folder.empty() ? folder : folder / "processes", store_->id(),
                           options_.projections.map_bytes);
  if (!todo) return std::move(todo).error();
  name_the_absent();
  auto runner = std::make_unique<process_runner>(*this, std::move(*todo));
  if (auto started = runner->start(); !started) return started;
  processes_ = std::move(runner);
  running_.store(processes_.get(), std::memory_order_release);
  return {};
}

result<void> engine::use_schedules() {
  const std::lock_guard lock(processes_mutex_);
  if (processes_closed_) return error(runtime_errc::stopped, "the runtime is stopping");
  if (!processes_)
    if (auto started = start_processes(); !started) return started;
  if (schedules_used_) return {};
  if (auto noted = check_contract(); !noted) return noted;
  schedules_used_ = true;
  return {};
}

} // namespace acta::detail
