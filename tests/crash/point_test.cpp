// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// The program ends between every two steps of the processes' runner: docs/processes.md. Each point
// is passed, so each is a crash that has happened; afterwards everything has had one effect.
#include "crash_point.hpp"
#include "eventually.hpp"
#include "points.hpp"
#include "runtime.hpp"
#include "subprocess.hpp"
#include "temp_folder.hpp"

#include <acta/domain/process.hpp>

#include <catch2/catch.hpp>

#include <csignal>
#include <map>

using namespace std::chrono_literals;

namespace {

/// Runs the worker, which must end there.
bool dies_at(const test::temp_folder& folder, std::string_view point, int n) {
  test::subprocess worker(
      {CRASH_WORKER, folder.path().string(), std::string(point), std::to_string(n)});
  const auto end = worker.end();
  if (end == -SIGKILL) return true;
  if (end != 0) FAIL(point << ", passing " << n << ": " << worker.errors());
  return false;
}

std::string process_of(const acta::recorded_event& e) {
  const auto by = e.metadata.attributes.find(std::string(acta::process_attribute));
  return by == e.metadata.attributes.end() ? "" : by->second;
}

/// Everything has come to its end, and has happened once.
void judge(const test::temp_folder& folder) {
  auto runtime = test::must_find(folder / "store", crash::points_model());
  // The clock is the system's: a timer set in the last life may be due in a moment only.
  REQUIRE(test::eventually(
      [&] {
        for (int i = 0; i < crash::reminders; ++i)
          if (runtime.events("reminder", crash::reminder_id(i))->size() < 2) return false;
        return true;
      },
      60s));
  REQUIRE(runtime.settle(60s));
  std::map<std::string, std::string> moves; ///< of money, by transfer
  for (const auto* id : {"ada", "bob"}) {
    std::size_t of_clients = 0;
    const auto events = runtime.events<test::account>(id);
    REQUIRE(events);
    for (const auto& e : *events)
      if (const auto by = process_of(e); by.empty())
        ++of_clients;
      else if (const auto out = e.get<test::debited>())
        moves[by] += std::string("-") + id + std::to_string(out->cents);
      else if (const auto in = e.get<test::credited>())
        moves[by] += std::string("+") + id + std::to_string(in->cents);
    CHECK(of_clients == 2);
  }
  std::int64_t given = 0;
  for (int i = 0; i < crash::transfers; ++i) {
    const auto id = crash::transfer_id(i);
    INFO("transfer " << id);
    const auto state = runtime.state<test::transfer>(id);
    REQUIRE(state);
    CHECK(state->state == crash::state_of_transfer(i));
    const auto cents = std::to_string(1 + i);
    const auto& moved = moves["transfer/" + id];
    if (state->state == "done") {
      CHECK(moved == "-ada" + cents + "+bob" + cents);
      given += 1 + i;
    } else if (state->state == "returned") {
      CHECK(moved == "-ada" + cents + "+ada" + cents);
    } else {
      CHECK(moved.empty());
    }
    // One step an input: asked, debited, credited; or asked, refused; or asked, debited, not
    // credited, returned.
    const auto steps = runtime.events("transfer", id);
    REQUIRE(steps);
    CHECK(steps->size() == (i % 3 == 0 ? 3u : i % 3 == 1 ? 2u : 4u));
    CHECK(steps->back().get<acta::process_step>()->finished);
  }
  CHECK(runtime.state<test::account>("ada")->cents == crash::opening_cents - given);
  CHECK(runtime.state<test::account>("bob")->cents == crash::opening_cents + given);
  for (int i = 0; i < crash::reminders; ++i) {
    CHECK(runtime.state<test::reminder>(crash::reminder_id(i))->rung.size() == 1);
    CHECK(runtime.events("reminder", crash::reminder_id(i))->size() == 2);
  }
  const auto f = runtime.figures().processes;
  CHECK(f.waiting == 0);
  CHECK(f.timers == 0);
  CHECK(f.stuck == 0);
  CHECK(f.set_aside == 0);
}

int passings() {
  const auto* wanted = std::getenv("ACTA_CRASH_ROUNDS");
  return wanted != nullptr ? std::atoi(wanted) : 3;
}

} // namespace

TEST_CASE("a crash between any two steps of a process step leaves one effect of each") {
  for (const auto& point : acta::detail::crash_points)
    for (int n = 1; n <= passings(); ++n) {
      INFO("crash at " << point.name << ", passing " << n);
      test::temp_folder folder;
      // A later passing may not come if transactions took in more at once; the first one must.
      const auto died = dies_at(folder, point.name, n);
      if (n == 1) REQUIRE(died);
      // Where it died, the next life goes on, and dies again; the third one comes to the end.
      (void)dies_at(folder, point.name, n);
      CHECK_FALSE(dies_at(folder, "none", 0));
      judge(folder);
    }
}

TEST_CASE("a crash at one step after a crash at another leaves one effect of each") {
  const auto points = acta::detail::crash_points;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const auto first = points[i].name;
    const auto second = points[(i * 5 + 3) % points.size()].name;
    INFO("crash at " << first << ", then at " << second);
    test::temp_folder folder;
    (void)dies_at(folder, first, 2);
    (void)dies_at(folder, second, 1);
    (void)dies_at(folder, "none", 0);
    judge(folder);
  }
}
