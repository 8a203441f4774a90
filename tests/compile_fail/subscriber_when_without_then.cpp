// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// A test of a subscriber that expects nothing.
#include "bank.hpp"

#include <acta/testing.hpp>

void test() { acta::given_subscriber<bank::sound_notes>().when(bank::credited{1}); }
