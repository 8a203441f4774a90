// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "http_client.hpp"
#include "node_folder.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <memory>

using test::http_client;
using test::node_folder;
using test::port_of;
using test::run;
using test::says;

TEST_CASE("a node serves its module, and ends with 0 when it is told to") {
  const node_folder here;
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
    const auto node = here.start();
    http_client c(port_of(*node));
    CHECK(c.post("/v1/counter/42/add", R"({"amount":1})").status == 200);
    CHECK(c.get("/health/ready").status == 200);
    node->signal(signal);
    CHECK(node->end() == 0);
    CHECK(node->output().empty());
    says(node->errors(), "info    module " + std::string(GOOD_MODULE));
    says(node->errors(), "aggregates: counter");
    says(node->errors(), "listening on http://127.0.0.1:");
    says(node->errors(), "stopped");
  }
}

TEST_CASE("a node says at its start where mails go, and does not start without its secrets") {
  const node_folder here;
  {
    const auto node = here.start();
    port_of(*node);
    CHECK(node->logs("no mail.server: mails go into the maildir " +
                     (here.folder / "data/mail").string()));
    CHECK(node->logs("webhooks are not signed"));
  }
  const node_folder secret('"' + std::string(GOOD_MODULE) + '"',
                           "[webhook]\nsecret_file = \"not-there\"\n");
  const auto told =
      "'webhook.secret_file': " + (secret.folder / "not-there").string() + ": No such file";
  const auto [code, text] = secret.fails();
  CHECK(code == 2);
  says(text, told);
  const auto checked = run({"config", "check", secret.config.string()});
  CHECK(checked.first == 2);
  says(checked.second, told);
}

TEST_CASE("after kill -9 the state is there, and the log says what was recovered") {
  const node_folder here;
  {
    const auto node = here.start();
    http_client c(port_of(*node));
    REQUIRE(c.post("/v1/counter/42/add", R"({"amount":5})", "Idempotency-Key: first\r\n").status ==
            200);
    REQUIRE(c.post("/v1/counter/7/add_many", R"({"amount":1,"times":3})").status == 200);
    node->signal(SIGKILL);
    CHECK(node->end() == -SIGKILL);
  }
  const auto node = here.start();
  http_client c(port_of(*node));
  CHECK(
      c.get("/v1/counter/42").has(R"("version":1,"position":"0:1","state":{"total":5,"count":1})"));
  CHECK(c.get("/v1/counter/7").has(R"("total":3)"));
  CHECK(c.post("/v1/counter/42/add", R"({"amount":5})", "Idempotency-Key: first\r\n")
            .header("etag") == "\"1\"");
  CHECK(node->logs("recovered 2 aggregates, 4 events in "));
  CHECK(node->logs(" us ("));
}

TEST_CASE("a setting reaches its module, and one that no module asks for is a mistake") {
  const auto with = [](const std::string& settings) {
    return node_folder('"' + std::string(GOOD_MODULE) + '"', settings);
  };
  {
    const auto here = with("[settings.counter]\nsnapshot_every = 7");
    const auto node = here.start();
    http_client c(port_of(*node));
    CHECK(c.post("/v1/counter/42/add", R"({"amount":1})").status == 200);
  }
  const auto typing = with("[settings.counter]\nsnapshot_evry = 7\nother = 1");
  const auto [typo_code, typo] = typing.fails();
  CHECK(typo_code == 2);
  says(typo, typing.config.string() +
                 ":4:1: no module asks for the setting 'counter.snapshot_evry'; did you mean "
                 "'counter.snapshot_every'?");
  says(typo, typing.config.string() + ":5:1: no module asks for the setting 'counter.other'");
  const auto wrong = with("[settings.counter]\nsnapshot_every = \"often\"");
  const auto [value_code, value] = wrong.fails();
  CHECK(value_code == 2);
  says(value, wrong.config.string() +
                  ":4:1: setting 'counter.snapshot_every': 'often' is no whole number");
  const auto here = with("[settings]\nnobody = true");
  const auto [checked, said] = run({"config", "check", here.config.string()});
  CHECK(checked == 2);
  says(said, "acta: " + here.config.string() + ":4:1: no module asks for the setting 'nobody'");
}

