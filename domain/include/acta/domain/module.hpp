// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// A module: a domain built as a shared object that a node loads by name.
///
///   ACTA_MODULE(model) {
///     model.aggregate<shop::cart>();
///   }
#pragma once

#include <acta/domain/model.hpp>

/// Part of the stamp a node checks; raised whenever the tables of aggregate_type.hpp or the classes
/// they use change.
#define ACTA_ABI_VERSION 4

namespace acta {

/// What must be equal for a module's tables to be understood: Acta's ABI number, compiler's C++
/// ABI, standard library.
[[nodiscard]] const char* abi_stamp() noexcept;

namespace detail {
/// The one symbol a module exports, `acta_module`, is of this type.
struct module_entry {
  const char* stamp;
  void (*fill)(acta::model&);
};
#define ACTA_DETAIL_TEXT_(x) #x
#define ACTA_DETAIL_TEXT(x) ACTA_DETAIL_TEXT_(x)
/// Evaluated where the module is compiled, not where the node is.
inline constexpr const char* module_stamp =
    "acta-abi-" ACTA_DETAIL_TEXT(ACTA_ABI_VERSION) "/cxxabi-" ACTA_DETAIL_TEXT(
        __GXX_ABI_VERSION) "/glibcxx-" ACTA_DETAIL_TEXT(_GLIBCXX_RELEASE) "-" ACTA_DETAIL_TEXT(_GLIBCXX_USE_CXX11_ABI);
} // namespace detail

} // namespace acta

/// Defines the module's entry; the body fills the `acta::model&` named by the argument. It must not
/// throw.
#define ACTA_MODULE(model_name)                                                                    \
  static void acta_module_fill(::acta::model& model_name);                                         \
  extern "C" __attribute__((visibility("default")))                                                \
  const ::acta::detail::module_entry acta_module = {::acta::detail::module_stamp,                  \
                                                    acta_module_fill};                             \
  static void acta_module_fill(::acta::model& model_name)
