// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Whether a program can read what a store holds, before it opens the store.
#pragma once

#include <acta/core/result.hpp>
#include <acta/domain/model.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace acta {

/// What is worth knowing of a store that the program can open.
struct store_check {
  /// Sentences: what a later release has stored, and this program does not read; a process that has
  /// the store open.
  std::vector<std::string> notes;
};

/// Compares the program's types with the store's contract, as runtime::open does, and writes
/// nothing into the store's folder. A process may have the store open; else none can open it
/// meanwhile (persistence/store_look.hpp). Events are counted in the journals where the contract
/// alone does not tell. Of the store it looks at store.toml, contract.txt and the journals: not at
/// derived data, nor at what views, subscribers and processes have noted.
///
/// Errors: `contract_changed`, `bad_model`, `no_store`, `store_locked` (this process itself has the
///   store open); as runtime::open for what is damaged or of another format.
/// Threads: any. Blocking: reads files; all journals from their beginning in the worst case.
[[nodiscard]] result<store_check> check_store(const std::filesystem::path& folder, model program);

} // namespace acta
