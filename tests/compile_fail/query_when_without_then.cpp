// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// A query of which nothing is expected.
#include "bank.hpp"

#include <acta/testing.hpp>

void test() { acta::given<bank::sound_balance>().when(bank::sound_question{}); }
