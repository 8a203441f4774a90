// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Every part of the package, linked into one program.
#include "../counter.hpp"

#include <acta/channels/http.hpp>
#include <acta/channels/smtp.hpp>
#include <acta/gateway/gateway.hpp>
#include <acta/runtime.hpp>
#include <acta/testing.hpp>

int main() {
  acta::given<tally::counter>(tally::added{1}).when(tally::add{2}).then(tally::added{2});
  if (!acta::smtp_mail({.host = "localhost", .from = "shop@example.org"})) return 1;
  if (!acta::http_webhook({})) return 1;
  return acta::gateway::check({.address = "0.0.0.0"}) ? 1 : 0; // refused: not of this machine
}
