// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The read side of a runtime: its views, queries, pictures and subscriptions. Programs reach it
/// through acta::runtime, which owns it.
#pragma once

#include <acta/actors/host.hpp>
#include <acta/core/log.hpp>
#include <acta/domain/model.hpp>
#include <acta/persistence/store.hpp>
#include <acta/projections/catalog.hpp>
#include <acta/projections/errc.hpp>
#include <acta/projections/options.hpp>
#include <acta/projections/status.hpp>
#include <acta/projections/subscription.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace acta {

class view_unit;

/// What can be done to one view. A cheap handle; valid as long as its runtime. Threads: any; of
/// several operations at once on one view each is whole, one after another. Blocking: for the rest
/// of a batch, and a transaction.
class projection {
public:
  explicit projection(view_unit& view) noexcept : view_(&view) {}

  [[nodiscard]] view_status status() const;

  /// Takes in no more events until resume(), also after a restart. What it has can be read.
  /// An error while its file is missing or made anew: nothing could keep the wish.
  result<void> pause();
  /// Goes on after pause(), and tries again at once where it has stopped or waits.
  result<void> resume();
  /// Parks the event at which it has stopped, and goes on. Errors: `not_possible`.
  result<void> skip();
  /// Builds the view anew from the given positions on (of partitions not named, from the first),
  /// beside the serving rows, and swaps when it has come as far as they are. Survives a restart.
  /// Errors: `busy` if that is going on already, `unknown_position`, `store_full`, `io`.
  result<void> rebuild(std::span<const position> from = {});
  /// Errors: `not_possible` if none is going on, or nothing else could serve.
  result<void> cancel_rebuild();
  /// Empties the view at once and fills it again.
  result<void> reset();

  /// Parked events, in order, at most `limit`.
  [[nodiscard]] result<std::vector<dead_letter>> dead_letters(std::size_t limit = 1000) const;
  /// Folds one again, into the rows as they are now (what came after it is not folded again: where
  /// the order matters, rebuild). Errors: `not_found`; what the event does wrong this time.
  result<void> retry(position where);
  /// Forgets one. Errors: `not_found`.
  result<void> drop(position where);

private:
  view_unit* view_;
};

/// As of when a past picture is taken: everything up to an event, and in other partitions up to the
/// time of that event; or everything recorded by a time.
using past_moment = std::variant<position, time_point>;
/// Told how many events of how many have been looked at; false gives up (`cancelled`).
using past_progress = std::function<bool(std::uint64_t done, std::uint64_t total)>;

/// Bytes of rows as JSON after which a page ends early, with `next`: one row more at most, whatever
/// the limit allows.
inline constexpr std::size_t json_page_bytes_max = std::size_t{4} << 20;

/// What an answer says of the views that it was read from.
struct answer_info {
  /// For each partition, up to where every view that was read had taken in the journal: what the
  /// answer shows. Empty if no view was read.
  std::vector<position> positions;
  /// Views among them that do not follow the journal now, such as `totals=stopped, orders=paused`:
  /// the answer may be old. Empty if all do.
  std::string standing;
  bool cached = false;
};

/// Rows of a page as JSON.
struct json_rows {
  struct row {
    std::string key;
    std::string json;
    /// Why there is no JSON: the others of its page are to be seen all the same.
    std::optional<error> failed{};
  };
  std::vector<row> rows;
  std::string next;                ///< cursor of the next page, empty if there is none
  std::vector<position> positions; ///< how far the view is
  std::string standing;            ///< as in answer_info
};

/// A query's answer as JSON.
struct json_answer : answer_info {
  std::string json;
};

/// Lifecycle: open(), then the journals may start; stop() before they are gone. Threads: any, but
/// publish() of one partition from one thread at a time.
class projections {
public:
  struct setup {
    persistence::store& store;
    const model& domain;
    projection_options options;
    std::function<void(std::chrono::steady_clock::duration, std::function<void()>)> after;
    std::function<time_point()> clock;
    log_sink log;
    /// Makes the actors' threads.
    std::function<std::unique_ptr<actors::host>(std::size_t workers)> make_host;
    /// Of events that no type of the model describes any more.
    std::shared_ptr<const catalog::shapes> stored_shapes = {};
  };
  /// Errors: `io`, `store_full`.
  static result<std::unique_ptr<projections>> open(setup s);
  ~projections();

  // -- from the journal -----------------------------------------------------------
  /// Takes a copy of what was stored, for those who follow. Before the entries are given back.
  void publish(std::uint32_t partition, std::span<persistence::append_entry* const> entries);
  /// Wakes those who follow. After the answers are on their way.
  void wake(std::uint32_t partition) noexcept;
  /// Ends projections, pictures and subscriptions. False if a projection did not end in time.
  bool stop(std::chrono::steady_clock::time_point deadline);

  // -- reading ----------------------------------------------------------------------
  [[nodiscard]] std::shared_ptr<detail::row_source> take_picture();
  /// Reads each view as it is when asked, waiting for `options.at_least`.
  [[nodiscard]] std::unique_ptr<detail::row_source> fresh(const read_options& options);
  result<std::shared_ptr<const void>> answer(const query_type& query, const void* request,
                                             const read_options& options,
                                             answer_info* info = nullptr);
  /// If there is no such row, the answer has no rows, and still says how far the view is.
  result<json_rows> row_json(std::string_view view, std::string_view key,
                             const read_options& options);
  result<json_rows> scan_json(std::string_view view, const scan_options& scan,
                              const read_options& options);
  result<json_answer> answer_json(std::string_view query, std::string_view request,
                                  const read_options& options);
  /// Calls `f` when the view shows the event, or with `view_late` at the deadline, or with
  /// `view_stopped` as soon as that is known; maybe before this returns. `f` must not block.
  void when_visible(std::string_view view, position at_least,
                    std::chrono::steady_clock::time_point deadline,
                    std::function<void(result<void>)> f);
  result<subscription> subscribe(const subscription_options& options);
  /// Views as they were, built anew in scratch files, on this thread.
  result<std::shared_ptr<detail::row_source>>
  past(std::span<const std::string> views, const past_moment& when, const past_progress& progress);

  [[nodiscard]] const catalog& names(std::uint32_t partition) const noexcept;

  // -- operating ----------------------------------------------------------------------
  /// Errors: `unknown_view`.
  result<projection> find(std::string_view view);
  [[nodiscard]] std::vector<view_status> status() const;
  [[nodiscard]] projection_figures figures() const;

private:
  struct inside;
  explicit projections(std::unique_ptr<inside> i) noexcept;
  std::unique_ptr<inside> inside_;
};

} // namespace acta
