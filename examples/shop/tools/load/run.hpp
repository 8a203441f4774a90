// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// A whole run: opens the shop, lets the customers in, and does the books.
#pragma once

#include "books.hpp"
#include "customer.hpp"

#include "../client/session.hpp"

#include <chrono>

namespace shop::load {

/// What is left in `floor` is reported whether or not `books` are even. Throws std::runtime_error
/// if the shop cannot be opened, or the books not be read.
tools::asio::awaitable<void> run(shop_floor& floor, balance& books,
                                 std::chrono::duration<double>& took);

} // namespace shop::load
