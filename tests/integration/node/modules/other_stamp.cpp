// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/domain/module.hpp>

static void fill(acta::model&) {}
extern "C" __attribute__((visibility("default")))
const acta::detail::module_entry acta_module = {"acta-abi-0/of-another-time", fill};
