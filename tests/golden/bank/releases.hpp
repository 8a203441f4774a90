// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The six releases of the bank. Whoever uses them speaks JSON, so that one piece of code can use
/// any of them.
#pragma once

#include "notes.hpp"

#include <acta/domain/model.hpp>

#include <memory>
#include <stdexcept>

namespace bank {

inline constexpr int releases = 6;

acta::model model_of_release_1(std::shared_ptr<notes> book);
acta::model model_of_release_2(std::shared_ptr<notes> book);
acta::model model_of_release_3(std::shared_ptr<notes> book);
acta::model model_of_release_4(std::shared_ptr<notes> book);
acta::model model_of_release_5(std::shared_ptr<notes> book);
acta::model model_of_release_6(std::shared_ptr<notes> book);

/// @param release  1..releases
inline acta::model model_of(int release, std::shared_ptr<notes> book) {
  switch (release) {
  case 1:
    return model_of_release_1(std::move(book));
  case 2:
    return model_of_release_2(std::move(book));
  case 3:
    return model_of_release_3(std::move(book));
  case 4:
    return model_of_release_4(std::move(book));
  case 5:
    return model_of_release_5(std::move(book));
  case 6:
    return model_of_release_6(std::move(book));
  default:
    throw std::out_of_range("release");
  }
}

} // namespace bank
