// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// Processes and schedules: what a store has had of them, and when their runner starts.
#include "engine.hpp"

#include <acta/runtime/errc.hpp>

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

result<void> engine::start_processes(bool first_schedule) {
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
