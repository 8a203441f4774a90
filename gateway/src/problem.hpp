// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What a client is told instead of an answer: RFC 9457 problem details.
#pragma once

#include <acta/core/error.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace acta::http {

struct problem {
  unsigned status = 500;
  std::string code; ///< stable, for programs
  std::string detail;
  std::optional<std::string> pointer{};          ///< JSON pointer into the body, or the answer
  std::optional<acta::rejection> rejection{};    ///< the domain's no
  std::optional<std::uint64_t> actual_version{}; ///< of the stream, in a version conflict
  std::vector<std::string> reasons{};            ///< why the node is not ready
  std::string allow{};                           ///< methods, for 405
  std::string_view accept_encoding{};            ///< for 415

  [[nodiscard]] std::string to_json() const;
};

/// The one table from Acta's errors to statuses. What went wrong inside the node (5xx) is told by
/// its code and a fixed sentence: the error's own text may hold paths or what an exception said,
/// and belongs to the log.
[[nodiscard]] problem problem_of(const error& e);

/// `Not Found`
[[nodiscard]] std::string_view reason_phrase(unsigned status) noexcept;

} // namespace acta::http
