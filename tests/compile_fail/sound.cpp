// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// The control: what the other sources break compiles as long as it is whole.
#include "bank.hpp"

#include <acta/testing.hpp>

void fill(acta::model& model) {
  model.aggregate<bank::sound_account>().view<bank::sound_balance>().query<bank::sound_question>();
  model.process<bank::sound_refill>().subscriber<bank::sound_notes>();
}
void test() {
  acta::given<bank::sound_account>(bank::opened{}).when(bank::credit{1}).then(bank::credited{1});
  acta::given<bank::sound_refill>()
      .when(bank::opened{})
      .then(acta::send<bank::sound_account>("ada", bank::credit{5}));
  acta::given<bank::sound_balance>(bank::credited{1})
      .then({.cents = 1})
      .when(bank::sound_question{})
      .then(1);
  acta::given_subscriber<bank::sound_notes>().when(bank::credited{1}).then_nothing();
}
