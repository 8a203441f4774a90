// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/domain/model.hpp>
#include <acta/domain/process.hpp>

#include <catch2/catch.hpp>

#include <array>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace process_test {

namespace {

using namespace std::chrono_literals;

struct credited {
  std::int64_t cents = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};
struct credit {
  std::int64_t cents = 0;
  friend bool operator==(const credit&, const credit&) = default;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};
struct debit {
  std::int64_t cents = 0;
  friend bool operator==(const debit&, const debit&) = default;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};
struct account {
  static constexpr std::string_view name = "account";
  using events = acta::one_of<credited>;
  using commands = acta::one_of<credit, debit>;
  acta::decision<events> decide(const credit& c) const { return credited{c.cents}; }
  acta::decision<events> decide(const debit& c) const { return credited{-c.cents}; }
  void evolve(const credited&) {}
  template <class A> void serialize(A&) {}
};

/// Asks for whatever reaction a test wants.
struct ask {
  std::string what;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(what)); }
};
struct expired {
  static constexpr unsigned schema = 3;
  std::int32_t times = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(times)); }
};
struct not_an_input {
  template <class A> void serialize(A&) {}
};

struct errand {
  static constexpr std::string_view name = "errand";
  using inputs =
      acta::one_of<ask, credited, expired, acta::rejected<credit>, acta::rejected<debit>>;

  std::string asked;
  std::int32_t fired = 0;
  std::string refused;

  acta::reaction react(const ask& a) const {
    if (a.what == "send") return acta::send<account>("ada", credit{5});
    if (a.what == "nobody") return acta::send<account>("", credit{5});
    if (a.what == "throw") throw std::runtime_error("react is tired");
    if (a.what == "throw 8") throw 8;
    if (a.what == "finish") return {acta::finish(), acta::after(1h, expired{1})};
    if (a.what == "timer") return acta::after(1h, expired{1});
    if (a.what == "two timers")
      return {acta::after(1h, expired{1}, "a"), acta::after(2h, expired{2}, "b")};
    if (a.what == "cancel") return acta::cancel<expired>();
    if (a.what == "at") return acta::at(acta::time_point{7us}, expired{7});
    if (a.what == "set, cancel") return {acta::after(1h, expired{1}), acta::cancel<expired>()};
    if (a.what == "cancel, set") return {acta::cancel<expired>(), acta::after(1h, expired{1})};
    if (a.what == "set, set") return {acta::after(1h, expired{1}), acta::after(2h, expired{2})};
    if (a.what == "unnamed") return acta::after(1h, expired{1}, "");
    if (a.what == "name of 128") return acta::after(1h, expired{1}, std::string(128, 'x'));
    if (a.what == "name of 129") return acta::after(1h, expired{1}, std::string(129, 'x'));
    if (a.what == "1024" || a.what == "1025") {
      acta::reaction all;
      for (int i = std::stoi(a.what); i > 0; --i) all.add(acta::send<account>("ada", credit{i}));
      return all;
    }
    if (a.what == "bad name") return acta::after(1h, expired{1}, "\xFF");
    if (a.what == "cancel bad name") return acta::cancel("\xFF");
    if (a.what == "other's timer") return acta::after(1h, not_an_input{});
    if (a.what == "never") return acta::after(std::chrono::microseconds::max(), expired{});
    if (a.what == "long ago") return acta::after(std::chrono::microseconds::min(), expired{});
    if (a.what == "end of time") return acta::at(acta::time_point::max(), expired{});
    if (a.what == "to another") return acta::send<errand>("2", acta::rejected<debit>{});
    if (a.what == "no itself")
      return acta::after(1h, acta::rejected<credit>{.code = "x", .message = {}, .command = {}});
    return {};
  }
  acta::reaction react(const credited&, const acta::context& c) const {
    return acta::send<account>(std::string(c.id()) + " at " + std::to_string(c.version()) + " by " +
                                   std::string(c.caller()),
                               credit{1});
  }
  acta::reaction react(const expired&) const { return {}; }
  acta::reaction react(const acta::rejected<credit>& no) const {
    return acta::send<account>("bob", no.command);
  }
  acta::reaction react(const acta::rejected<debit>&) const { return acta::finish(); }

