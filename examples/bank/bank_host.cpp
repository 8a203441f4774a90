// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// [host]
#include "bank.hpp"

#include <acta/runtime.hpp>

#include <iostream>

int main(int argc, char** argv) {
  using namespace std::chrono_literals;
  acta::model model;
  model.aggregate<bank::account>({.snapshot_every = 100});

  auto runtime = acta::runtime::open(argc > 1 ? argv[1] : "./data", std::move(model));
  if (!runtime) return std::cerr << runtime.error() << '\n', 1;

  // A receipt means: on disk. Else the answer is a rejection of the domain, or a typed error.
  const auto show = [](const char* what, const acta::result<acta::receipt>& answer) {
    std::cout << what << ": ";
    if (answer)
      std::cout << answer->stream << " is at version " << answer->version << ", position "
                << answer->position << '\n';
    else
      std::cout << answer.error() << '\n';
  };
  show("open", runtime->ask<bank::account>("ada", bank::open_account{"Ada"}).wait_for(1s));
  show("credit 50", runtime->ask<bank::account>("ada", bank::credit{50}).wait_for(1s));
  show("debit 20", runtime->ask<bank::account>("ada", bank::debit{20}).wait_for(1s));
  show("debit 1000000", runtime->ask<bank::account>("ada", bank::debit{1'000'000}).wait_for(1s));

  if (auto now = runtime->state<bank::account>("ada"))
    std::cout << "ada has " << now->cents << " cents\n";
  if (auto past = runtime->state<bank::account>("ada", acta::at_version{2}))
    std::cout << "and had " << past->cents << " at version 2\n"; // any past state can be read

  runtime->stop(5s); // the destructor does the same
}
// [host end]
