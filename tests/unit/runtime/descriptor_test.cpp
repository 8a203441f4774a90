// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// What a program that a host starts must not get: the store's files, which it could write to.
#include "runtime.hpp"
#include "temp_folder.hpp"
#include "whole_model.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <set>
#include <string>

#include <fcntl.h>

namespace descriptor_test {

using namespace std::chrono_literals;
using namespace test;

namespace {

/// Files under a folder that are open in this program, and those that exec leaves open.
struct descriptors {
  std::set<std::string> open;
  std::set<std::string> inherited;
};
descriptors under(const std::filesystem::path& folder) {
  descriptors found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone; // the iterator's own
    const auto file = std::filesystem::read_symlink(entry.path(), gone).string();
    if (gone || !file.starts_with(folder.string())) continue;
    const auto name = file.substr(folder.string().size() + 1);
    found.open.insert(name);
    const int flags = ::fcntl(std::stoi(entry.path().filename().string()), F_GETFD);
    if (flags >= 0 && (flags & FD_CLOEXEC) == 0) found.inherited.insert(name);
  }
  return found;
}

} // namespace

TEST_CASE("a program that the host starts gets none of the store's files") {
  test::temp_folder folder;
  const auto store = std::filesystem::canonical(folder.path()) / "data";
  auto runtime = must_open(store, whole_model());
  REQUIRE(runtime.ask<counter>("a", add{1}).wait_for(20s));
  REQUIRE(runtime.schedule<counter>("a", add{1}, acta::after(0s)));
  REQUIRE(runtime.settle(60s));
  REQUIRE(runtime.projection("totals")->rebuild());
  const auto past = runtime.past<totals>(acta::position{0, 1});
  CHECK(past);
  const auto found = under(store);
  CHECK(found.inherited == std::set<std::string>{});
  const auto has = [&](std::string_view part) {
    return std::ranges::any_of(
        found.open, [&](const auto& name) { return name.find(part) != std::string::npos; });
  };
  for (const auto* part : {"journal/data.mdb", "derived/data.mdb", "processes/data.mdb",
                           "subscribers/listener", "views/totals", "store.lock"}) {
    CAPTURE(part);
    CHECK(has(part));
  }
}

} // namespace descriptor_test