  void evolve(const ask& a) {
    if (a.what == "evolve throws") throw std::runtime_error("evolve is tired");
    asked = a.what;
  }
  void evolve(const expired& e) { fired += e.times; }
  void evolve(const acta::rejected<credit>& no) { refused = no.code; }

  static std::optional<std::string> key(const credited& e, const acta::metadata& m) {
    if (e.cents == 0) return std::nullopt;
    if (e.cents == 1) return "";
    if (e.cents == 2) throw std::runtime_error("key is tired");
    return m.stream;
  }
  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(asked), CEREAL_NVP(fired), CEREAL_NVP(refused));
  }
};

using state = acta::detail::process_state<errand>;
using ending = acta::execution::ending;
constexpr acta::time_point noon{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1} + 12h};

/// One live errand, driven through the tables as the engine does it.
struct driver {
  acta::process_type process = acta::make_process_type<errand>();
  const acta::aggregate_type& type = *process.stored_as;
  acta::erased_state live = type.create();
  std::vector<acta::byte_buffer> payloads;

  const state& now() const { return *static_cast<const state*>(live.get()); }
  /// @param command_id  by which the runtime says that it brings the input of its own accord
  template <class I>
  acta::execution execute(const I& input, acta::attributes marks = {}, acta::uuid command_id = {}) {
    constexpr std::array<std::uint32_t, 1> name_ids{501};
    acta::byte_buffer out;
    acta::event_writer writer(out, name_ids);
    auto done = type.find_command(acta::type_name<I>())
                    ->execute(live.get(), &input,
                              acta::context("42", now().version, noon)
                                  .with_caller("ada")
                                  .with_command(command_id, {})
                                  .with_attributes(marks),
                              writer);
    if (!out.empty()) {
      CHECK(acta::load_le<std::uint32_t>(out.data()) == 501);
      CHECK(out.size() ==
            acta::event_frame_header_bytes + acta::load_le<std::uint32_t>(out.data() + 8));
      acta::byte_buffer payload;
      const auto bytes = out.view().subspan(acta::event_frame_header_bytes);
      payload.append(bytes.data(), bytes.size());
      payloads.push_back(std::move(payload));
    }
    return done;
  }
  acta::execution fire(const std::string& mark) {
    return execute(expired{1}, {{std::string(acta::timer_attribute), mark}}, brought_as(5));
  }
  /// An id of the kind of runtime/src/delivery.hpp: 1 a command, 4 an event, 5 a timer.
  static acta::uuid brought_as(std::uint8_t kind) {
    return {{0, 0, 0, 0, 0, 7, static_cast<std::uint8_t>(0x80 | kind), 0, 0x80, 0xAC}};
  }
  acta::process_step last() const {
    acta::process_step step;
    REQUIRE_FALSE(payloads.empty());
    REQUIRE(acta::decode_binary(payloads.back(), step));
    return step;
  }
  /// What a restart makes of the stored steps.
  std::string replayed() const {
    auto again = type.create();
    for (const auto& p : payloads) REQUIRE(type.events[0].apply(again.get(), p));
    return shown(again.get());
  }
  std::string shown() const { return shown(live.get()); }
  std::string shown(const void* s) const {
    std::string json;
    REQUIRE(type.append_state_json(s, json));
    return json;
  }
};

acta::process_step step_of(std::string what) {
  driver d;
  REQUIRE(d.execute(ask{std::move(what)}).how == ending::decided);
  CHECK(d.replayed() == d.shown());
  std::string json;
  CHECK(d.type.events[0].append_json(d.payloads.back(), json));
  return d.last();
}
std::string refusal(std::string what) {
  driver d;
  const auto done = d.execute(ask{std::move(what)});
  CHECK(done.how == ending::decide_failed);
  CHECK(d.payloads.empty());
  CHECK(d.now().version == 0);
  return done.what;
}
bool contains(const std::string& text, std::string_view part) {
  UNSCOPED_INFO(text);
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a rejection is an input with the name of its command, so that a process takes several") {
  STATIC_REQUIRE(acta::type_name<acta::rejected<credit>>() == "rejected.credit");
  const auto type = acta::make_process_type<errand>();
  std::vector<std::string> names;
  for (const auto& input : type.inputs) names.push_back(input.name);
  CHECK(names == std::vector<std::string>{"ask", "credited", "expired", "rejected.credit",
                                          "rejected.debit"});
  for (std::size_t i = 0; i < names.size(); ++i)
    CHECK(type.stored_as->commands[i].name == names[i]);
  CHECK(*type.inputs[3].type == typeid(acta::rejected<credit>));
  REQUIRE(type.inputs[3].rejected != nullptr);
  CHECK(*type.inputs[3].rejected == typeid(credit));
  CHECK(type.inputs[1].rejected == nullptr);
}

