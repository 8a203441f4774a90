// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// A test of a process that expects nothing.
#include "bank.hpp"

#include <acta/testing.hpp>

void test() { acta::given<bank::sound_refill>().when(bank::opened{}); }
