// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// A command of somebody else.
#include "bank.hpp"

#include <acta/testing.hpp>

void test() { (void)acta::given<bank::sound_account>().when(bank::credited{1}); }