TEST_CASE("a rejection can be sent to another process, and to itself later, under its own name") {
  CHECK(step_of("to another").commands ==
        std::vector{acta::command_to_send{"errand", "2", "rejected.debit",
                                          R"({"code":"","message":"","command":{"cents":0}})"}});
  const auto timers = step_of("no itself").timers;
  REQUIRE(timers.size() == 1);
  CHECK(timers[0].name == "rejected.credit");
  CHECK(timers[0].input == "rejected.credit");
}

TEST_CASE("an input writes one step: itself and what is to be done, and evolves the state") {
  driver d;
  CHECK(d.execute(ask{"send"}).how == ending::decided);
  const auto step = d.last();
  CHECK(step.input == "ask");
  CHECK(step.json == R"({"what":"send"})");
  CHECK(step.fired.empty());
  CHECK(step.commands ==
        std::vector{acta::command_to_send{"account", "ada", "credit", R"({"cents":5})"}});
  CHECK(step.timers.empty());
  CHECK(step.cancelled.empty());
  CHECK_FALSE(step.finished);
  CHECK(d.now().process.asked == "send");
  CHECK(d.now().version == 1);
  CHECK(d.replayed() == d.shown());
}

TEST_CASE("an input without a reaction is a step, too: the state must not lose it") {
  driver d;
  CHECK(d.execute(ask{"nothing"}).how == ending::decided);
  CHECK(d.last().input == "ask");
  CHECK(d.now().process.asked == "nothing");
}

TEST_CASE("a step is readable as JSON") {
  driver d;
  REQUIRE(d.execute(ask{"two timers"}).how == ending::decided);
  std::string json;
  REQUIRE(d.type.events[0].append_json(d.payloads.back(), json));
  CHECK(json == R"({"input":"ask","json":"{\"what\":\"two timers\"}","fired":"","commands":[],)"
                R"("timers":[{"name":"a","input":"expired@3","json":"{\"times\":1}",)"
                R"("due":"2026-03-01T13:00:00.000000Z"},{"name":"b","input":"expired@3",)"
                R"("json":"{\"times\":2}","due":"2026-03-01T14:00:00.000000Z"}],)"
                R"("cancelled":[],"finished":false})");
}

TEST_CASE("an input sees the context it was given, with the number of steps as version") {
  driver d;
  REQUIRE(d.execute(ask{"nothing"}).how == ending::decided);
  REQUIRE(d.execute(credited{9}).how == ending::decided);
  CHECK(d.last().commands.at(0).id == "42 at 1 by ada");
}

TEST_CASE("a rejection comes with its command and code") {
  driver d;
  CHECK(d.execute(acta::rejected<credit>{"not_open", "", {30}}).how == ending::decided);
  CHECK(d.last().input == "rejected.credit");
  CHECK(d.last().commands.at(0).json == R"({"cents":30})");
  CHECK(d.now().process.refused == "not_open");
  CHECK(d.replayed() == d.shown());
}

TEST_CASE("after the end no input changes anything, and no timer is left") {
  driver d;
  REQUIRE(d.execute(ask{"timer"}).how == ending::decided);
  REQUIRE(d.execute(ask{"finish"}).how == ending::decided);
  CHECK(d.last().finished);
  CHECK(d.last().timers.empty()); // it would only come to be passed over
  CHECK(d.now().finished);
  CHECK(d.now().timers.empty());
  const auto before = d.shown();
  for (const auto& from : {acta::uuid{}, acta::uuid::random(), driver::brought_as(1)}) {
    const auto no = d.execute(ask{"send"}, {}, from);
    CHECK(no.how == ending::rejected); // somebody waits for the answer
    CHECK(no.no.code == "process_finished");
  }
  for (const std::uint8_t kind : {2, 3, 4})
    CHECK(d.execute(ask{"throw"}, {}, driver::brought_as(kind)).how == ending::decided);
  CHECK(d.fire("expired@1").how == ending::decided);
  CHECK(d.payloads.size() == 2);
  CHECK(d.shown() == before);
  CHECK(d.replayed() == before);
}

