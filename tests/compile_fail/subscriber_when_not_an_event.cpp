// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// Something that the subscriber does not take.
#include "bank.hpp"

#include <acta/testing.hpp>

void test() { acta::given_subscriber<bank::sound_notes>().when(bank::credit{1}).then_nothing(); }
