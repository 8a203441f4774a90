// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// A view's own file that is damaged while it is open: the view is made anew by itself, and says so.
#include "counter_views.hpp"
#include "eventually.hpp"
#include "runtime.hpp"
#include "temp_folder.hpp"
#include "view_requests.hpp"

#include <acta/runtime/view_handle.hpp>

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>

namespace damaged_view_test {

using test::add_ones;
using test::showing;
using test::status_of;

using namespace std::chrono_literals;
using namespace test;
namespace fs = std::filesystem;

namespace {

/// Takes the kind away from every page but the two headers: LMDB answers MDB_CORRUPTED when it
/// meets one. The map shows what is written to the file.
void garble(const fs::path& file) {
  constexpr std::size_t page = 4096, flags_at = 10;
  const int fd = ::open(file.c_str(), O_WRONLY | O_CLOEXEC);
  REQUIRE(fd >= 0);
  const std::uint16_t none = 0;
  for (auto at = 2 * page; at + page <= fs::file_size(file); at += page)
    REQUIRE(::pwrite(fd, &none, sizeof none, static_cast<off_t>(at + flags_at)) == sizeof none);
  ::close(fd);
}

acta::model with_views() {
  acta::model m;
  m.aggregate<counter>().view<totals>().view<notes>();
  return m;
}

} // namespace

TEST_CASE("a view whose file is damaged while it is open is made anew, and the others go on") {
  test::temp_folder folder;
  const auto data = folder / "data";
  std::atomic<int> told{0};
  acta::runtime_options options;
  options.log = [&](acta::log_level level, std::string_view line) {
    if (level == acta::log_level::error && line.starts_with("view totals: the file of generation"))
      ++told;
  };
  {
    auto runtime = must_open(data, with_views(), options);
    const auto at = add_ones(runtime, "a", 3);
    REQUIRE(runtime.view<totals>().get("a", showing(at))->total == 3);
    const auto before = status_of<totals>(runtime).serving->number;
    const bool paused = GENERATE(false, true);
    CAPTURE(paused);
    garble(data / "views" / ("totals@" + std::to_string(before)) / "data.mdb");
    const auto next = add_ones(runtime, "a");
    if (paused) {
      // An operator's orders meanwhile, done or refused, do not keep it from being made anew.
      REQUIRE(eventually([&] { return told == 1; }));
      (void)runtime.projection("totals")->pause().has_value();
      (void)runtime.projection("totals")->resume().has_value();
    }
    REQUIRE(eventually([&] {
      const auto s = status_of<totals>(runtime);
      return s.serving && s.serving->number > before;
    }));
    CHECK(runtime.view<totals>().get("a", showing(next))->total == 4);
    CHECK(told == 1);
    CHECK(runtime.figures().projections.damaged == 1);
    CHECK(runtime.figures().projections.stopped == 0);
    CHECK_FALSE(fs::exists(data / "views" / ("totals@" + std::to_string(before))));
    // The other view has not been touched.
    CHECK(status_of<notes>(runtime).serving->number == 1);
    CHECK(runtime.view<totals>().get("a", showing(add_ones(runtime, "a")))->total == 5);
  }
  auto runtime = must_open(data, with_views(), options);
  CHECK(runtime.view<totals>().get("a", showing(add_ones(runtime, "a")))->total == 6);
  CHECK(runtime.figures().projections.damaged == 0);
}

TEST_CASE("a view whose file is damaged while it is being built begins again") {
  test::temp_folder folder;
  const auto data = folder / "data";
  auto runtime = must_open(data, with_views());
  REQUIRE(runtime.view<totals>().get("a", showing(add_ones(runtime, "a", 3)))->total == 3);
  REQUIRE(runtime.projection("totals")->pause());
  REQUIRE(runtime.projection("totals")->rebuild());
  garble(data / "views" / "totals@2" / "data.mdb");
  (void)runtime.projection("totals")->resume().has_value();
  // The serving one goes on; the rebuild is given up, which is told.
  REQUIRE(eventually([&] { return runtime.figures().projections.damaged == 1; }));
  CHECK(runtime.view<totals>().get("a", showing(add_ones(runtime, "a")))->total == 4);
  CHECK_FALSE(status_of<totals>(runtime).building);
  REQUIRE(runtime.projection("totals")->rebuild());
  REQUIRE(eventually([&] { return status_of<totals>(runtime).serving->number == 3; }));
}

} // namespace damaged_view_test
