// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/projections/commit_tail.hpp>

#include <algorithm>

namespace acta {

commit_batch::commit_batch(std::uint32_t partition,
                           std::span<persistence::append_entry* const> entries)
    : partition_(partition) {
  items_.reserve(entries.size());
  for (const auto* entry : entries) {
    if (entry->failure || entry->events == 0) continue;
    items_.push_back({entry->position, records_.size(), entry->record.size()});
    records_.append(entry->record);
    last_position_ = entry->position + entry->events - 1;
  }
  ACTA_ASSERT(!items_.empty());
}

std::span<const persistence::commit_view> commit_batch::commits() const {
  std::call_once(parsed_, [this] {
    commits_.reserve(items_.size());
    for (const auto& i : items_) {
      auto view = persistence::commit_view::parse(partition_, i.position,
                                                  records_.view().subspan(i.offset, i.size),
                                                  persistence::checksum::trust);
      ACTA_ASSERT(view); // the journal has just written these very bytes
      commits_.push_back(*view);
    }
  });
  return commits_;
}

void commit_tail::publish(std::shared_ptr<const commit_batch> batch) {
  std::vector<std::shared_ptr<const commit_batch>> gone; // freed outside of the lock
  const std::lock_guard lock(mutex_);
  bytes_ += batch->bytes();
  batches_.push_back(std::move(batch));
  while (bytes_ > bytes_max_ && batches_.size() > 1) {
    bytes_ -= batches_.front()->bytes();
    gone.push_back(std::move(batches_.front()));
    batches_.pop_front();
  }
}

std::shared_ptr<const commit_batch> commit_tail::holding(std::uint64_t position) const {
  const std::lock_guard lock(mutex_);
  const auto at = std::ranges::partition_point(
      batches_, [&](const auto& b) { return b->last_position() < position; });
  if (at == batches_.end() || (*at)->first_position() > position) return nullptr;
  return *at;
}

} // namespace acta