TEST_CASE("an error raised inside a module's own code is known to the node as what it is") {
  // Error categories compare by address: this holds only while the module binds to those of the
  // program.
  const node_folder here;
  const auto node = here.start();
  http_client c(port_of(*node));
  const auto no = c.post("/v1/counter/42/add", R"({"amount":"five"})");
  CHECK(no.status == 400);
  CHECK(no.has(R"("code":"json_invalid")"));
  CHECK(no.has(R"("pointer":"/amount")"));
  const auto rejected = c.post("/v1/counter/42/add", R"({"amount":-5})");
  CHECK(rejected.status == 409);
  CHECK(rejected.has(R"("rejection":{"code":"below_zero")"));
  CHECK(c.post("/v1/counter/42/throw_up", "{}").status == 500);
  CHECK(c.get("/health/live").status == 200);
}

TEST_CASE("a second signal ends a node that is still stopping at once") {
  const node_folder here;
  const auto node = here.start();
  http_client c(port_of(*node));
  // A request that has begun to arrive holds up the stop until its deadline; the answer before it
  // proves it has arrived.
  c.send("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\nGET /health/live HTTP/1.1\r\n");
  REQUIRE(c.receive().status == 200);
  node->signal(SIGTERM);
  REQUIRE(node->logs("SIGTERM: stopping"));
  node->signal(SIGINT);
  CHECK(node->end() == 128 + SIGINT);
}

TEST_CASE("a node that was told to outlive its terminal does") {
  const node_folder here;
  const auto node = here.start_by_shell("trap '' HUP;", "");
  http_client c(port_of(*node));
  node->signal(SIGHUP);
  CHECK(c.post("/v1/counter/42/add", R"({"amount":1})").status == 200);
  node->signal(SIGTERM);
  REQUIRE(node->logs("SIGTERM: stopping"));
  node->signal(SIGHUP);
  CHECK(node->end() == 0);
  CHECK(node->errors().find("SIGHUP") == std::string::npos);
}

TEST_CASE("a client that never ends its request does not keep a node from stopping well") {
  const node_folder here('"' + std::string(GOOD_MODULE) + '"', "shutdown_deadline = \"60s\"");
  const auto node = here.start();
  http_client c(port_of(*node));
  c.send("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\nGET /health/live HTTP/1.1\r\n");
  REQUIRE(c.receive().status == 200);
  node->signal(SIGTERM);
  CHECK(node->end() == 0); // it waits for less than the deadline
}

TEST_CASE("a store that another node has open is refused with that node's pid") {
  const node_folder here;
  const auto node = here.start();
  port_of(*node);
  const auto [code, said] = here.fails();
  CHECK(code == 3);
  says(said, "store_locked");
  says(said, std::to_string(node->pid()));
}

TEST_CASE("a port that is taken is named, and no new store is left behind") {
  const node_folder here;
  const node_folder other;
  const auto node = here.start();
  const auto port = std::to_string(port_of(*node));
  const auto [code, said] = other.fails({"--port", port});
  CHECK(code == 5);
  says(said, "address_in_use: 127.0.0.1:" + port);
  CHECK_FALSE(std::filesystem::exists(other.folder / "data"));
}

TEST_CASE("a directory that is no store is left alone") {
  const node_folder here;
  test::temp_folder other;
  std::ofstream(other / "letter.txt") << "dear";
  const auto [code, said] = here.fails({"--data", other.path().string()});
  CHECK(code == 3);
  says(said, "wrong_format");
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(other.path()))
    ++files;
  CHECK(files == 1);
}

