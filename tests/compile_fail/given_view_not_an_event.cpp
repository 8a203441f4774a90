// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// A past that the view does not take.
#include "bank.hpp"

#include <acta/testing.hpp>

void test() { acta::given<bank::sound_balance>().happened(bank::credit{1}).then_nothing(); }
