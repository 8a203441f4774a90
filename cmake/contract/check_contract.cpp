// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What acta_check_contract builds for a module: a program that compares the module's types with
/// its contract. `check FILE HOW-TO-UPDATE [MODULE]`; ends with 0, or 1 and a report.
#include <acta/domain/module.hpp>
#include <acta/testing/contract.hpp>

#include <cstdio>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <string>

#ifdef ACTA_LOAD_MODULE

#include <dlfcn.h>

namespace {

const acta::detail::module_entry& entry_of(const char* file) {
  const auto refuse = [&] {
    const auto* why = ::dlerror();
    throw std::runtime_error(std::string(file) + ": " +
                             (why != nullptr ? why : "cannot be loaded"));
  };
  auto* module = ::dlopen(file, RTLD_NOW | RTLD_LOCAL);
  if (module == nullptr) refuse();
  const auto* entry = ::dlsym(module, "acta_module");
  if (entry == nullptr) refuse();
  return *static_cast<const acta::detail::module_entry*>(entry);
}

} // namespace

#else

extern "C" const acta::detail::module_entry acta_module;

namespace {

const acta::detail::module_entry& entry_of(const char*) { return acta_module; }

} // namespace

#endif

int main(int argc, char** argv) {
  if (argc < 3) return std::fputs("usage: check FILE HOW-TO-UPDATE [MODULE]\n", stderr), 2;
  try {
    const auto& entry = entry_of(argc > 3 ? argv[3] : "");
    if (std::strcmp(entry.stamp, acta::abi_stamp()) != 0)
      throw std::runtime_error(std::string("the module's stamp is '") + entry.stamp +
                               "', this program's is '" + acta::abi_stamp() + '\'');
    acta::model model;
    entry.fill(model);
    acta::testing::detail::check_contract(model, argv[1], acta::testing::wants_update(), argv[2],
                                          acta::testing::report());
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
