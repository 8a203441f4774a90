// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/testing/subscriber.hpp>

#include <acta/domain/codec/json_writer.hpp>

#include <initializer_list>

namespace acta::testing::detail {

namespace {

struct effect_shower {
  std::string operator()(const std::monostate&) const { return "nothing"; }
  std::string operator()(const mail& m) const {
    return "mail" + object({{"to", m.to}, {"subject", m.subject}, {"text", m.text}});
  }
  std::string operator()(const webhook& w) const {
    return "webhook" + object({{"url", w.url}, {"body", w.body}, {"content_type", w.content_type}});
  }

private:
  static std::string
  object(std::initializer_list<std::pair<std::string_view, std::string_view>> members) {
    std::string out;
    for (const auto& [name, value] : members) {
      out += out.empty() ? " {" : ",";
      append_json_string(out, name);
      out += ':';
      append_json_string(out, value);
    }
    return out += '}';
  }
};

bool same_answer(const result<effect>& a, const result<effect>& b) {
  if (a.has_value() != b.has_value()) return false;
  return a ? *a == *b : a.error().to_string() == b.error().to_string();
}

} // namespace

std::string show_effect(const effect& e) { return std::visit(effect_shower{}, e); }

std::string show_answer(const result<effect>& answer) {
  return answer ? show_effect(*answer) : answer.error().to_string();
}

void check_subscriber(const subscriber_type& type, const report& so_far) {
  if (const auto ok = check_subscriber_type(type); !ok)
    report(so_far)
        .line("error", ok.error().to_string())
        .fail(promise::sound_model, "no runtime would open with this subscriber");
}

result<effect> ask_subscriber(const subscriber_type& type, const subscriber_event& event,
                              bytes_view payload, const effect_context& c, const report& so_far) {
  auto answer = event.handle(type.subscriber.get(), payload, c);
  if (!event.mails && !event.calls) return answer; // a second time would be a second effect
  auto next = c;
  ++next.attempt;
  if (const auto second = event.handle(type.subscriber.get(), payload, next);
      !same_answer(answer, second))
    report(so_far)
        .line("first", show_answer(answer))
        .line("second", show_answer(second))
        .fail(promise::handle_repeats,
              "handle gave two answers to one event: an attempt after a crash would do something "
              "else under the same key");
  if (!answer) return answer;
  if (const auto ok = check_effect(*answer); !ok)
    report(so_far)
        .line("actual", show_answer(answer))
        .line("error", ok.error().to_string())
        .fail(promise::valid_effect, "no channel could do this");
  return answer;
}

} // namespace acta::testing::detail
