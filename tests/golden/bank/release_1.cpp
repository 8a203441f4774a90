// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "release_1.hpp"

#include "releases.hpp"

namespace bank {

acta::model model_of_release_1(std::shared_ptr<notes> book) {
  return release_1::model(std::move(book));
}

} // namespace bank
