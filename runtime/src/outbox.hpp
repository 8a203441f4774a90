// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What processes have still to do: deliveries not yet answered, timers not yet due, and how far
/// the journal has been looked through for more; in one LMDB environment, changed in one
/// transaction.
///
/// A delivery leaves it when it is answered, so what a crash leaves behind is sent again, under the
/// same command id.
#pragma once

#include "delivery.hpp"

#include <acta/persistence/view_store.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace acta::detail {

/// One transaction: given up unless committed. Threads: the one that began it.
class outbox_writing {
public:
  explicit outbox_writing(std::unique_ptr<persistence::view_writing> txn) : txn_(std::move(txn)) {}

  result<void> put(const delivery_key& key, const delivery& d);
  result<void> erase(const delivery_key& key);
  /// Over an earlier one of the same stream and name.
  result<void> set_timer(const pending_timer& t);
  result<void> cancel_timer(std::string_view stream, std::string_view name);
  result<void> cancel_timers(std::string_view stream);
  /// Takes timers that are due out, at most `limit`, and hands them over.
  result<void> take_due(time_point now, std::size_t limit,
                        const std::function<result<void>(const pending_timer&)>& f);
  /// A schedule that goes on, for those who want to know which there are.
  result<void> note_schedule(std::string_view stream);
  result<void> forget_schedule(std::string_view stream);
  result<void> set_checkpoint(position scanned);
  result<void> commit() { return txn_->commit(false); }

private:
  result<void> cancel_key(std::string_view name_key);
  std::unique_ptr<persistence::view_writing> txn_;
};

/// Threads: any.
class outbox {
public:
  /// @param folder  empty: in scratch files. Errors: `io`, `store_full`, `wrong_format`.
  static result<outbox> open(const std::filesystem::path& folder, const uuid& store_id,
                             std::size_t map_bytes);

  result<outbox_writing> write();
  result<std::uint64_t> checkpoint(std::uint32_t partition);
  /// All deliveries, in order of their keys.
  result<void> visit(const std::function<void(const delivery_key&, delivery)>& f);
  result<std::optional<time_point>> next_due();
  [[nodiscard]] result<std::uint64_t> timers() const;
  /// Streams of schedules that go on, after this one, in order.
  [[nodiscard]] result<std::vector<std::string>> schedules(std::string_view after,
                                                           std::size_t limit) const;

private:
  explicit outbox(std::unique_ptr<persistence::view_store> store) : store_(std::move(store)) {}
  std::unique_ptr<persistence::view_store> store_;
};

} // namespace acta::detail
