// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// A past that never came to this process.
#include "bank.hpp"

#include <acta/testing.hpp>

void test() { (void)acta::given<bank::sound_refill>(bank::credit{1}); }
