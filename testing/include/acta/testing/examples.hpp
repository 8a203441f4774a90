// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Examples of every released version of an aggregate's events, in a text file that is kept with
/// the code:
///
///   event deposited 1
///   bytes 6400000000000000
///   json {"cents":100}
///   today paid_in 1 {"cents":100,"currency":"EUR","by":""}
///
/// `bytes` is what a journal holds, in hex; `today` the events that it is now, one a line, or
/// `today nothing`. Lines that begin with # are comments.
///
///   TEST_CASE("what was released is read for ever") {
///     acta::testing::check_examples<account>(EXAMPLES_FOLDER "/account.txt", opened{"Ada"});
///   }
///
/// With ACTA_UPDATE=1 in the environment the file is written: examples of versions that have none
/// are added, and `today` lines that a new version has made old are written anew. Nothing else
/// changes: an example of a released version is a fact.
#pragma once

#include <acta/testing/contract.hpp>
#include <acta/testing/failure.hpp>
#include <acta/testing/stored.hpp>

#include <filesystem>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace acta::testing {

namespace detail {

/// One block of the file, or what would be one.
struct example {
  std::string event; ///< `deposited`
  unsigned schema = 1;
  std::string bytes; ///< in hex
  std::string json;
  /// `paid_in 1 {…}`; of nothing: `nothing`.
  std::vector<std::string> today;
};

/// One version of an event, as the file's checks see it.
struct example_version {
  std::string event;
  unsigned schema = 1;
  bool is_present = false;
  example (*of_default)(const report& so_far) = nullptr;
  /// As the program reads those bytes.
  result<example> (*from_bytes)(bytes_view payload, const report& so_far) = nullptr;
  /// The hex of the bytes that this program writes for the JSON.
  result<std::string> (*bytes_of)(std::string_view json) = nullptr;
};

template <class A, class E> example example_of(const E& event, const report& so_far) {
  using of = stored_events_of<A>;
  example made{std::string(acta::detail::stored_name<A, E>()),
               acta::detail::stored_schema<A, E>(),
               {},
               show(event),
               {}};
  byte_buffer bytes;
  if (const auto encoded = encode_binary(event, bytes); !encoded)
    report(so_far)
        .line("error", encoded.error().to_string())
        .fail(promise::binary_round_trip, "an example cannot be written in binary");
  made.bytes = to_hex(bytes);
  const metadata m{.stream = std::string(A::name) + "/1", .recorded_at = default_time};
  for (const auto& now : of::upcast(event, m, so_far))
    std::visit(
        [&]<class P>(const P& typed) {
          made.today.push_back(std::string(type_name<P>()) + ' ' +
                               std::to_string(acta::detail::schema_version<P>()) + ' ' +
                               show(typed));
        },
        now);
  if (made.today.empty()) made.today.emplace_back("nothing");
  return made;
}

template <class A, class E> example_version example_version_of() {
  return {.event = std::string(acta::detail::stored_name<A, E>()),
          .schema = acta::detail::stored_schema<A, E>(),
          .is_present = acta::detail::contains<E, typename A::events>,
          .of_default = [](const report& so_far) { return example_of<A>(E{}, so_far); },
          .from_bytes = [](bytes_view payload, const report& so_far) -> result<example> {
            E event{};
            if (auto read = decode_binary(payload, event); !read) return std::move(read).error();
            return example_of<A>(event, so_far);
          },
          .bytes_of = [](std::string_view json) -> result<std::string> {
            E event{};
            byte_buffer bytes;
            auto done = from_json(json, event);
            if (done) done = encode_binary(event, bytes);
            if (!done) return std::move(done).error();
            return to_hex(bytes);
          }};
}

/// What an aggregate knows.
struct example_aggregate {
  std::string name;
  std::vector<example_version> versions;
  std::vector<std::string> retired;
};

/// The events of the file, in its order, which can be replayed. Throws `failure`.
std::vector<stored_event> check_examples(const example_aggregate& of,
                                         const std::vector<example>& wanted,
                                         const std::filesystem::path& file, bool update,
                                         report so_far);

} // namespace detail

/// Checks that `file` has an example of each version of A's events that the program knows, and that
/// each example is still read as it was: its bytes give its JSON, its JSON its bytes, its upcasts
/// the recorded events of today; and that all of them, in the file's order, can be replayed.
///
/// @param wanted  events, of any version, that the file must hold too. A version without one, here
///   or in the file, gets one of the default value.
/// Throws `failure` (promise::released_holds), with all that is wrong, and with the lines to add.
template <class A, class... Events>
void check_examples(const std::filesystem::path& file, const Events&... wanted) {
  static_assert((acta::detail::contains<Events, typename acta::detail::history<A>::known> && ...),
                "acta: check_examples takes events of the aggregate, of any version");
  const auto so_far = report().line("aggregate", A::name).line("file", file.string());
  detail::example_aggregate of;
  of.name = A::name;
  [&]<class... Es>(one_of<Es...>) {
    (of.versions.push_back(detail::example_version_of<A, Es>()), ...);
  }(typename acta::detail::history<A>::known{});
  [&]<class... Rs>(one_of<Rs...>) {
    (of.retired.emplace_back(Rs::name), ...);
  }(typename acta::detail::history<A>::retired{});
  const auto stored = detail::check_examples(of, {detail::example_of<A>(wanted, so_far)...}, file,
                                             wants_update(), so_far);
  (void)scenario<A>::given_stored(stored);
}

} // namespace acta::testing
