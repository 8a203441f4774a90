// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/runtime/check_store.hpp>

#include "census.hpp"
#include "contract.hpp"
#include "engine.hpp"
#include "schedule_process.hpp"

#include <acta/persistence/store_look.hpp>

#include <utility>

namespace acta {

result<store_check> check_store(const std::filesystem::path& folder, model program) {
  if (auto ok = program.check(); !ok) return std::move(ok).error();
  auto look = persistence::store_look::open(folder);
  if (!look) return std::move(look).error();
  const auto& store = **look;
  auto text = store.contract();
  if (!text) return std::move(text).error();
  if (detail::mentions_schedules(*text)) program.add(detail::make_schedule_type());
  auto stored = detail::contract::read(*text, store.id());
  if (!stored) return std::move(stored).error();
  const auto journals = detail::journals_of(store.journals());
  const detail::store_census census{
      [&](auto name, auto schema) { return detail::count_events(journals, name, schema); },
      [&](const detail::input_version& what) -> result<detail::stored_inputs> {
        auto todo = detail::outbox::copy_of(store);
        if (!todo) return std::move(todo).error();
        return detail::count_inputs(journals, *todo ? &**todo : nullptr, what);
      }};
  if (auto taken = stored->take(program, census); !taken) return std::move(taken).error();
  store_check all{stored->notes()};
  if (store.is_in_use())
    all.notes.emplace_back(
        "a process has the store open: what it stores from now on is not in this");
  return all;
}

} // namespace acta
