// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The moments between two steps of the processes' runner at which a test may end the program:
/// docs/processes.md tells what a crash at each does. In a product nobody is called.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace acta::detail {

enum class crash_point : std::uint8_t {
  event_unread,         ///< an event is in the journal, and has not been looked at
  event_taken,          ///< what it asks for is in memory, and has not been sent
  before_send,          ///< of any delivery
  after_send,           ///< and before its answer
  answer_unseen,        ///< the receiver has answered, and the runner does not know it
  answer_taken,         ///< it knows, and has not noted it
  rejection_taken,      ///< and has not sent the input that tells of it
  rejection_told,       ///< that input is sent
  timer_due,            ///< and its input has not been sent
  timer_answered,       ///< its input was answered, and the timer is still stored
  before_outbox_commit, ///< all is written, and nothing counts
  after_outbox_commit,  ///< all counts, and memory does not know it
};

struct named_crash_point {
  crash_point point;
  std::string_view name;
};
/// All of them, in their order: what the crash test goes through.
inline constexpr std::array<named_crash_point, 12> crash_points{{
    {crash_point::event_unread, "event_unread"},
    {crash_point::event_taken, "event_taken"},
    {crash_point::before_send, "before_send"},
    {crash_point::after_send, "after_send"},
    {crash_point::answer_unseen, "answer_unseen"},
    {crash_point::answer_taken, "answer_taken"},
    {crash_point::rejection_taken, "rejection_taken"},
    {crash_point::rejection_told, "rejection_told"},
    {crash_point::timer_due, "timer_due"},
    {crash_point::timer_answered, "timer_answered"},
    {crash_point::before_outbox_commit, "before_outbox_commit"},
    {crash_point::after_outbox_commit, "after_outbox_commit"},
}};
static_assert([] {
  for (std::size_t i = 0; i < crash_points.size(); ++i)
    if (static_cast<std::size_t>(crash_points[i].point) != i) return false;
  return crash_points.size() == static_cast<std::size_t>(crash_point::after_outbox_commit) + 1;
}());

/// Called at each; null in a product. Threads: the runner's, and for `answer_unseen` the one that
/// answers.
using crash_hook = void (*)(crash_point);

} // namespace acta::detail