TEST_CASE("modules that cannot be served are refused by name, before a store is made") {
  struct row {
    std::string modules;
    std::string said;
  };
  const row rows[] = {
      {R"("libnothing_of_that_name.so")", "module_not_found: libnothing_of_that_name.so: not in "},
      {R"("/nowhere/libx.so")", "module_not_found: /nowhere/libx.so: "},
      {'"' + std::string(NO_SYMBOL_MODULE) + '"', "module_invalid: no symbol 'acta_module'"},
      {'"' + std::string(ACTA_CONFIGS) + "/node.toml\"", "module_invalid: "},
      {'"' + std::string(OTHER_STAMP_MODULE) + '"',
       "module_stamp: the module's stamp is 'acta-abi-0/of-another-time', this program's is "
       "'acta-abi-"},
      {'"' + std::string(CLASHING_MODULE) + '"', "bad_model: two aggregates are named 'counter'"},
      {'"' + std::string(GOOD_MODULE) + "\", \"" + CLASHING_MODULE + '"',
       "bad_model: two aggregates are named 'counter'"},
  };
  for (const auto& r : rows) {
    const node_folder here(r.modules);
    const auto [code, said] = here.fails();
    CHECK(code == 4);
    says(said, r.said);
    CHECK_FALSE(std::filesystem::exists(here.folder / "data"));
    CHECK(run({"config", "check", here.config.string()}).first == 4);
  }
}

TEST_CASE("a module whose events would be taken for another module's is refused, not mixed up") {
  const auto both = [](const char* first, const char* second) {
    return '"' + std::string(first) + "\", \"" + second + '"';
  };
  for (const auto& modules :
       {both(GOOD_MODULE, NAMESAKE_MODULE), both(NAMESAKE_MODULE, GOOD_MODULE)}) {
    const node_folder here(modules);
    const auto [code, said] = here.fails();
    CHECK(code == 4);
    says(said, "bad_model: two different classes are named test::added: the event '");
    says(said, "counter.added'");
    says(said, "talk.added'");
    CHECK_FALSE(std::filesystem::exists(here.folder / "data"));
    CHECK(run({"config", "check", here.config.string()}).first == 4);
  }
  // Each alone is sound.
  CHECK(run({"config", "check",
             node_folder('"' + std::string(NAMESAKE_MODULE) + '"').config.string()})
            .first == 0);
}

TEST_CASE("a module is found beside the config by its name alone") {
  const node_folder here("\"libmine.so\"");
  std::filesystem::copy_file(GOOD_MODULE, here.folder / "libmine.so");
  const auto node = here.start();
  port_of(*node);
  CHECK(node->logs("module " + (here.folder / "libmine.so").string()));
}

TEST_CASE("a wrong config is told with every place, and changes nothing") {
  const node_folder here(R"("x.so")", "log_levle = \"info\"\nshutdown_deadline = 5");
  const auto [code, said] = here.fails();
  CHECK(code == 2);
  says(said,
       here.config.string() + ":3:1: unknown key 'node.log_levle'; did you mean 'node.log_level'?");
  says(said, here.config.string() + ":4:21: 'node.shutdown_deadline' must be a string with a unit");
  CHECK_FALSE(std::filesystem::exists(here.folder / "data"));
  CHECK(run({"config", "check", here.config.string()}).first == 2);
}

TEST_CASE("the command line says what it takes") {
  CHECK(run({"--version"}).first == 0);
  says(run({"--version"}).second, "acta-abi-");
  CHECK(run({"--help"}).first == 0);
  says(run({"node", "--help"}).second, "SIGHUP");
  CHECK(run({}).first == 2);
  CHECK(run({"nood"}).first == 2);
  CHECK(run({"node"}).first == 2);
  CHECK(run({"node", "--config", "x", "--port", "70000"}).first == 2);
  const auto [code, said] = run({"node", "--config", "/nowhere/x.toml"});
  CHECK(code == 2);
  says(said, "acta: /nowhere/x.toml: No such file or directory");
  const auto [ok, printed] =
      run({"config", "check", "--without-modules", ACTA_CONFIGS "/shop.toml"});
  CHECK(ok == 0);
  says(printed, "shop.toml: ok");
  says(run({"config", "defaults"}).second, "[http]");
}

TEST_CASE("log lines can be JSON") {
  const node_folder here('"' + std::string(GOOD_MODULE) + '"', "log_format = \"json\"");
  const auto node = here.start();
  port_of(*node);
  node->signal(SIGTERM);
  CHECK(node->end() == 0);
  says(node->errors(), R"(Z","level":"info","message":"stopped"})");
}
