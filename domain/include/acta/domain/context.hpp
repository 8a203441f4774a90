// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The only door of `decide` to time, ids and the caller.
#pragma once

#include <acta/domain/metadata.hpp>

#include <cstdint>
#include <string_view>

namespace acta {

/// Where context::new_id() takes its ids from instead of uuid::random().
class id_source {
public:
  virtual ~id_source() = default;
  virtual uuid next() = 0;
};

/// Accepted by `decide(command, context)`. Valid during that call only.
///
/// What a decision takes from here it must put into its events: `evolve` has no context, so that
/// replay gives the same state for ever.
class context {
public:
  context(std::string_view id, version_number version, time_point now) noexcept
      : id_(id), version_(version), now_(now) {}

  /// The id part of the stream: `42` of `cart/42`.
  [[nodiscard]] std::string_view id() const noexcept { return id_; }
  /// Version the decision is taken against.
  [[nodiscard]] version_number version() const noexcept { return version_; }
  [[nodiscard]] time_point now() const noexcept { return now_; }
  [[nodiscard]] std::string_view caller() const noexcept { return caller_; }
  [[nodiscard]] const uuid& command_id() const noexcept { return command_id_; }
  [[nodiscard]] const uuid& correlation_id() const noexcept { return correlation_id_; }
  [[nodiscard]] const acta::attributes& attributes() const noexcept;
  /// A fresh id; a different one at each call.
  [[nodiscard]] uuid new_id() const { return ids_ != nullptr ? ids_->next() : uuid::random(); }

  context& with_caller(std::string_view caller) noexcept { return caller_ = caller, *this; }
  context& with_command(const uuid& command, const uuid& correlation) noexcept {
    return command_id_ = command, correlation_id_ = correlation, *this;
  }
  context& with_attributes(const acta::attributes& a) noexcept { return attributes_ = &a, *this; }
  /// Takes new_id() from `ids`: a test must get the same ids each time it runs.
  context& with_ids(id_source& ids) noexcept { return ids_ = &ids, *this; }

private:
  std::string_view id_;
  version_number version_;
  time_point now_;
  std::string_view caller_;
  uuid command_id_;
  uuid correlation_id_;
  const acta::attributes* attributes_ = nullptr;
  id_source* ids_ = nullptr;
};

} // namespace acta
