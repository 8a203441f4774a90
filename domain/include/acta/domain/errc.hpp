// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What a model or the code in it can do wrong.
#pragma once

#include <acta/core/error.hpp>

#include <string>

namespace acta {

enum class domain_errc {
  bad_model = 1,      ///< Names that clash or break the rules. -> invalid
  unknown_aggregate,  ///< -> invalid
  unknown_command,    ///< -> invalid
  unknown_event,      ///< A stored event this program has no type for. -> corrupt
  decide_threw,       ///< User code threw while deciding; nothing was stored. -> invalid
  evolve_threw,       ///< User code threw while evolving. -> corrupt
  unknown_view,       ///< -> invalid
  unknown_index,      ///< -> invalid
  unknown_query,      ///< -> invalid
  unknown_event_type, ///< A name in a request that no event of the model has. -> invalid
  query_threw,        ///< User code threw while answering a query. -> invalid
  unique_violation,   ///< Two rows of a view have the same value in a unique index. -> corrupt
  damaged_view,       ///< A view's tables contradict each other; rebuild it. -> corrupt
  unknown_subscriber, ///< -> invalid
  handle_threw,       ///< User code threw while handling an event. -> unavailable
  upcast_threw,       ///< User code threw in an upcast of a stored event. -> corrupt
  newer_schema,       ///< Stored by a later release of the program, which can read it. -> corrupt
};

std::error_code make_error_code(domain_errc e) noexcept;

namespace detail {
/// What user code has thrown, in words. Pre: inside a catch block.
std::string describe_exception() noexcept;
} // namespace detail

} // namespace acta

template <> struct std::is_error_code_enum<acta::domain_errc> : std::true_type {};
