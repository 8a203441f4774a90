// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Answers to queries, kept until a view they were read from changes.
#pragma once

#include "pictures.hpp"

#include <acta/core/hash.hpp>

#include <chrono>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace acta {

/// Least recently used leave first. Threads: any.
class query_cache {
public:
  explicit query_cache(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  struct entry {
    std::shared_ptr<const void> reply;
    std::vector<dependency> rests_on;
    std::chrono::steady_clock::time_point until;
    std::size_t bytes = 0;
  };
  /// The reply under `key`, if it is still what the views would give; `info` then says what they
  /// show.
  std::shared_ptr<const void> find(const std::string& key, position at_least, answer_info& info);
  void keep(std::string key, entry e);

  struct figures {
    std::uint64_t hits = 0, entries = 0, bytes = 0;
  };
  [[nodiscard]] figures count() const;

private:
  struct kept {
    std::string key;
    entry what;
  };
  void drop(std::list<kept>::iterator at);

  const std::size_t bytes_max_;
  mutable std::mutex mutex_;
  std::list<kept> by_use_; ///< newest first
  std::unordered_map<std::string_view, std::list<kept>::iterator, process_text_hash> by_key_;
  std::size_t bytes_ = 0;
  std::uint64_t hits_ = 0;
};

} // namespace acta