TEST_CASE("a timer's input counts only while the timer of that version is set") {
  driver d;
  REQUIRE(d.execute(ask{"timer"}).how == ending::decided);
  CHECK(d.now().timers == std::map<std::string, acta::version_number>{{"expired", 1}});
  for (const auto* wrong : {"expired@2", "expired@0", "expired", "expired@", "expired@1x", "@1",
                            "other@1", "", "expired@-1", "expired@18446744073709551617"}) {
    CAPTURE(wrong);
    CHECK(d.fire(wrong).how == ending::decided);
    CHECK(d.payloads.size() == 1);
    CHECK(d.now().version == 1);
  }
  CHECK(d.fire("expired@1").how == ending::decided);
  CHECK(d.last().fired == "expired");
  CHECK(d.now().process.fired == 1);
  CHECK(d.now().timers.empty());
  CHECK(d.fire("expired@1").how == ending::decided); // a second time
  CHECK(d.payloads.size() == 2);
  CHECK(d.replayed() == d.shown());
}

TEST_CASE("the same input without the mark of a timer is an input like any other") {
  driver d;
  REQUIRE(d.execute(ask{"timer"}).how == ending::decided);
  REQUIRE(d.execute(expired{5}).how == ending::decided);
  CHECK(d.last().fired.empty());
  CHECK(d.now().process.fired == 5);
  CHECK(d.now().timers.size() == 1);
}

TEST_CASE("a timer that is replaced or cancelled never fires") {
  driver d;
  REQUIRE(d.execute(ask{"timer"}).how == ending::decided);
  REQUIRE(d.execute(ask{"timer"}).how == ending::decided);
  CHECK(d.fire("expired@1").how == ending::decided);
  CHECK(d.payloads.size() == 2);
  REQUIRE(d.execute(ask{"cancel"}).how == ending::decided);
  CHECK(d.last().cancelled == std::vector<std::string>{"expired"});
  CHECK(d.fire("expired@2").how == ending::decided);
  CHECK(d.payloads.size() == 3);
  CHECK(d.replayed() == d.shown());
}

TEST_CASE("timers of one input are told apart by name, and a name may hold an @") {
  driver d;
  REQUIRE(d.execute(ask{"two timers"}).how == ending::decided);
  REQUIRE(d.fire("b@1").how == ending::decided);
  CHECK(d.now().timers == std::map<std::string, acta::version_number>{{"a", 1}});
  const auto parsed = acta::detail::parse_timer("at@home@7");
  REQUIRE(parsed);
  CHECK(*parsed == std::pair<std::string, acta::version_number>("at@home", 7));
}

TEST_CASE("due is counted from the step's own time, or is the time that is said") {
  CHECK(step_of("timer").timers.at(0).due == noon + 1h);
  CHECK(step_of("at").timers.at(0).due == acta::time_point{7us});
}

TEST_CASE("actions of one reaction are done in their order: the last word on a timer counts") {
  const auto set_cancel = step_of("set, cancel");
  CHECK(set_cancel.timers.empty());
  CHECK(set_cancel.cancelled.size() == 1); // one of an earlier step would be meant, too
  const auto cancel_set = step_of("cancel, set");
  CHECK(cancel_set.timers.size() == 1);
  CHECK(cancel_set.cancelled.size() == 1);
  const auto set_set = step_of("set, set");
  REQUIRE(set_set.timers.size() == 1); // both had the same mark: the first would have fired
  CHECK(set_set.timers[0].due == noon + 2h);
}

