// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/domain.hpp>

// The counter of `good`, after somebody has added a field to an event and said nothing.
namespace wider {

struct added {
  std::int64_t amount = 0;
  std::string reason;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(amount), CEREAL_NVP(reason)); }
};
struct add {
  std::int64_t amount = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(amount)); }
};
struct counter {
  static constexpr std::string_view name = "counter";
  using events = acta::one_of<added>;
  using commands = acta::one_of<add>;
  std::int64_t total = 0;
  acta::decision<events> decide(const add& c) const { return added{c.amount, ""}; }
  void evolve(const added& e) { total += e.amount; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(total)); }
};

} // namespace wider

ACTA_MODULE(model) { model.aggregate<wider::counter>(); }
