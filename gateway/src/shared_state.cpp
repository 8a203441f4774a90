// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "shared_state.hpp"

#include <acta/domain/errc.hpp>
#include <acta/runtime/errc.hpp>

namespace acta::http {

namespace {
/// A balancer that sends nothing to a node which is not ready would never learn that there is room
/// again: after this time one command may try. Cost of less: more commands that fail while a disk
/// is full.
constexpr std::chrono::seconds next_try_after{30};
} // namespace

void shared_state::log_failure(std::string_view what) const noexcept {
  try {
    log(log_level::error, std::string(what) + ": " + detail::describe_exception());
  } catch (...) { // memory
  }
}

void shared_state::note(const error& e) {
  if (e.code() == runtime_errc::stopped) runtime_stopped_ = true;
}

std::vector<std::string> shared_state::reasons_not_ready(const runtime_figures& now) const {
  std::vector<std::string> reasons;
  if (stopping || runtime_stopped_) reasons.emplace_back("stopping");
  // Only what the journal says of itself: an error of one read is nothing that lasts.
  if (!now.store_failure.empty() && (now.store_broken || now.store_failure_age < next_try_after))
    reasons.push_back((now.store_broken ? "the store cannot write until the node is restarted: "
                                        : "commits are not stored: ") +
                      now.store_failure);
  return reasons;
}

} // namespace acta::http
