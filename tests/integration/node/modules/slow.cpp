// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// A module whose code takes its time: to start, to decide, or to write a letter.
#include <acta/domain.hpp>

#include <chrono>
#include <cstdint>
#include <string_view>
#include <thread>

namespace {

struct noted {
  std::int64_t number = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(number)); }
};
struct note {
  template <class A> void serialize(A&) {}
};
struct think {
  std::int64_t seconds = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(seconds)); }
};
struct snail {
  static constexpr std::string_view name = "snail";
  using events = acta::one_of<noted>;
  using commands = acta::one_of<note, think>;
  std::int64_t count = 0;
  acta::decision<events> decide(const note&) const { return noted{count + 1}; }
  acta::decision<events> decide(const think& t) const {
    std::this_thread::sleep_for(std::chrono::seconds{t.seconds});
    return noted{count + 1};
  }
  void evolve(const noted&) { ++count; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(count)); }
};
struct writer {
  static constexpr std::string_view name = "writer";
  using events = acta::one_of<noted>;
  acta::mail handle(const noted&) const { return {"ada@example.org", "Noted", "..."}; }
};

} // namespace

ACTA_MODULE(model) {
  std::this_thread::sleep_for(std::chrono::seconds{model.setting("snail.start_seconds", 0)});
  model.aggregate<snail>();
  model.subscriber<writer>();
}
