// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// Clients of earlier releases ask in the form of a command that they know.
#include "http_client.hpp"
#include "order_releases.hpp"

#include <acta/gateway/gateway.hpp>
#include <acta/runtime.hpp>

#include <catch2/catch.hpp>

namespace older_command_test {

using namespace test::orders;

namespace {

struct served {
  acta::runtime runtime = [] {
    auto opened = acta::runtime::in_memory(whole<third>());
    if (!opened) throw std::runtime_error(opened.error().to_string());
    return std::move(opened).value();
  }();
  std::unique_ptr<acta::gateway> http = [this] {
    auto opened = acta::gateway::open(runtime);
    if (!opened) throw std::runtime_error(opened.error().to_string());
    return std::move(opened).value();
  }();
  test::http_client client{http->port()};

  test::http_answer pay(const std::string& command, const std::string& body,
                        const std::string& key = {}) {
    const auto headers = key.empty() ? std::string() : "Idempotency-Key: " + key + "\r\n";
    return client.post("/v1/till/a/" + command, body, headers);
  }
  texts paid() { return runtime.state<till<third>>("a")->paid; }
};

bool is_problem(const test::http_answer& a, unsigned status, std::string_view code) {
  UNSCOPED_INFO(a.body);
  return a.status == status && a.has("\"code\":\"" + std::string(code) + "\"");
}

} // namespace

TEST_CASE("a command in an older form is taken as what it is today, and its retry has one effect") {
  served s;
  const auto one = s.pay("pay@1", R"({"cents":5})", "a-1");
  CHECK(one.status == 200);
  CHECK(one.has(R"("type":"till.paid","version":1)"));
  CHECK(one.has(R"("mils":50,"currency":"EUR")"));
  const auto again = s.pay("pay@1", R"({ "cents" : 5 })", "a-1");
  CHECK(again.status == 200);
  CHECK(again.body == one.body);
  CHECK(s.pay("pay", R"({"mils":50,"currency":"EUR"})", "a-1").body == one.body);
  CHECK(is_problem(s.pay("pay@1", R"({"cents":6})", "a-1"), 422, "command_id_reused"));
  CHECK(s.pay("pay%402", R"({"cents":7,"currency":"CHF"})").status == 200);
  CHECK(s.paid() == texts{"50mEUR", "70mCHF"});
}

TEST_CASE("a form of a command that the program does not have is 404, and a wrong body 400") {
  served s;
  for (const auto* command : {"pay@4", "pay@9", "pay@0", "pay@x", "pay@"}) {
    CAPTURE(command);
    CHECK(is_problem(s.pay(command, R"({"mils":50,"currency":"EUR"})"), 404, "unknown_command"));
  }
  CHECK(s.pay("pay@9", "{}").has("'pay' of schema 3 and some before it, not 9"));
  CHECK(is_problem(s.pay("pay", R"({"cents":5})"), 400, "json_invalid"));
  CHECK(is_problem(s.pay("pay@1", R"({"euros":5})"), 400, "json_invalid"));
  CHECK(is_problem(s.pay("pay@1", R"({"cents":-5})"), 409, "negative"));
  {
    const broken_upcasts broken;
    CHECK(is_problem(s.pay("pay@1", R"({"cents":5})"), 500, "decide_threw"));
  }
  CHECK(s.pay("pay@1", R"({"cents":5})").status == 200);
}

} // namespace older_command_test
