// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "release_2.hpp"

#include "releases.hpp"

namespace bank {

acta::model model_of_release_2(std::shared_ptr<notes> book) {
  return release_2::model(std::move(book));
}

} // namespace bank
