// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/core/units.hpp>
#include <acta/domain/model.hpp>
#include <acta/domain/module.hpp>
#include <acta/domain/receipt.hpp>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>
#include <typeindex>

#include <cxxabi.h>

namespace acta {

const attributes& context::attributes() const noexcept {
  static const acta::attributes none;
  return attributes_ != nullptr ? *attributes_ : none;
}

const command_type* aggregate_type::find_command(std::string_view command) const noexcept {
  const auto at = std::ranges::find(commands, kept_name::parse(command).name, &command_type::name);
  return at == commands.end() ? nullptr : &*at;
}

bool command_type::reads(std::uint16_t version) const noexcept {
  return version == schema ||
         std::ranges::find(earlier, version, &kept_version::schema) != earlier.end();
}

namespace {

std::string hidden(std::string what) {
  return what + ": a class in it that is led by a size tag does not let its elements be seen; give "
                "it `load` and `save` in place of `serialize`, or `using value_type = …`";
}

/// First mistake in what an aggregate says of earlier releases, or nothing.
std::string mistake_in_history(const aggregate_type& type) {
  std::set<std::pair<std::string_view, std::uint16_t>> seen;
  for (const auto& e : type.earlier) {
    if (const auto ok = check_type_name(e.name); !ok) return std::string(ok.error().detail());
    const auto version = "'" + e.name + "' of schema " + std::to_string(e.schema);
    const auto present = std::ranges::find(type.events, e.name, &event_type::name);
    const auto is_present = present != type.events.end();
    if (e.is_retired()) {
      if (is_present) return "event '" + e.name + "' is retired, and an event of today";
      continue;
    }
    if (e.schema == 0) return "event '" + e.name + "': schema versions start at 1";
    if (is_present && e.schema >= present->schema)
      return "the earlier event " + version + " is not older than today's, which has schema " +
             std::to_string(present->schema) + ": raise that one";
    if (hides_elements(e.shape)) return hidden("event " + version);
    if (!seen.emplace(e.name, e.schema).second) return "two earlier events are " + version;
  }
  for (const auto& e : type.earlier)
    if (e.is_retired() && std::ranges::count(type.earlier, e.name, &earlier_event_type::name) > 1)
      return "event '" + e.name + "' is retired, and among the earlier ones otherwise, too";
  return {};
}

/// First mistake in the names of one aggregate, or nothing.
std::string mistake_in(const aggregate_type& type) {
  // A stream is written aggregate/id and an event aggregate.event, so neither may stand in the
  // aggregate's own name.
  if (const auto ok = check_type_name(type.name); !ok) return std::string(ok.error().detail());
  if (!type.built_in && type.name.find('.') != std::string::npos)
    return "aggregate '" + type.name + "': its name must not hold a '.'";
  std::set<std::string_view> seen;
  for (const auto& e : type.events) {
    if (const auto ok = check_type_name(e.name); !ok) return std::string(ok.error().detail());
    if (e.schema == 0) return "event '" + e.name + "': schema versions start at 1";
    if (hides_elements(e.shape)) return hidden("event '" + e.name + "'");
    if (!seen.insert(e.name).second)
      return "aggregate '" + type.name + "' has two events named '" + e.name + "'";
  }
  seen.clear();
  for (const auto& c : type.commands) {
    if (const auto ok = check_type_name(c.name); !ok) return std::string(ok.error().detail());
    if (c.schema == 0) return "command '" + c.name + "': schema versions start at 1";
    if (!seen.insert(c.name).second)
      return "aggregate '" + type.name + "' has two commands named '" + c.name + "'";
  }
  return mistake_in_history(type);
}

/// A name that is part of a folder's name and of an address.
std::string mistake_in_name(std::string_view what, const std::string& name) {
  if (const auto ok = check_type_name(name); !ok)
    return std::string(what) + ": " + std::string(ok.error().detail());
  return {};
}

std::string mistake_in(const view_type& type) {
  if (auto mistake = mistake_in_name("view", type.name); !mistake.empty()) return mistake;
  const auto say = [&](const std::string& what) { return "view '" + type.name + "': " + what; };
  if (type.schema == 0) return say("schema versions start at 1");
  if (type.options.attempts == 0) return say("an event is tried at least once");
  if (type.options.batch_events_max == 0) return say("a batch has at least one event");
  if (type.indexes.size() > indexes_max)
    return say("more than " + std::to_string(indexes_max) + " indexes");
  std::set<std::type_index> events;
  for (const auto& e : type.events)
    if (!events.insert(*e.type).second) return say("it lists the event '" + e.name + "' twice");
  std::set<std::string_view> seen;
  for (const auto& index : type.indexes) {
    if (auto mistake = mistake_in_name("index", index.name); !mistake.empty()) return say(mistake);
    if (!seen.insert(index.name).second) return say("two indexes are named '" + index.name + "'");
  }
  return {};
}

/// Two events may well have one name; as inputs they would be taken for each other.
std::string mistake_in(const process_type& type) {
  std::set<std::string_view> seen;
  for (const auto& input : type.inputs) {
    if (input.schema == 0) return "input '" + input.name + "': schema versions start at 1";
    if (hides_elements(type.stored_as->commands[&input - type.inputs.data()].shape))
      return hidden("process '" + type.name + "', input '" + input.name + "'");
    if (!seen.insert(input.name).second)
      return "process '" + type.name + "' has two inputs named '" + input.name + "'";
  }
  for (const auto& name : type.retired)
    if (seen.contains(name))
      return "input '" + name + "' of process '" + type.name + "' is retired, and one of today";
  return {};
}

std::string mistake_in(const query_type& type) { return mistake_in_name("query", type.name); }

std::string mistake_in(const subscriber_type& type) {
  if (auto mistake = mistake_in_name("subscriber", type.name); !mistake.empty()) return mistake;
  const auto say = [&](const std::string& what) {
    return "subscriber '" + type.name + "': " + what;
  };
  const auto& o = type.options;
  if (o.concurrency == 0 || o.concurrency > subscriber_concurrency_max)
    return say("it handles 1 to " + std::to_string(subscriber_concurrency_max) +
               " events at the same time");
  if (o.attempts == 0) return say("an event is tried at least once");
  if (o.backoff_min.count() <= 0 || o.backoff_min > o.backoff_max)
    return say("its pauses are longer than nothing, and the longest not below the shortest");
  std::set<std::type_index> events;
  for (const auto& e : type.events)
    if (!events.insert(*e.type).second) return say("it lists the event '" + e.name + "' twice");
  return {};
}

template <class T>
std::shared_ptr<const T> find_in(const std::vector<std::shared_ptr<const T>>& all,
                                 std::string_view name) noexcept {
  const auto at = std::ranges::find_if(all, [&](const auto& one) { return one->name == name; });
  return at == all.end() ? nullptr : *at;
}

/// Adds `type` unless something is wrong with it; what, is returned.
template <class T>
std::string add_to(std::vector<std::shared_ptr<const T>>& all, T type, std::string_view plural) {
  auto mistake = mistake_in(type);
  if (mistake.empty() && find_in(all, type.name))
    mistake = "two " + std::string(plural) + " are named '" + type.name + "'";
  if (mistake.empty()) all.push_back(std::make_shared<const T>(std::move(type)));
  return mistake;
}

std::string class_name(const std::type_info& type) {
  int failed = 0;
  const std::unique_ptr<char, void (*)(void*)> text(
      abi::__cxa_demangle(type.name(), nullptr, nullptr, &failed), std::free);
  return failed == 0 && text ? text.get() : type.name();
}

/// A class as somebody's code knows it.
struct known_class {
  std::string where;
  std::string_view shape;
  unsigned schema;
};

/// Events find those who want them by their class, and a class is known by its name: two of one
/// name, from two modules, are taken for each other. If what they hold is the same that is what is
/// wanted, a header that both modules include; otherwise one would be read as the other.
class class_names {
public:
  void add(const std::type_info& type, known_class known) {
    if (!mistake_.empty()) return;
    const auto [at, is_new] = known_.try_emplace(std::type_index(type), known);
    const auto& first = at->second;
    if (is_new || (first.shape == known.shape && first.schema == known.schema)) return;
    mistake_ = "two different classes are named " + class_name(type) + ": " + first.where +
               " holds " + std::string(first.shape) + ", " + known.where + " holds " +
               std::string(known.shape) +
               "; a class has the same contents in all modules, or another name or namespace";
  }
  [[nodiscard]] const std::string& mistake() const noexcept { return mistake_; }

private:
  std::map<std::type_index, known_class> known_;
  std::string mistake_;
};

} // namespace

result<void> check_view_type(const view_type& type) {
  if (auto mistake = mistake_in(type); !mistake.empty())
    return error(domain_errc::bad_model, std::move(mistake));
  return {};
}

result<void> check_subscriber_type(const subscriber_type& type) {
  if (auto mistake = mistake_in(type); !mistake.empty())
    return error(domain_errc::bad_model, std::move(mistake));
  return {};
}

void model::note(std::string mistake) {
  if (first_mistake_.empty()) first_mistake_ = std::move(mistake);
}

model& model::add(aggregate_type type) {
  const bool like_a_process = find_in(processes_, type.name) != nullptr;
  note(add_to(aggregates_, std::move(type),
              like_a_process ? "aggregates or processes" : "aggregates"));
  return *this;
}
model& model::add(process_type type) {
  if (auto mistake = mistake_in(type); !mistake.empty()) return note(std::move(mistake)), *this;
  const auto before = aggregates_.size();
  aggregate_type stored_as = *type.stored_as;
  stored_as.built_in = type.built_in;
  note(add_to(aggregates_, std::move(stored_as), "aggregates or processes"));
  if (aggregates_.size() > before) {
    type.stored_as = aggregates_.back();
    processes_.push_back(std::make_shared<const process_type>(std::move(type)));
  }
  return *this;
}
model& model::add(view_type type) {
  note(add_to(views_, std::move(type), "views"));
  return *this;
}
model& model::add(query_type type) {
  note(add_to(queries_, std::move(type), "queries"));
  return *this;
}

model& model::add(subscriber_type type) {
  note(add_to(subscribers_, std::move(type), "subscribers"));
  return *this;
}

model& model::settings(std::map<std::string, std::string> all) {
  settings_.clear();
  for (auto& [name, value] : all) settings_.emplace(name, std::move(value));
  return *this;
}
const std::string* model::ask_setting(std::string_view name) {
  known_settings_.emplace(name);
  const auto at = settings_.find(name);
  return at == settings_.end() ? nullptr : &at->second;
}
std::string model::setting(std::string_view name, std::string_view otherwise) {
  const auto* given = ask_setting(name);
  return given != nullptr ? *given : std::string(otherwise);
}
std::chrono::microseconds model::setting(std::string_view name,
                                         std::chrono::microseconds otherwise) {
  const auto* given = ask_setting(name);
  if (given == nullptr) return otherwise;
  auto read = parse_duration(*given);
  if (read) return *read;
  note("setting '" + std::string(name) + "': " + std::string(read.error().detail()));
  return otherwise;
}
std::int64_t model::setting(std::string_view name, std::int64_t otherwise) {
  const auto* given = ask_setting(name);
  if (given == nullptr) return otherwise;
  std::int64_t value = 0;
  const auto* end = given->data() + given->size();
  const auto read = std::from_chars(given->data(), end, value);
  if (read.ec == std::errc{} && read.ptr == end) return value;
  note("setting '" + std::string(name) + "': '" + *given + "' is no whole number");
  return otherwise;
}
std::vector<std::string> model::unknown_settings() const {
  std::vector<std::string> unknown;
  for (const auto& [name, value] : settings_)
    if (!known_settings_.contains(name)) unknown.push_back(name);
  return unknown;
}

result<void> model::check() const {
  if (!first_mistake_.empty()) return error(domain_errc::bad_model, first_mistake_);
  class_names classes;
  for (const auto& a : aggregates_)
    if (!find_in(processes_, a->name)) // the steps of all processes are of one class
      for (const auto& e : a->events)
        classes.add(*e.type, {"the event '" + e.name + "'", e.shape, e.schema});
  for (const auto& p : processes_)
    for (std::size_t i = 0; i < p->inputs.size(); ++i)
      classes.add(*p->inputs[i].type, {"the input '" + p->name + '.' + p->inputs[i].name + "'",
                                       p->stored_as->commands[i].shape, p->inputs[i].schema});
  if (!classes.mistake().empty()) return error(domain_errc::bad_model, classes.mistake());
  const auto of_nobody = [this](const auto& e) {
    return std::ranges::none_of(aggregates_, [&](const auto& a) {
      return std::ranges::any_of(a->events, [&](const auto& of) { return *of.type == *e.type; });
    });
  };
  const auto check_events = [&](const std::string& what, const auto& all) -> result<void> {
    for (const auto& one : all)
      for (const auto& e : one->events)
        if (of_nobody(e))
          return error(domain_errc::bad_model, what + " '" + one->name + "' takes the event '" +
                                                   e.name +
                                                   "', which no aggregate of the model has");
    return {};
  };
  if (auto ok = check_events("view", views_); !ok) return ok;
  return check_events("subscriber", subscribers_);
}

std::shared_ptr<const aggregate_type> model::find(std::string_view name) const noexcept {
  return find_in(aggregates_, name);
}
std::shared_ptr<const process_type> model::find_process(std::string_view name) const noexcept {
  return find_in(processes_, name);
}
std::shared_ptr<const view_type> model::find_view(std::string_view name) const noexcept {
  return find_in(views_, name);
}
std::shared_ptr<const query_type> model::find_query(std::string_view name) const noexcept {
  return find_in(queries_, name);
}
std::shared_ptr<const subscriber_type>
model::find_subscriber(std::string_view name) const noexcept {
  return find_in(subscribers_, name);
}

std::string model::contract(shape_form form) const {
  const auto shape = [&](const auto& type) -> const std::string& {
    return form == shape_form::first ? type.first_shape : type.shape;
  };
  std::set<std::string> lines;
  for (const auto& a : aggregates_)
    for (const auto& e : a->events)
      lines.insert("event " + e.name + ' ' + std::to_string(e.schema) + ' ' + shape(e));
  for (const auto& a : aggregates_)
    for (const auto& e : a->earlier)
      if (!e.is_retired())
        lines.insert("event " + e.name + ' ' + std::to_string(e.schema) + ' ' + shape(e));
  // A step holds its input, and a timer's, as JSON: its own shape says nothing of them.
  for (const auto& p : processes_)
    for (const auto& input : p->stored_as->commands) {
      const auto name = "input " + p->name + '.' + input.name + ' ';
      lines.insert(name + std::to_string(input.schema) + ' ' + shape(input));
      for (const auto& e : input.earlier)
        lines.insert(name + std::to_string(e.schema) + ' ' + shape(e));
    }
  std::string text;
  for (const auto& line : lines) text.append(line).append("\n");
  return text;
}

const void* receipt_events::find(const std::type_info& type, std::size_t nth) const {
  const auto all = list();
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].type == nullptr || *all[i].type->type != type || nth-- != 0) continue;
    const std::lock_guard lock(decoding_);
    decoded_.resize(all.size());
    if (!decoded_[i])
      if (auto event = all[i].type->decode(all[i].payload)) decoded_[i] = std::move(event).value();
    return decoded_[i].get();
  }
  return nullptr;
}

const char* abi_stamp() noexcept { return detail::module_stamp; }

} // namespace acta