TEST_CASE("a reaction that could never be done is refused, and nothing has happened") {
  CHECK(contains(refusal("nobody"), "the process sends credit to account: the id of a stream must "
                                    "not be empty"));
  CHECK(contains(refusal("unnamed"), "the process sets the timer ''"));
  CHECK(contains(refusal("bad name"), "UTF-8"));
  CHECK(contains(refusal("name of 129"), "1 to 128 bytes"));
  CHECK(step_of("name of 128").timers.size() == 1);
  CHECK(contains(refusal("1025"), "more than 1024 things at once"));
  CHECK(step_of("1024").commands.size() == 1024);
  CHECK(contains(refusal("other's timer"), "not_an_input is none of its inputs"));
  for (const auto* when : {"never", "long ago", "end of time"})
    CHECK(contains(refusal(when), "beyond the years"));
  CHECK(step_of("cancel bad name").cancelled.empty()); // there is no such timer
}

TEST_CASE("an exception in react is told, and nothing has happened") {
  CHECK(refusal("throw") == "react is tired");
  CHECK_FALSE(refusal("throw 8").empty());
  CHECK(contains(refusal("\xFF"), "UTF-8")); // an input that no step could hold
}

TEST_CASE("an exception in evolve of a process is told apart from one in react") {
  driver d;
  const auto done = d.execute(ask{"evolve throws"});
  CHECK(done.how == ending::evolve_failed);
  CHECK(done.what == "evolve is tired");
  CHECK(d.payloads.empty());
}

TEST_CASE("a stored step that cannot be applied is an error with its kind") {
  driver d;
  const auto applied = [&](const acta::process_step& step) {
    acta::byte_buffer payload;
    REQUIRE(acta::encode_binary(step, payload));
    const auto done = d.type.events[0].apply(d.type.create().get(), payload);
    REQUIRE_FALSE(done);
    CHECK(done.error().code() == acta::condition::corrupt);
    return done.error();
  };
  acta::process_step step;
  step.input = "gone";
  step.json = "{}";
  const auto gone = applied(step);
  CHECK(gone.code() == acta::domain_errc::unknown_event);
  CHECK(contains(gone.to_string(), "this program's process 'errand' has no input 'gone'"));

  step.input = "ask";
  const auto changed = applied(step);
  CHECK(changed.code() == acta::codec_errc::decode_failed);
  CHECK(contains(changed.to_string(), "what"));

  step.json = R"({"what":"evolve throws"})";
  const auto thrown = applied(step);
  CHECK(thrown.code() == acta::domain_errc::evolve_threw);
  CHECK(thrown.detail() == "evolve is tired");

  const auto truncated = d.type.events[0].apply(d.type.create().get(), {});
  REQUIRE_FALSE(truncated);
  CHECK(truncated.error().code() == acta::codec_errc::decode_failed);
}

TEST_CASE("a process is saved with its timers and its end, and handed out without them") {
  driver d;
  REQUIRE(d.execute(ask{"two timers"}).how == ending::decided);
  acta::byte_buffer saved;
  REQUIRE(d.type.encode_state(d.live.get(), saved));
  const auto restored = d.type.create();
  REQUIRE(d.type.decode_state(saved, restored.get()));
  CHECK(d.shown(restored.get()) ==
        R"({"process":{"asked":"two timers","fired":0,"refused":""},"timers":{"a":1,"b":1},)"
        R"("version":1,"finished":false})");
  errand out;
  d.type.move_state(restored.get(), &out);
  CHECK(out.asked == "two timers");
}

TEST_CASE("an event is routed by the process's key, if it has one for it") {
  const auto type = acta::make_process_type<errand>();
  CHECK(type.inputs[0].key == nullptr);
  CHECK(type.inputs[3].key == nullptr);
  REQUIRE(type.inputs[1].key != nullptr);
  const auto key = [&](std::int64_t cents) {
    acta::byte_buffer payload;
    REQUIRE(acta::encode_binary(credited{cents}, payload));
    return type.inputs[1].key(payload, {.stream = "account/ada"});
  };
  CHECK(key(9).value() == "account/ada");
  REQUIRE(key(0));
  CHECK_FALSE(key(0).value());
  REQUIRE_FALSE(key(1));
  CHECK(key(1).error().code() == acta::errc::invalid_argument);
  CHECK(contains(key(1).error().to_string(), "process 'errand': key of credited: "));
  REQUIRE_FALSE(key(2));
  CHECK(key(2).error().code() == acta::domain_errc::evolve_threw);
  CHECK(key(2).error().detail() == "key is tired");
  CHECK(type.inputs[1].key({}, {}).error().code() == acta::codec_errc::decode_failed);
}

