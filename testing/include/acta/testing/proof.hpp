// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What is proved of aggregates and of processes alike: that answers depend on what is stored, and
/// that replay leads back to the state. Private to the kit.
#pragma once

#include <acta/testing/difference.hpp>
#include <acta/testing/failure.hpp>
#include <acta/testing/round_trip.hpp>

#include <cstddef>
#include <string>

namespace acta::testing::detail {

/// One kind of question, in the words of a report.
struct question {
  std::string function; ///< decide
  std::string message;  ///< command
  promise leaves_state;
  promise repeats;
};

/// What `state` answers to `message`. Throws `failure` unless asking leaves the state alone, and
/// the same answer comes again: also to the message and the state as they come back from the
/// codecs.
///
/// @param ask  ask(state, message) is an answer; same_answer compares two, show_answer lists one
template <class State, class Message, class Ask>
auto ask_again(const State& state, const Message& message, const question& q, const Ask& ask,
               const report& so_far) {
  const auto from_binary = through_binary(message, so_far);
  const auto from_json = through_json(message, so_far);
  const auto before = through_binary(state, so_far);

  auto answer = ask(state, message);
  if (const auto found = difference(before, state))
    report(so_far)
        .line("before", show(before))
        .line("after", show(state))
        .line("differs", *found)
        .fail(q.leaves_state,
              q.function + " changed the state: only evolve may, or replay would not repeat it");

  const auto again = [&](const State& same_state, const Message& same, const std::string& what) {
    const auto second = ask(same_state, same);
    if (!same_answer(answer, second))
      report(so_far)
          .list("first", show_answer(answer))
          .list("second", show_answer(second))
          .fail(q.repeats, q.function + " gave " + what);
  };
  again(state, message,
        "two answers to one " + q.message +
            ": time, ids and the caller must come from acta::context");
  again(before, from_binary,
        "another answer to the " + q.message + " and the state as they were stored");
  again(before, from_json, "another answer to the " + q.message + " as it comes over HTTP");
  return answer;
}

/// Throws `failure` unless every way of replay leads to `live`: from each snapshot on the way, with
/// what was stored after it. The snapshots make the round trip through both codecs.
///
/// @param evolve  evolve(state, i, so_far): with the stored form of the i-th of `count`
/// @param what    `event`
template <class State, class Evolve>
void must_replay(const State& live, std::size_t count, const Evolve& evolve,
                 const std::string& what, const report& so_far) {
  State snapshot{};
  for (std::size_t version = 0;; ++version) {
    const auto here = report(so_far).line("state at", std::to_string(version));
    auto restored = through_binary(snapshot, here);
    (void)through_json(snapshot, here);
    for (std::size_t i = version; i < count; ++i) evolve(restored, i, so_far);
    if (const auto found = difference(live, restored))
      report(so_far)
          .line("live", show(live))
          .line("replayed", show(restored))
          .line("differs", *found)
          .fail(promise::replay_agrees,
                version == 0
                    ? "replay of the decoded " + what + "s leads to another state than the " +
                          what + "s had led to: evolve may depend on its " + what +
                          " and the state only"
                    : "a snapshot at version " + std::to_string(version) + " and the " + what +
                          "s after it lead to another state than all " + what +
                          "s: something in the state is not in its serialize");
    if (version == count) break;
    evolve(snapshot, version, so_far);
  }
}

} // namespace acta::testing::detail
