// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "http_client.hpp"
#include "node_folder.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <map>

using test::http_client;
using test::node_folder;
using test::port_of;
using test::run;
using test::says;

namespace {

/// Each file in the store with its bytes.
std::map<std::string, std::string> files_in(const std::filesystem::path& folder) {
  std::map<std::string, std::string> all;
  for (const auto& f : std::filesystem::recursive_directory_iterator(folder)) {
    std::ifstream in(f.path(), std::ios::binary);
    all.emplace(f.path().string(),
                f.is_directory() ? "" : std::string{std::istreambuf_iterator<char>(in), {}});
  }
  return all;
}

std::pair<int, std::string> check(const node_folder& config, const std::filesystem::path& data) {
  return run({"config", "check", "--config", config.config.string(), "--data", data.string()});
}

const std::string wider_module = '"' + std::string(WIDER_MODULE) + '"';

} // namespace

TEST_CASE("modules are tested against a store that nobody has open, and nothing in it changes") {
  const node_folder here;
  const auto data = here.folder / "data";
  const auto none = check(here, data);
  CHECK(none.first == 3);
  says(none.second, "there is no store in " + data.string());
  {
    const auto node = here.start();
    http_client c(port_of(*node));
    REQUIRE(c.post("/v1/counter/42/add", R"({"amount":1})").status == 200);
    node->signal(SIGTERM);
    REQUIRE(node->end() == 0);
  }
  const auto before = files_in(data);
  const auto [code, said] = check(here, data);
  CHECK(code == 0);
  says(said, data.string() + ": ok\n");
  const node_folder changed(wider_module);
  const auto [refused, why] = check(changed, data);
  CHECK(refused == 3);
  says(why, "contract_changed");
  says(why, "event counter.added 1");
  says(why, "the program has the field reason, the store does not");
  says(why, "static constexpr unsigned schema = 2;");
  CHECK(files_in(data) == before);
}

TEST_CASE("modules are tested against the store of a node that goes on, and it does not notice") {
  const node_folder here;
  const auto data = here.folder / "data";
  const auto node = here.start();
  http_client c(port_of(*node));
  REQUIRE(c.post("/v1/counter/42/add", R"({"amount":1})").status == 200);
  const node_folder changed(wider_module);
  for (int i = 0; i < 3; ++i) {
    const auto [code, said] = check(here, data);
    CHECK(code == 0);
    says(said, "note: a process has the store open");
    REQUIRE(c.post("/v1/counter/42/add", R"({"amount":1})").status == 200);
    CHECK(check(changed, data).first == 3);
  }
  CHECK(c.get("/v1/counter/42").has(R"("total":4)"));
  node->signal(SIGTERM);
  CHECK(node->end() == 0);
}

TEST_CASE("modules that are not loaded cannot be tested against a store") {
  const node_folder here;
  CHECK(run({"config", "check", "--without-modules", "--data", "x", here.config.string()}).first ==
        2);
  CHECK(run({"config", "check", "--data", "", here.config.string()}).first == 2);
}
