// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "release_3.hpp"

#include "releases.hpp"

namespace bank {

acta::model model_of_release_3(std::shared_ptr<notes> book) {
  return release_3::model(std::move(book));
}

} // namespace bank
