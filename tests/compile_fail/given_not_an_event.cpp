// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// A past that did not happen to this aggregate.
#include "bank.hpp"

#include <acta/testing.hpp>

void test() { (void)acta::given<bank::sound_account>(bank::credit{1}); }
