// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// A rejection of a command that the process does not hear of.
#include "bank.hpp"

#include <acta/testing.hpp>

void test() {
  acta::given<bank::sound_refill>().when(acta::rejected<bank::open_account>{}).then_nothing();
}
