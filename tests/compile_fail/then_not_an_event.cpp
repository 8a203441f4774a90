// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// An expectation that can never come true.
#include "bank.hpp"

#include <acta/testing.hpp>

void test() { acta::given<bank::sound_account>().when(bank::credit{1}).then(bank::credit{1}); }
