// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// A project's contract: the durable names, versions and shapes of its types in a text file that is
/// reviewed with the code. Its own tests then fail when a type changed without a new version,
/// before any store does.
///
///   TEST_CASE("types change by new versions only") {
///     acta::model model;
///     model.aggregate<account>().process<transfer>();
///     acta::testing::check_contract(model, CONTRACT_FILE);   // …/contract.txt, in the repository
///   }
///
/// A module needs no such test: `acta_check_contract(<target> FILE contract.txt)` in its
/// CMakeLists.txt adds one.
///
/// With ACTA_UPDATE=1 in the environment the file is written: what is new in the program is added.
/// A line of what was released is never taken away and never changed, unless the change is one that
/// what is stored survives (an enumerator more). Who has not released a type yet, and changes it,
/// deletes its line first.
#pragma once

#include <acta/domain/model.hpp>
#include <acta/testing/failure.hpp>

#include <filesystem>
#include <string_view>

namespace acta::testing {

/// Whether files of what was released are to be written: ACTA_UPDATE is set, and not empty or 0.
[[nodiscard]] bool wants_update();
/// What a failure says of it.
inline constexpr std::string_view how_to_update =
    "run this test once with ACTA_UPDATE=1 in its environment, and commit the file";

/// Throws `failure` (promise::contract_holds) if a line of `file` cannot be read by the program any
/// more, naming type, field and what to write; or if the file lacks a line. All mistakes are told,
/// not only the first.
///
/// @param file  a relative one is searched in the folder that the test runs in
void check_contract(const model& program, const std::filesystem::path& file,
                    source_place where = source_place::current());

namespace detail {

/// @param how  to update, for the report
void check_contract(const model& program, const std::filesystem::path& file, bool update,
                    std::string_view how, report so_far);

/// A text file as it is; empty if there is none. Throws `failure` if it cannot be read (written).
[[nodiscard]] std::string read_text(const std::filesystem::path& file);
void write_text(const std::filesystem::path& file, std::string_view text);

} // namespace detail

} // namespace acta::testing
