// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// A command for an aggregate that does not take it.
#include "bank.hpp"

acta::action nonsense() { return acta::send<bank::sound_account>("ada", bank::opened{}); }
