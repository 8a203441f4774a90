// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "release_6.hpp"

#include "releases.hpp"

namespace bank {

acta::model model_of_release_6(std::shared_ptr<notes> book) {
  return release_6::model(std::move(book));
}

} // namespace bank
