// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Embeds a runtime in the folder given: asks, reads the state, and exits with 0 if both are right.
#include "../counter.hpp"

#include <acta/runtime.hpp>

#include <chrono>
#include <iostream>

int main(int argc, char** argv) {
  using namespace std::chrono_literals;
  if (argc != 2) return 2;
  acta::model model;
  model.aggregate<tally::counter>();
  auto runtime = acta::runtime::open(argv[1], std::move(model));
  if (!runtime) {
    std::cerr << runtime.error() << '\n';
    return 1;
  }
  const auto receipt = runtime->ask<tally::counter>("a", tally::add{41}).wait_for(10s);
  if (!receipt || receipt->version != 1 || receipt->get<tally::added>() == nullptr) {
    std::cerr << "no receipt for version 1\n";
    return 1;
  }
  const auto refused = runtime->ask<tally::counter>("a", tally::add{0}).wait_for(10s);
  if (refused || refused.error().code() != acta::condition::rejected) {
    std::cerr << "not refused\n";
    return 1;
  }
  const auto state = runtime->state<tally::counter>("a");
  if (!state || state->total != 41) {
    std::cerr << "not the state expected\n";
    return 1;
  }
  std::cout << "counter/a holds " << state->total << " at " << receipt->position << '\n';
  return runtime->stop(10s) ? 0 : 1;
}