namespace {

template <class... Inputs> struct process {
  using inputs = acta::one_of<Inputs...>;
  template <class I> acta::reaction react(const I&) const { return {}; }
  template <class A> void serialize(A&) {}
};
namespace elsewhere {
struct ask : process_test::ask {};
} // namespace elsewhere
struct like_the_account : process<ask> {
  static constexpr std::string_view name = "account";
};
struct second_errand : process<ask> {
  static constexpr std::string_view name = "errand";
};
struct dotted : process<ask> {
  static constexpr std::string_view name = "an.errand";
};
struct two_asks : process<ask, elsewhere::ask> {
  static constexpr std::string_view name = "two_asks";
};
struct long_named : process<ask> {
  static constexpr std::string_view name =
      "a234567890b234567890c234567890d234567890e234567890f23456789"; // with ".stepped" 67
};
struct before_the_first {
  static constexpr unsigned schema = 0;
  template <class A> void serialize(A&) {}
};
struct early : process<before_the_first> {
  static constexpr std::string_view name = "early";
};
struct first_schema : process<ask> {
  static constexpr std::string_view name = "evolving";
};
struct second_schema : process<ask> {
  static constexpr std::string_view name = "evolving";
  static constexpr unsigned schema = 2;
};

std::string mistake_in(const acta::model& model) {
  const auto checked = model.check();
  if (checked) return {};
  CHECK(checked.error().code() == acta::domain_errc::bad_model);
  return std::string(checked.error().detail());
}
template <class P> std::string mistake() { return mistake_in(acta::model().process<P>()); }

} // namespace

TEST_CASE("a sound model has its processes among the aggregates, as they are stored") {
  acta::model model;
  model.aggregate<account>().process<errand>({.snapshot_every = 9});
  CHECK(model.check());
  REQUIRE(model.processes().size() == 1);
  CHECK(model.find("errand") == model.processes()[0]->stored_as);
  CHECK(model.find("errand")->options.snapshot_every == 9);
  CHECK(model.find("errand")->events.at(0).name == "errand.stepped");
  CHECK(*model.find("errand")->type == typeid(errand));
}

TEST_CASE("a process and an aggregate of one name are refused, whichever comes first") {
  const auto* both = "two aggregates or processes are named 'account'";
  CHECK(mistake_in(acta::model().aggregate<account>().process<like_the_account>()) == both);
  CHECK(mistake_in(acta::model().process<like_the_account>().aggregate<account>()) == both);
  CHECK(contains(mistake_in(acta::model().process<errand>().process<second_errand>()),
                 "are named 'errand'"));
  acta::model model;
  model.process<errand>().process<second_errand>();
  CHECK(model.processes().size() == 1);
  CHECK(model.aggregates().size() == 1);
}

TEST_CASE("names of processes and inputs that clash or could not be stored are refused") {
  CHECK(mistake<two_asks>() == "process 'two_asks' has two inputs named 'ask'");
  CHECK(contains(mistake<dotted>(), "must not hold a '.'"));
  CHECK_FALSE(mistake<long_named>().empty());
  CHECK(mistake<early>() == "input 'before_the_first': schema versions start at 1");
}

TEST_CASE("the contract holds the inputs, whose fields stand in the stored steps") {
  const auto contract = acta::model().process<errand>().contract();
  CHECK(contains(contract, "event errand.stepped 1 {input:string,json:string,"));
  CHECK(contains(contract, "\ninput errand.ask 1 {what:string}\n"));
  CHECK(contains(contract, "\ninput errand.expired 3 {times:i32}\n"));
  CHECK(contains(contract, "\ninput errand.rejected.credit 1 {code:string,"));
}

TEST_CASE("a new schema of a process makes its snapshots obsolete") {
  const auto first = acta::make_process_type<first_schema>().stored_as->fingerprint;
  CHECK(first != acta::make_process_type<second_schema>().stored_as->fingerprint);
  CHECK(first == acta::make_process_type<first_schema>().stored_as->fingerprint);
}

} // namespace process_test
