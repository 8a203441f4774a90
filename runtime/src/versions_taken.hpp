// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// How far a process, or a subscriber, has looked through a partition for each version of an event.
///
/// A release passes over the versions that it does not know, and its checkpoint moves on. The mark
/// of such a version stays behind, so that the release which knows it comes back to what it alone
/// can read, and to nothing else.
#pragma once

#include <acta/domain/model.hpp>

#include <cereal/cereal.hpp>
#include <cereal/types/map.hpp>
#include <cereal/types/string.hpp>
#include <cereal/types/vector.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <typeinfo>
#include <vector>

namespace acta::detail {

/// On disk: docs/storage-format.md. A value.
struct versions_taken {
  /// Those that the last release took: `account.credited 2`, sorted.
  std::vector<std::string> by_last;
  /// Versions that have been looked for up to another position than the checkpoint.
  std::map<std::string, std::uint64_t, std::less<>> up_to;

  /// Begins a run of a release that takes `now`. Versions that nobody has taken before begin at the
  /// checkpoint. Marks beyond `last` are of another history of the journal, and are cut.
  /// @param now  sorted
  /// @returns the new checkpoint: the old one, or an earlier one to come back to
  std::uint64_t begin(std::vector<std::string> now, std::uint64_t checkpoint, std::uint64_t last);
  /// Whether an event that lies beyond the checkpoint was taken before it was moved back.
  [[nodiscard]] bool has_taken(std::string_view event, std::uint16_t schema,
                               std::uint64_t at) const;

  friend bool operator==(const versions_taken&, const versions_taken&) = default;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(by_last), CEREAL_NVP(up_to)); }
};

/// `account.credited 2`
[[nodiscard]] std::string version_text(std::string_view event, std::uint16_t schema);

/// All versions of events of the model that are, or may be today, of a class that is taken. Sorted.
std::vector<std::string> versions_with(const model& of,
                                       const std::function<bool(const std::type_info&)>& takes);

} // namespace acta::detail
