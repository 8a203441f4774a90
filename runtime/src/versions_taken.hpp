// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// How far a process, or a subscriber, has looked through a partition for versions of events that a
/// release could not read.
///
/// An older release passes over what a later one has stored, and its checkpoint moves on. Each such
/// version leaves a mark where it was passed over first, so that the release which reads it comes
/// back to that, and to nothing else. A version that a release can read and does not take leaves
/// none: it was left out on purpose.
#pragma once

#include <acta/domain/model.hpp>
#include <acta/persistence/commit.hpp>

#include <cereal/cereal.hpp>
#include <cereal/types/map.hpp>
#include <cereal/types/string.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <typeinfo>
#include <vector>

namespace acta::detail {

/// On disk: docs/storage-format.md. A value.
struct versions_taken {
  using marks = std::map<std::string, std::uint64_t, std::less<>>;
  /// `account.credited 2`: has been looked for up to there, which the checkpoint may have left
  /// behind, and not beyond.
  marks unread;
  /// The checkpoint has gone back to what was unread. These have been taken up to there, though.
  marks taken;
  /// Where the checkpoint was before, and the checksum of the commit there: the marks above are
  /// worth nothing beside a journal that does not hold it.
  std::uint64_t reached = 0;
  std::uint64_t reached_checksum = 0;

  /// Begins a run of a release.
  /// @param now  versions that it takes, sorted
  /// @param unreadable  versions in the store that it cannot read, sorted
  /// @param checksum  of the commit at the checkpoint
  /// @returns the new checkpoint: the old one, or an earlier one to come back to
  std::uint64_t begin(const std::vector<std::string>& now,
                      const std::vector<std::string>& unreadable, std::uint64_t checkpoint,
                      std::uint64_t checksum);
  /// After the journal was put back, or replaced: nothing behind `position` was looked for.
  void forget_beyond(std::uint64_t position);
  /// Whether an event that lies beyond the checkpoint was taken before that went back.
  [[nodiscard]] bool has_taken(std::string_view event, std::uint16_t schema,
                               std::uint64_t at) const;
  /// The earliest mark of what is unread.
  [[nodiscard]] std::optional<std::uint64_t> first_unread() const;

  friend bool operator==(const versions_taken&, const versions_taken&) = default;
  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(unread), CEREAL_NVP(taken), CEREAL_NVP(reached), CEREAL_NVP(reached_checksum));
  }
};

/// `account.credited 2`
[[nodiscard]] std::string version_text(std::string_view event, std::uint16_t schema);

/// All versions of events of the model that are, or may be today, of a class that is taken. Sorted.
std::vector<std::string> versions_with(const model& of,
                                       const std::function<bool(const std::type_info&)>& takes);

} // namespace acta::detail
