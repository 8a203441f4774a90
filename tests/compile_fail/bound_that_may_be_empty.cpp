// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// A bound of a scan that may have no value.
#include "bank.hpp"

acta::index_key bound(std::optional<std::string> owner) { return acta::key(owner); }
