// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// A system that has few threads left to give, as under a limit on the processes of a container.
/// The test program must be built with few_threads.cpp, which puts its own pthread_create before
/// the C library's.
#pragma once

namespace test {

/// While there is one, only so many threads that were started after it may run at once; another
/// one gets EAGAIN. Threads: one object at a time.
class few_threads {
public:
  explicit few_threads(int at_once);
  ~few_threads();
  few_threads(const few_threads&) = delete;
  few_threads& operator=(const few_threads&) = delete;
};

} // namespace test
