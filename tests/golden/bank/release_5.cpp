// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "release_5.hpp"

#include "releases.hpp"

namespace bank {

acta::model model_of_release_5(std::shared_ptr<notes> book) {
  return release_5::model(std::move(book));
}

} // namespace bank
