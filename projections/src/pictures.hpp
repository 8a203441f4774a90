// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Pictures of views: one read transaction each, all begun together, and ended when they are too
/// old.
#pragma once

#include "generation.hpp"

#include <acta/domain/picture.hpp>
#include <acta/projections/projections.hpp>

#include <atomic>
#include <chrono>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace acta {

/// Adds how far one view has come to what an answer shows.
void add_shown(answer_info& info, position at);
void add_standing(answer_info& info, const std::string& standing);

/// What an answer rests on: a view's rows as of one change.
struct dependency {
  const view_unit* view = nullptr;
  std::uint32_t generation = 0;
  std::uint64_t changes = 0;
};

/// Threads: with_rows() and positions() one at a time; expire() from any.
class live_picture final : public detail::row_source {
public:
  /// @param views  all of them read as of now. @param at_least  0:0, or what rows must show: a view
  /// that is behind answers `view_late`.
  live_picture(std::span<view_unit* const> views, position at_least);
  ~live_picture() override;

  result<void> with_rows(const std::type_info* type, std::string_view view,
                         const use_rows& use) override;
  result<std::vector<position>> positions(std::string_view view) override;

  /// Ends the transactions unless one is being used; then the use fails soon, and they end with it.
  void expire() noexcept;
  /// expire(), after a use that goes on elsewhere. From then on nothing outside is touched.
  void end() noexcept;
  [[nodiscard]] bool expired() const noexcept { return expired_.load(std::memory_order_acquire); }
  [[nodiscard]] std::chrono::steady_clock::time_point taken_at() const noexcept {
    return taken_at_;
  }

  /// What the views that were read show. Errors: as reading.
  result<void> describe(answer_info& info);
  /// The view that was too late for somebody, if any.
  [[nodiscard]] view_unit* late() const noexcept { return late_; }
  /// The views that were read. Nothing if what was told rests on more than their rows: one was
  /// not there yet, or its position was asked for, which moves without a row. Errors: as reading.
  [[nodiscard]] result<std::optional<std::vector<dependency>>> dependencies();

private:
  struct frozen {
    view_unit* view;
    generation_ptr of;
    std::unique_ptr<persistence::view_reading> rows;
    std::optional<error> missing; ///< why there are none
    bool read = false;
  };
  /// One thread's use. Ends the transactions after it if the picture has expired meanwhile.
  class usage {
  public:
    explicit usage(live_picture& of) : of_(of), lock_(of.use_) { ++of_.uses_; }
    ~usage() {
      if (--of_.uses_ == 0 && of_.expired()) of_.drop();
    }
    usage(const usage&) = delete;
    usage& operator=(const usage&) = delete;

  private:
    live_picture& of_;
    const std::lock_guard<std::recursive_mutex> lock_;
  };
  result<frozen*> look_at(const std::type_info* type, std::string_view view);
  /// Pre: locked, not in use.
  void drop() noexcept;

  const std::chrono::steady_clock::time_point taken_at_ = std::chrono::steady_clock::now();
  const position at_least_;
  std::atomic<bool> expired_{false};
  std::recursive_mutex use_; ///< a query may read one view while it walks another
  unsigned uses_ = 0;
  std::vector<frozen> views_;
  view_unit* late_ = nullptr;
  bool rests_on_rows_ = true; ///< alone
};

/// Keeps count of the pictures there are. Threads: any.
class pictures {
public:
  explicit pictures(std::chrono::milliseconds age_max) : age_max_(age_max) {}

  std::shared_ptr<live_picture> take(std::span<view_unit* const> views, position at_least);
  /// Ends those that are too old.
  void sweep();
  void expire_all();
  /// Ends all there are. Blocking: for those that are being used.
  void end_all();

  [[nodiscard]] std::size_t open() const;
  [[nodiscard]] std::uint64_t expired() const noexcept { return expired_.load(); }
  [[nodiscard]] std::chrono::milliseconds oldest() const;

private:
  [[nodiscard]] std::vector<std::shared_ptr<live_picture>> all() const;

  const std::chrono::milliseconds age_max_;
  mutable std::mutex mutex_;
  std::list<std::weak_ptr<live_picture>> all_; ///< oldest first
  std::atomic<std::uint64_t> expired_{0};
};

} // namespace acta
