// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Opening runtimes in tests.
#pragma once

#include <acta/runtime.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <utility>

namespace test {

inline acta::result<acta::runtime> try_open(const std::filesystem::path& folder, acta::model m,
                                            acta::runtime_options options = {}) {
#ifdef ACTA_SANITIZED_THREAD // it leaves little of the address space, and not always the same
  constexpr auto most = std::size_t{1} << 30;
  options.journal_map_bytes = std::min(options.journal_map_bytes, most);
  options.derived_map_bytes = std::min(options.derived_map_bytes, most);
  options.projections.map_bytes = std::min(options.projections.map_bytes, most);
#endif
  return acta::runtime::open(folder, std::move(m), std::move(options));
}

inline acta::runtime must_open(const std::filesystem::path& folder, acta::model m,
                               acta::runtime_options options = {}) {
  auto opened = try_open(folder, std::move(m), std::move(options));
  if (!opened) FAIL(opened.error());
  return std::move(opened).value();
}

/// For judges of what a killed process has left: they never make a store.
inline acta::runtime must_find(const std::filesystem::path& folder, acta::model m,
                               acta::runtime_options options = {}) {
  options.create = false;
  return must_open(folder, std::move(m), std::move(options));
}

} // namespace test
