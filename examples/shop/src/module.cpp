// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <shop/cart.hpp>

ACTA_MODULE(model) { model.aggregate<shop::cart>({.snapshot_every = 100}); }
