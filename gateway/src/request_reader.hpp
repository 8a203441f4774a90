// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Bytes in, requests out. The only door to Boost.Beast, whose parser does the work.
#pragma once

#include "problem.hpp"
#include "request.hpp"

#include <cstddef>
#include <memory>
#include <string_view>

namespace acta::http {

/// Reads one request after the other. Threads: as a value type.
class request_reader {
public:
  enum class progress {
    need_more, ///< give it the unused bytes again, with more behind them
    complete,  ///< the request is there; call next() before the following one
    failed,    ///< failure() says why; the connection cannot be used any more
  };
  struct step {
    std::size_t used = 0;
    progress state = progress::need_more;
  };

  request_reader(std::size_t header_bytes_max, std::size_t body_bytes_max);
  ~request_reader();

  step feed(std::string_view bytes);
  /// Forgets the request read so far.
  void next();

  /// Whether a byte of the request has come.
  [[nodiscard]] bool started() const noexcept;
  /// True once: the client waits for `100 Continue` before it sends the body.
  [[nodiscard]] bool wants_continue() noexcept;
  [[nodiscard]] const http::request& request() const noexcept;
  [[nodiscard]] const problem& failure() const noexcept;

private:
  class parser;
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace acta::http
