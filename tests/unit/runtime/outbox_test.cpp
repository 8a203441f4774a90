// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "outbox.hpp"
#include "temp_folder.hpp"

#include <acta/persistence/errc.hpp>

#include <catch2/catch.hpp>

#include <chrono>

namespace outbox_test {

using namespace std::chrono_literals;
using namespace acta::detail;

namespace {

acta::time_point at(int ms) { return acta::time_point{std::chrono::milliseconds{ms}}; }

outbox open(const std::filesystem::path& folder = {}) {
  auto opened = outbox::open(folder, acta::uuid{{1}}, std::size_t{1} << 26);
  if (!opened) FAIL(opened.error());
  return std::move(*opened);
}
void change(outbox& o, const outbox_changes& c) {
  auto txn = o.write();
  REQUIRE(txn);
  auto applied = txn->apply(c);
  if (!applied) FAIL(applied.error());
  REQUIRE(txn->commit());
}
void set(outbox_changes& c, std::string stream, std::string name, int due,
         acta::version_number version = 1) {
  auto row = row_of_timer(stream, name);
  c.timers[std::move(row)] = {
      pending_timer{std::move(stream), std::move(name), "ring", "{}", at(due), version, {}, {}}};
}
/// Names of those due, in the order in which they come.
std::vector<std::string> due_by(outbox& o, int ms, std::string after = {}) {
  std::vector<std::string> names;
  auto next = o.visit_due(after, at(ms), [&](std::string_view, acta::result<pending_timer> t) {
    names.push_back(t ? t->stream + ' ' + t->name : "unreadable");
    return true;
  });
  REQUIRE(next);
  return names;
}
using texts = std::vector<std::string>;

} // namespace

TEST_CASE("timers of one time are all due, and those before the epoch come first") {
  auto o = open();
  outbox_changes c;
  set(c, "p/2", "b", 10);
  set(c, "p/1", "a", 10);
  set(c, "p/1", "b", 10);
  set(c, "p/9", "old", -5);
  set(c, "p/0", "later", 11);
  change(o, c);
  CHECK(due_by(o, 10) == texts{"p/9 old", "p/1 a", "p/1 b", "p/2 b"});
  CHECK(due_by(o, 10, entry_of_timer(at(10), row_of_timer("p/1", "a"))) == texts{"p/1 b", "p/2 b"});
}

TEST_CASE("a timer that was set anew is not taken out by the answer to the old one") {
  auto o = open();
  outbox_changes c;
  set(c, "p/1", "a", 10, 3);
  set(c, "p/1", "b", 10, 3);
  change(o, c);
  outbox_changes again;
  set(again, "p/1", "a", 20, 5);
  change(o, again);
  outbox_changes answered;
  answered.timers[row_of_timer("p/1", "a")].only = 3;
  answered.timers[row_of_timer("p/1", "b")].only = 3;
  change(o, answered);
  CHECK(due_by(o, 15).empty());
  CHECK(due_by(o, 20) == texts{"p/1 a"});
}

TEST_CASE("the end of a process takes its timers and nobody else's") {
  auto o = open();
  outbox_changes c;
  for (const auto* stream : {"p/1", "p/10", "p/1 ", "p/2"})
    for (const auto* name : {"a", "b"}) set(c, stream, name, 1);
  change(o, c);
  outbox_changes end;
  end.ended.insert("p/1");
  change(o, end);
  CHECK(due_by(o, 1).size() == 6);
  CHECK(o.count()->timers == 6);
}

TEST_CASE("deliveries come by target, in the order of what they come from") {
  auto o = open();
  const delivery d{"a", "1", "go", "{}", {}, {}, {}};
  std::vector<std::string> rows;
  for (const auto& [target, number] :
       std::vector<std::pair<std::string, std::uint64_t>>{{"a/2", 1}, {"a/1", 300}, {"a/1", 2}})
    rows.push_back(row_of_delivery(target, {{0, number}, 7, delivery_kind::command}));
  outbox_changes c;
  for (const auto& row : rows) c.added.emplace_back(row, &d);
  std::ranges::sort(c.added);
  change(o, c);
  texts seen;
  const auto look = [&] {
    seen.clear();
    auto ended = o.visit(row_of_delivery("", {}), [&](const outbox::stored& s) {
      CHECK(s.key.index == 7);
      CHECK(s.decode());
      seen.push_back(std::string(s.target) + ' ' + s.key.from.to_string());
      return true;
    });
    CHECK(*ended);
  };
  look();
  CHECK(seen == texts{"a/1 0:2", "a/1 0:300", "a/2 0:1"});
  outbox_changes answered;
  answered.answered.push_back(rows[2]);
  change(o, answered);
  look();
  CHECK(seen == texts{"a/1 0:300", "a/2 0:1"});
  CHECK(o.count()->deliveries == 2);
}

TEST_CASE("rows of another format are refused, not read as what they are not") {
  test::temp_folder folder;
  {
    auto store = acta::persistence::open_view_store(folder / "processes",
                                                    {acta::uuid{{1}}, "acta.processes", 1, 1}, {});
    REQUIRE(store);
  }
  const auto opened = outbox::open(folder / "processes", acta::uuid{{1}}, std::size_t{1} << 26);
  REQUIRE(!opened);
  CHECK(opened.error().code() == acta::persistence::errc::wrong_format);
}

} // namespace outbox_test
