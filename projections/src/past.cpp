// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "past.hpp"

#include <acta/domain/errc.hpp>

#include <algorithm>
#include <optional>

namespace acta {

namespace {

/// Events per transaction at most, beside fold_bytes_max: rows in memory against writing rows again
/// and again.
constexpr std::uint64_t batch_events = 65'536;

struct past_view {
  std::shared_ptr<const view_type> type; ///< the picture may outlive the runtime
  std::unique_ptr<persistence::view_store> store;
  std::unique_ptr<persistence::view_reading> rows;
};

class past_picture final : public detail::row_source {
public:
  std::vector<past_view> views;
  std::vector<position> at;

  result<void> with_rows(const std::type_info* type, std::string_view view,
                         const use_rows& use) override {
    const auto found =
        std::ranges::find_if(views, [&](const past_view& v) { return v.type->name == view; });
    if (found == views.end() || (type != nullptr && *found->type->type != *type))
      return error(domain_errc::unknown_view,
                   "view '" + std::string(view) + "' is not in this picture of the past");
    return use(*found->type, *found->rows);
  }
  result<std::vector<position>> positions(std::string_view) override { return at; }
};

/// Where a partition is cut: by position, or by time.
struct cut {
  std::uint64_t last = std::numeric_limits<std::uint64_t>::max();
  std::optional<time_point> by;
};

class past_builder {
public:
  past_builder(surroundings& around, const past_progress& progress)
      : around_(around), progress_(progress) {}

  result<void> find_cuts(const past_moment& when) {
    cuts_.resize(around_.feeds.size());
    auto by = std::get_if<time_point>(&when) != nullptr ? std::optional(std::get<time_point>(when))
                                                        : std::nullopt;
    if (const auto* at = std::get_if<position>(&when)) {
      if (auto known = around_.check_event(*at); !known) return known;
      auto read = around_.feeds[at->partition]->partition.read_log(
          at->number, [&](const persistence::commit_view& c) {
            by = c.recorded_at();
            return false;
          });
      if (!read) return read;
    }
    for (auto& c : cuts_) c.by = by;
    if (const auto* at = std::get_if<position>(&when)) cuts_[at->partition] = {at->number, {}};
    return {};
  }

  void expect(std::size_t views) {
    for (std::size_t p = 0; p < cuts_.size(); ++p)
      total_ += views * std::min(cuts_[p].last, around_.feeds[p]->partition.last_position());
  }

  result<past_view> build(view_unit& unit) {
    const auto& type = unit.type();
    auto store = persistence::make_scratch_view_store(
        {around_.store.id(), type.name, type.layout_fingerprint, type.fingerprint},
        {.map_bytes = around_.options.map_bytes, .sync = persistence::view_sync::none});
    if (!store) return std::move(store).error();
    // What the live view has passed over, this one does too: else it would stop there.
    auto parked = unit.dead_letters(std::numeric_limits<std::size_t>::max());
    const auto but = parked ? std::move(*parked) : std::vector<dead_letter>{};
    for (std::size_t p = 0; p < cuts_.size(); ++p) {
      std::vector<dead_letter> here;
      for (const auto& letter : but)
        if (letter.where.partition == p) here.push_back(letter);
      view_fold fold(type, around_.feeds[p]->names);
      std::uint64_t next = 1;
      for (bool more = true; more;) {
        auto done = batch(**store, type, p, fold, here, next);
        if (!done) return std::move(done).error();
        more = *done;
      }
    }
    auto rows = (*store)->read();
    if (!rows) return std::move(rows).error();
    return past_view{unit.shared_type(), std::move(*store), std::move(*rows)};
  }

  [[nodiscard]] std::vector<position> reached() const { return reached_; }

private:
  /// After an error of reading: what was read before the damaged commit is written first; then that
  /// is passed over, if the live view has parked it.
  result<void> pass_over_damage(const error& why, std::size_t p, std::span<const dead_letter> but,
                                std::uint64_t first, std::uint64_t& next) {
    if (why.code() != condition::corrupt) return why;
    if (next > first) return {};
    if (std::ranges::none_of(but, [&](const auto& d) { return d.where.number == next; }))
      return why;
    auto after = around_.feeds[p]->partition.next_commit(next);
    if (!after) return std::move(after).error();
    next = *after;
    return {};
  }
  /// True if there is more.
  result<bool> batch(persistence::view_store& store, const view_type& type, std::size_t p,
                     view_fold& fold, std::span<const dead_letter> but, std::uint64_t& next) {
    const auto& limit = cuts_[p];
    auto txn = store.write();
    if (!txn) return std::move(txn).error();
    row_session session(type, **txn);
    std::optional<fold_failure> failed;
    bool more = false;
    const auto first = next;
    std::size_t bytes = 0;
    auto read = around_.feeds[p]->partition.read_log(first, [&](const persistence::commit_view& c) {
      if (c.position() > limit.last || (limit.by && c.recorded_at() > *limit.by)) return false;
      failed = fold.take(c, {.first = first, .last = limit.last, .but = but, .replaying = true},
                         session);
      if (failed) return false;
      next = c.last_position() + 1;
      bytes += c.record().size();
      more = next - first >= batch_events || session.bytes() + bytes > fold_bytes_max;
      return !more && next <= limit.last;
    });
    if (!read) {
      auto passed = pass_over_damage(read.error(), p, but, first, next);
      if (!passed) return std::move(passed).error();
      more = true;
    }
    if (failed)
      return error(failed->why.code(), std::string(failed->why.detail()),
                   position{static_cast<std::uint32_t>(p), failed->position}.to_string());
    if (auto flushed = session.flush(); !flushed) return std::move(flushed).error();
    if (auto committed = (*txn)->commit(true); !committed) return std::move(committed).error();
    done_ += next - first;
    reached_.resize(cuts_.size());
    reached_[p] = {static_cast<std::uint32_t>(p), std::min(next - 1, limit.last)};
    if (progress_ && !progress_(std::min(done_, total_), total_))
      return error(errc::cancelled, "building the past was given up");
    return more;
  }

  surroundings& around_;
  const past_progress& progress_;
  std::vector<cut> cuts_;
  std::vector<position> reached_;
  std::uint64_t done_ = 0;
  std::uint64_t total_ = 0;
};

} // namespace

result<std::shared_ptr<detail::row_source>> build_past(surroundings& around,
                                                       std::span<view_unit* const> views,
                                                       const past_moment& when,
                                                       const past_progress& progress) {
  past_builder builder(around, progress);
  if (auto found = builder.find_cuts(when); !found) return std::move(found).error();
  builder.expect(views.size());
  auto made = std::make_shared<past_picture>();
  for (auto* unit : views) {
    auto built = builder.build(*unit);
    if (!built) return std::move(built).error();
    made->views.push_back(std::move(*built));
  }
  made->at = builder.reached();
  return std::shared_ptr<detail::row_source>(std::move(made));
}

} // namespace acta
