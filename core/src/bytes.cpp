// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/core/bytes.hpp>

#include <algorithm>
#include <cstdlib>
#include <new>

namespace acta {

void byte_buffer::free_deleter::operator()(std::byte* p) const noexcept { std::free(p); }

void byte_buffer::grow(std::size_t count) {
  const auto wanted = std::max({size_ + count, capacity_ * 2, std::size_t{64}});
  auto* bigger = static_cast<std::byte*>(std::realloc(data_.get(), wanted));
  if (bigger == nullptr) throw std::bad_alloc{};
  (void)data_.release();
  data_.reset(bigger);
  capacity_ = wanted;
}

} // namespace acta
