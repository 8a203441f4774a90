// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "shared_state.hpp"

#include <acta/domain/errc.hpp>
#include <acta/runtime/errc.hpp>

namespace acta::http {

namespace {
/// A full disk may be freed, and without commands nothing would tell: so a failure counts for a
/// while only.
constexpr auto failure_counts_for = std::chrono::seconds{10};
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

std::vector<std::string> shared_state::reasons_not_ready(const runtime_figures& now) {
  std::vector<std::string> reasons;
  if (stopping || runtime_stopped_) reasons.emplace_back("stopping");
  // Only what the journal says of itself: an error of one read is nothing that lasts.
  if (now.store_broken)
    reasons.push_back("the store cannot write until the node is restarted: " + now.store_failure);
  const std::lock_guard lock(failures_);
  const auto time = std::chrono::steady_clock::now();
  if (now.failed_batches > failed_batches_) last_failure_ = time;
  failed_batches_ = now.failed_batches;
  if (!now.store_broken && last_failure_ != std::chrono::steady_clock::time_point{} &&
      time - last_failure_ < failure_counts_for)
    reasons.push_back("the journal's transactions fail: " + std::to_string(now.failed_batches) +
                      " so far" + (now.store_failure.empty() ? "" : "; " + now.store_failure));
  return reasons;
}

} // namespace acta::http
