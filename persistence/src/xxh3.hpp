// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// xxHash, inlined: a record is a few hundred bytes, where the call would cost as much as the hash.
#pragma once

#define XXH_INLINE_ALL
#include <xxhash.h>
