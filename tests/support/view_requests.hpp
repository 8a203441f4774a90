// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What tests of views ask of a runtime over and over. A refusal fails the test.
#pragma once

#include "counter.hpp"

#include <acta/runtime.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

namespace test {

/// What a view must show, for which a reader waits.
inline acta::read_options showing(acta::position at) {
  return {.at_least = at, .timeout = std::chrono::seconds{20}};
}

/// @returns where the event of one command is.
template <class Command>
acta::position tell_counter(acta::runtime& runtime, std::string_view id, Command command) {
  auto receipt = runtime.ask<counter>(id, std::move(command)).wait_for(std::chrono::seconds{20});
  if (!receipt) FAIL(receipt.error());
  return receipt->position;
}
inline acta::position add_to(acta::runtime& runtime, std::string_view id, std::int64_t amount) {
  return tell_counter(runtime, id, add{amount});
}
inline acta::position note_in(acta::runtime& runtime, std::string_view id, std::string text) {
  return tell_counter(runtime, id, note{std::move(text)});
}
/// Adds 1 in each of some commands. @returns where the last event is.
inline acta::position add_ones(acta::runtime& runtime, std::string_view id, int commands = 1) {
  acta::position at;
  for (int i = 0; i < commands; ++i) at = add_to(runtime, id, 1);
  return at;
}

template <class V> acta::view_status status_of(acta::runtime& runtime) {
  auto view = runtime.projection(V::name);
  REQUIRE(view);
  return view->status();
}

} // namespace test
