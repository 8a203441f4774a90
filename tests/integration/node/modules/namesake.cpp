// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// Its event is of a class that is named as the counter's, and holds something else.
#include <acta/domain.hpp>

#include <string>
#include <string_view>

namespace test {

struct added {
  std::string words;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(words)); }
};
struct say {
  std::string words;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(words)); }
};
struct talk {
  static constexpr std::string_view name = "talk";
  using events = acta::one_of<added>;
  using commands = acta::one_of<say>;
  std::int64_t said = 0;
  acta::decision<events> decide(const say& s) const { return added{s.words}; }
  void evolve(const added&) { ++said; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(said)); }
};
struct talks {
  static constexpr std::string_view name = "talks";
  using events = acta::one_of<added>;
  std::string last;
  void evolve(const added& e) { last = e.words; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(last)); }
};

} // namespace test

ACTA_MODULE(model) {
  model.aggregate<test::talk>();
  model.view<test::talks>();
}
