// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What a test expects of a value: another value, or a function that looks at it. Private to the
/// kit.
#pragma once

#include <acta/testing/difference.hpp>
#include <acta/testing/failure.hpp>
#include <acta/testing/round_trip.hpp>

#include <concepts>
#include <functional>
#include <string>
#include <type_traits>

namespace acta::testing::detail {

/// A function of a value: it checks it with the means of the test framework, or returns whether it
/// is as it must be.
template <class F, class T>
concept looks_at = std::invocable<const F&, const T&>;

/// Throws `failure` unless `actual` is what is expected. @param what  `state`, `row`, `reply`
template <class T, class Expected>
void must_be(const Expected& expected, const T& actual, const report& so_far, promise broken,
             const std::string& what) {
  if constexpr (std::same_as<Expected, T>) {
    if (const auto found = difference(expected, actual))
      report(so_far)
          .line("expected", show(expected))
          .line("actual", show(actual))
          .line("differs", *found)
          .fail(broken, "another " + what + " than expected");
  } else if constexpr (std::convertible_to<std::invoke_result_t<const Expected&, const T&>, bool>) {
    if (!std::invoke(expected, actual))
      report(so_far)
          .line("actual", show(actual))
          .fail(broken, "the " + what + " is not as expected");
  } else {
    std::invoke(expected, actual);
  }
}

} // namespace acta::testing::detail
