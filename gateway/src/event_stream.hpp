// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What one client of an event stream is sent, page by page. Knows nothing of sockets.
#pragma once

#include "shared_state.hpp"

#include <acta/projections/subscription.hpp>

#include <functional>
#include <string>
#include <vector>

namespace acta::http {

/// Threads: one at a time.
class event_stream {
public:
  event_stream(subscription events, stream_place place);

  /// Puts the next events into text(), maybe none. Blocking: reads the store. Errors: the
  /// subscription's.
  result<void> read();
  /// Whether there was nothing more when read() was last called.
  [[nodiscard]] bool has_caught_up() const noexcept { return caught_up_; }
  /// Replaces text() by a sign of life, with the checkpoint if the client does not know it yet.
  void beat();
  /// Calls `f` once, when read() may have more; maybe before this returns.
  void notify(std::function<void()> f) { events_.notify(std::move(f)); }

  /// To be sent.
  [[nodiscard]] std::string& text() noexcept { return text_; }

private:
  void clear();
  /// Tells the client of a damaged commit, so that the stream goes on behind it. Errors: `why`, if
  /// it was something else.
  result<void> pass_over_damage(const error& why);

  subscription events_;
  stream_place place_;
  std::vector<position> seen_; ///< looked through, whether or not anything matched
  std::vector<position> told_; ///< the last id sent
  bool caught_up_ = false;
  std::string text_;
  std::string json_;
};

} // namespace acta::http
