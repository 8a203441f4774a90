// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// How a test of a domain fails: one exception, whose text is a report.
///
/// Catch2, GoogleTest and doctest all show what() of an exception that leaves a test case, so the
/// kit needs none of them.
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace acta::testing {

/// Where a test stands. As std::source_location, which clang 14 does not give.
class source_place {
public:
  static constexpr source_place current(const char* file = __builtin_FILE(),
                                        unsigned line = __builtin_LINE()) noexcept {
    return {file, line};
  }
  [[nodiscard]] constexpr const char* file_name() const noexcept { return file_; }
  [[nodiscard]] constexpr unsigned line() const noexcept { return line_; }

private:
  constexpr source_place(const char* file, unsigned line) noexcept : file_(file), line_(line) {}

  const char* file_;
  unsigned line_;
};

/// What a test found not to hold.
enum class promise {
  valid_test,  ///< the test itself makes sense (a stream id with a control character does not)
  sound_model, ///< the durable names neither clash nor break the rules
  expected_decision,   ///< the decision is the one that was expected
  expected_state,      ///< the state is the one that was expected
  binary_round_trip,   ///< a value comes back from its binary form as it was
  json_round_trip,     ///< a value comes back from its JSON form as it was
  code_of_rejection,   ///< a rejection has a code
  decide_returns,      ///< decide does not throw
  decide_repeats,      ///< decide gives the same answer to the same command, state and context
  decide_leaves_state, ///< decide does not change the state
  evolve_returns,      ///< evolve does not throw
  replay_agrees,    ///< replay gives the same state, from the first event and from every snapshot
  expected_rows,    ///< the rows of a view are those that were expected
  expected_reply,   ///< the reply of a query is the one that was expected
  view_takes_event, ///< a view takes each event: no bad key, no second row with a unique value
  folds_agree,      ///< rows are the same, folded one event at a time or all at once, again and
                    ///< replaying
  index_repeats,    ///< the columns of an index depend on what is stored of a row, and nothing else
  answer_returns,   ///< a query's answer does not throw
  answer_repeats,   ///< a query gives the same reply to the same request and picture
  expected_reaction,  ///< the reaction of a process is the one that was expected
  expected_timers,    ///< the timers that are set are those that were expected
  valid_reaction,     ///< a runtime would take the reaction: no bad stream id, no odd timer
  react_returns,      ///< react does not throw
  react_repeats,      ///< react gives the same answer to the same input, state and context
  react_leaves_state, ///< react does not change the state
  expected_effect,    ///< what a subscriber wants done is what was expected
  valid_effect,       ///< a channel could do it: an address is one, a subject is one line
  handle_repeats,     ///< a subscriber gives the same answer to the same event at the next attempt
  time_goes_on,       ///< timers do not set themselves again at once, for ever
  fits_commit,        ///< what is decided fits one commit: its events are stored all or none
  upcast_returns,     ///< an upcast does not throw
  upcast_repeats,     ///< an upcast gives the same events to the same older one
  released_holds,     ///< what was released is read as it was, and has an example
  contract_holds,     ///< types change by new versions only
};

/// Thrown by the kit, and by nothing else.
class failure : public std::exception {
public:
  failure(promise broken, std::string report) : broken_(broken), report_(std::move(report)) {}

  /// A headline, then labelled lines: what was given, done, expected and found, with values as
  /// JSON.
  const char* what() const noexcept override { return report_.c_str(); }
  [[nodiscard]] promise broken() const noexcept { return broken_; }

private:
  promise broken_;
  std::string report_;
};

/// The text of a failure while it is put together. Labels stand in a column, lists are numbered.
class report {
public:
  report& line(std::string_view label, std::string_view text);
  report& list(std::string_view label, const std::vector<std::string>& items);
  /// The line of the test, which then stands last.
  report& at(const source_place& where);

  [[noreturn]] void fail(promise broken, std::string_view headline) const;

private:
  std::string text_;
  std::string where_;
};

} // namespace acta::testing
