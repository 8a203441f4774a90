// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// A test of something that is no part of a domain.
#include "bank.hpp"

#include <acta/testing.hpp>

void test() { (void)acta::given<bank::credited>(); }
