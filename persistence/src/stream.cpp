// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/persistence/stream.hpp>

#include "xxh3.hpp"

#include <acta/core/hash.hpp>

namespace acta::persistence {

std::uint64_t stream_hash(std::string_view stream) noexcept {
  return XXH64(stream.data(), stream.size(), 0);
}

stream_key::stream_key(std::string_view aggregate, std::string_view id)
    : hash_(0), spread_(0), slash_(static_cast<std::uint16_t>(aggregate.size())) {
  text_.reserve(aggregate.size() + 1 + id.size());
  text_.append(aggregate).append(1, '/').append(id);
  hash_ = stream_hash(text_);
  spread_ = process_hash(text_);
}

} // namespace acta::persistence
