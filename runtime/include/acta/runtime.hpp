// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Everything a host needs: `#include <acta/runtime.hpp>` and link `acta::runtime`.
#pragma once

#include <acta/domain.hpp>
#include <acta/runtime/check_store.hpp>
#include <acta/runtime/runtime.hpp>
