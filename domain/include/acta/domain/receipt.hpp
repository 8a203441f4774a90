// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What an accepted command returns.
#pragma once

#include <acta/core/ids.hpp>
#include <acta/domain/aggregate_type.hpp>

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <typeinfo>
#include <vector>

namespace acta {

/// One event of a receipt, still encoded.
struct receipt_event {
  const event_type* type = nullptr;
  version_number version = 0;
  std::uint64_t position = 0; ///< number within the partition
  bytes_view payload;
  std::shared_ptr<const present_events> upcast = {}; ///< owns the payload, if it is not as stored
};

/// The events of one commit, decoded when first asked for. Shared by all copies of a receipt.
/// Threads: any.
class receipt_events {
public:
  virtual ~receipt_events() = default;
  /// The events in order; valid as long as this object.
  [[nodiscard]] virtual std::vector<receipt_event> list() const = 0;
  /// The `nth` event of C++ type `type`, decoded; null if there is none or it cannot be decoded.
  [[nodiscard]] const void* find(const std::type_info& type, std::size_t nth) const;

private:
  mutable std::mutex decoding_;
  mutable std::vector<std::shared_ptr<const void>> decoded_;
};

/// Proof that a command was accepted and its events are on disk. A cheap value.
class receipt {
public:
  std::string stream;         ///< `account/ada`
  version_number version = 0; ///< of the stream after the command; 0 if it has no events at all
  acta::position position; ///< of the command's last event, or, if it had none, of the last event
                           ///< it was decided against
  std::shared_ptr<const receipt_events> events; ///< null if the command led to no events

  /// The `nth` event of type `E`, or null. Valid as long as a copy of this receipt lives.
  template <class E> [[nodiscard]] const E* get(std::size_t nth = 0) const {
    return events ? static_cast<const E*>(events->find(typeid(E), nth)) : nullptr;
  }
};

} // namespace acta
