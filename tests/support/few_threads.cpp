// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "few_threads.hpp"

#include <atomic>
#include <cerrno>
#include <memory>

#include <dlfcn.h>
#include <pthread.h>

/// The sanitizer's, which must know of each thread, if one is linked into the program itself.
extern "C" int __interceptor_pthread_create(pthread_t*, const pthread_attr_t*, void* (*)(void*),
                                            void*) __attribute__((weak));

namespace test {

namespace {

std::atomic<bool> threads_are_limited{false};
std::atomic<int> threads_left{0};

struct counted_start {
  void* (*run)(void*);
  void* with;
};

/// Gives its place back before the thread ends, so that whoever has joined it finds it free.
void* run_counted(void* start) {
  const std::unique_ptr<counted_start> given(static_cast<counted_start*>(start));
  void* const result = given->run(given->with);
  ++threads_left;
  return result;
}

using thread_creator = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);

} // namespace

few_threads::few_threads(int at_once) {
  threads_left = at_once;
  threads_are_limited = true;
}
few_threads::~few_threads() { threads_are_limited = false; }

int create_thread(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*),
                  void* with) {
  static const auto real =
      &__interceptor_pthread_create != nullptr
          ? &__interceptor_pthread_create
          : reinterpret_cast<thread_creator>(::dlsym(RTLD_NEXT, "pthread_create"));
  if (!threads_are_limited) return real(thread, attributes, run, with);
  if (--threads_left < 0) {
    ++threads_left;
    return EAGAIN;
  }
  auto start = std::make_unique<counted_start>(counted_start{run, with});
  const int rc = real(thread, attributes, run_counted, start.get());
  if (rc == 0)
    (void)start.release();
  else
    ++threads_left;
  return rc;
}

} // namespace test

extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                              void* (*run)(void*), void* with) noexcept {
  return test::create_thread(thread, attributes, run, with);
}
