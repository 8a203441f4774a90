// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "counter.hpp"

ACTA_MODULE(model) {
  model.aggregate<test::counter>(
      {.snapshot_every = static_cast<std::uint64_t>(model.setting("counter.snapshot_every", 100))});
}
