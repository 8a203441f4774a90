// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Commits that recovery cannot read, and whose they were.
///
/// A damaged record's header is in doubt too. It is believed if it goes on where the stream that it
/// names ends. Else a later commit of a stream that leaves out as many versions tells whose it was.
/// If not even that is so, the commit is nobody's, and no stream that has not written since can be
/// sure that it has not ended with it.
#pragma once

#include "log_store.hpp"
#include "names.hpp"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace acta::persistence {

struct damaged_commit {
  std::uint64_t position = 0;
  std::uint64_t events = 0;         ///< the positions it takes
  std::uint64_t checksum = 0;       ///< as it is stored
  std::optional<stream_key> stream; ///< as its header says
  version_number first_version = 0; ///< as its header says

  [[nodiscard]] std::uint64_t last_position() const noexcept { return position + events - 1; }
};

/// What a record that cannot be read says of itself. `events` is what its header says if its
/// structure is whole, else the most that a commit may have: no position is given out twice.
damaged_commit describe_damage(const log_record& record, const name_table& names);

/// The stream under which the index keeps commits that are nobody's: each an event of its own. No
/// client can name it.
const stream_key& nobodys_stream();

/// Threads: one.
class lost_commits {
public:
  void add(damaged_commit d) { all_.push_back(std::move(d)); }
  /// The last one added ends before `position`. False if that cannot be.
  [[nodiscard]] bool end_last_at(std::uint64_t position);
  [[nodiscard]] bool empty() const noexcept { return all_.empty(); }
  /// The one that held version `next` of a stream, which goes on with version `until` at
  /// `position`; nothing if there is none. It is taken out, or was settled wrongly.
  std::optional<damaged_commit> take_between(const stream_key& stream, version_number next,
                                             version_number until, std::uint64_t position);
  /// The last one added, if it goes on where the stream that it names ends. It is settled.
  std::optional<damaged_commit> take_last_if(const stream_key& stream, version_number next);
  /// What the last one added says.
  [[nodiscard]] const damaged_commit& last() const noexcept { return all_.back(); }
  /// The rest, in the order of positions. They are settled as nobody's.
  std::vector<damaged_commit> take_rest();

private:
  std::vector<damaged_commit> all_;
  std::vector<damaged_commit> settled_;
};

} // namespace acta::persistence
