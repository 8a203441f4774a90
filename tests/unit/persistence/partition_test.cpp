// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/persistence/partition.hpp>

#include "../../contract/journal_contract.hpp"

#include <temp_folder.hpp>

#include <catch2/catch.hpp>

namespace partition_test {

using namespace acta::contract;

TEST_CASE("a partition in memory keeps the journal's contract") {
  check_journal_contract(
      [](partition_options options) { return make_memory_partition(0, std::move(options)); });
}

TEST_CASE("a partition on LMDB keeps the journal's contract") {
  const test::temp_folder folder;
  check_journal_contract([&](partition_options options) {
    auto opened =
        open_partition(folder.path() / "p000", 0, acta::uuid::random(), std::move(options));
    if (!opened) FAIL(opened.error().to_string());
    return std::move(*opened);
  });
}

} // namespace partition_test
