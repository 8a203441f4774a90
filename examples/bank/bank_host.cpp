// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// [host]
#include "bank.hpp"
#include "bank_transfer.hpp"

#include <acta/runtime.hpp>

#include <iostream>

int main(int argc, char** argv) {
  using namespace std::chrono_literals;
  acta::model model;
  model.aggregate<bank::account>({.snapshot_every = 100});
  model.process<bank::transfer>();
  model.view<bank::balance>();

  auto runtime = acta::runtime::open(argc > 1 ? argv[1] : "./data", std::move(model));
  if (!runtime) return std::cerr << runtime.error() << '\n', 1;

  // A receipt means: on disk. Else the answer is a rejection of the domain, or a typed error.
  const auto tell = [&](auto command) {
    if (auto answer = runtime->ask<bank::account>("ada", command).wait_for(1s))
      std::cout << answer->stream << " is at version " << answer->version << '\n';
    else
      std::cout << answer.error() << '\n';
  };
  tell(bank::open_account{"Ada"});
  tell(bank::credit{50});
  tell(bank::debit{1'000'000});
  auto receipt = runtime->ask<bank::account>("ada", bank::debit{20}).wait_for(1s);
  if (!receipt) return std::cerr << receipt.error() << '\n', 1;

  // A view follows by itself, a moment later. This waits, at most 1 s, until it shows the debit.
  if (auto row = runtime->view<bank::balance>().get("ada", {.at_least = receipt->position}))
    std::cout << row->owner << " has " << row->cents << " cents\n";
  if (auto past = runtime->state<bank::account>("ada", acta::at_version{2}))
    std::cout << "and had " << past->cents << " at version 2\n"; // any past state can be read

  runtime->stop(5s); // the destructor does the same
}
// [host end]
