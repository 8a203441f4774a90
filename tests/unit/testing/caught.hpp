// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The failure of a test that must fail.
#pragma once

#include <acta/testing/failure.hpp>

#include <catch2/catch.hpp>

#include <optional>
#include <ostream>
#include <string_view>

namespace acta::testing {

inline std::ostream& operator<<(std::ostream& out, promise p) {
  return out << "promise " << static_cast<int>(p);
}

/// What `test` fails with; a test that passes fails the test that calls this.
template <class Test> failure caught(Test test) {
  std::optional<failure> found;
  try {
    test();
  } catch (const failure& f) { found = f; }
  REQUIRE(found);
  INFO(found->what());
  return *found;
}

inline bool says(const failure& f, std::string_view text) {
  UNSCOPED_INFO(f.what());
  return std::string_view(f.what()).find(text) != std::string_view::npos;
}

} // namespace acta::testing
