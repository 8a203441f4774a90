// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// Processes and schedules: what a store has had of them, and when their runner starts.
#include "engine.hpp"

#include <acta/runtime/errc.hpp>

#include <algorithm>
#include <filesystem>

namespace acta::detail {

namespace {

/// Before the first process or schedule of a store nothing in it asks for anything to be done.
result<void> skip_what_was(persistence::store& s, outbox& todo) {
  auto contract = s.contract();
  if (!contract) return std::move(contract).error();
  if (contract->starts_with("input ") || contract->find("\ninput ") != std::string::npos) return {};
  auto txn = todo.write();
  if (!txn) return std::move(txn).error();
  outbox_changes c;
  for (const auto& p : s.partitions()) c.scanned.push_back({p->number(), p->last_position()});
  if (auto ok = txn->apply(c); !ok) return ok;
  return txn->commit();
}

} // namespace

bool mentions_schedules(std::string_view contract) noexcept {
  return contract.find("event acta.schedule.stepped ") != std::string_view::npos;
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
      "event "
      "at its target is done once more. To go on from where they were, stop and "
      "restore the file from a backup",
      file.string());
}

result<void> engine::start_processes(bool first_schedule) {
  tell_lost_outbox();
  const auto folder = store_->folder();
  auto todo = outbox::open(folder.empty() ? folder : folder / "processes", store_->id(),
                           options_.projections.map_bytes);
  if (!todo) return std::move(todo).error();
  if (first_schedule)
    if (auto skipped = skip_what_was(*store_, *todo); !skipped) return skipped;
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
    if (auto started = start_processes(true); !started) return started;
  if (schedules_used_) return {};
  if (auto noted = check_contract(); !noted) return noted;
  schedules_used_ = true;
  return {};
}

} // namespace acta::detail
