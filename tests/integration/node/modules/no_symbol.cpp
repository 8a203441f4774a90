// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
extern "C" int nothing_to_see() { return 0; }
