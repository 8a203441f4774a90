// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Commits that recovery cannot read, and whose they were.
///
/// A damaged record's header is in doubt too. It is believed if it goes on where the stream that it
/// names ends, and nothing that is read later contradicts it. Else the versions that a stream lacks
/// before a later commit tell whose it was, if only one set of lost commits adds up to them. If not
/// even that is so, the commit is nobody's, and no stream that has not written since can be sure
/// that it has not ended with it.
#pragma once

#include "log_store.hpp"
#include "names.hpp"

#include <cstdint>
#include <functional>
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

/// What a record that cannot be read says of itself; if only one bit of its header has turned, what
/// it said before. `events` is what its header says if its structure is whole, else the most that a
/// commit may have: no position is given out twice.
damaged_commit describe_damage(const log_record& record, const name_table& names);

/// The stream under which the index keeps commits that are nobody's: each an event of its own. No
/// client can name it.
const stream_key& nobodys_stream();

struct stream_stand {
  version_number next = 1;
  std::uint64_t position = 0; ///< of the last commit; 0: there is none
};

/// Versions next..until-1 of a stream are not there: its commit before them stands at `after`, the
/// one behind them at `before`.
struct version_gap {
  const stream_key& stream;
  version_number next;
  version_number until;
  std::uint64_t after;
  std::uint64_t before;
};

struct settled_commit {
  damaged_commit commit;
  bool is_nobodys = false; ///< else it is of the stream that its header names
};

/// Threads: one.
class lost_commits {
public:
  using stand_finder = std::function<result<stream_stand>(const stream_key&)>;
  explicit lost_commits(stand_finder stand) : stand_(std::move(stand)) {}

  void add(damaged_commit d) { all_.push_back({std::move(d)}); }
  [[nodiscard]] bool any() const noexcept { return !all_.empty(); }
  /// The last one added ends before `position`. False if that cannot be.
  [[nodiscard]] bool end_last_at(std::uint64_t position);
  [[nodiscard]] std::uint64_t last_position() const noexcept { return all_.back().position; }

  [[nodiscard]] result<stream_stand> stand_of(const stream_key& stream) { return stand_(stream); }
  /// The commits that held what a stream lacks, in the order of versions; `events` is the number of
  /// versions that each is to stand for. Nothing if less was lost there than is not there.
  result<std::vector<damaged_commit>> fill(const version_gap& gap);
  /// What is left at the journal's end, in the order of positions, those that are nobody's last:
  /// each must be put into the index.
  result<std::vector<settled_commit>> settle();

private:
  struct lost : damaged_commit {
    bool is_settled = false;
    bool fits = false;   ///< its header goes on where the stream that it names ends
    bool wanted = false; ///< it may be what a stream lacks
    bool used = false;   ///< it stands for what a stream lacks
  };
  using lost_set = std::vector<lost*>;
  enum class ways : std::uint8_t { none, one, many };
  struct choice {
    ways count = ways::none;
    lost_set commits; ///< if it is one
  };

  result<void> judge_headers();
  [[nodiscard]] static std::uint64_t events_of(const lost_set& commits);
  [[nodiscard]] static choice choose(const lost_set& from, std::uint64_t events);
  [[nodiscard]] static choice choose_by_headers(const version_gap& gap, const lost_set& from);
  static std::vector<damaged_commit> take(const lost_set& commits);
  std::vector<damaged_commit> stop(const version_gap& gap, const lost_set& candidates);
  [[nodiscard]] bool all_wanted_are_missed() const;

  stand_finder stand_;
  std::vector<lost> all_;
  std::uint64_t missed_ = 0; ///< versions that streams lack, and that more than one set would fill
  bool adds_up_ = true;      ///< what streams lack and what was lost can be told by counting
};

} // namespace acta::persistence
