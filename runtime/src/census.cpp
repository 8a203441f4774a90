// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "census.hpp"

#include <acta/domain/codec/binary.hpp>
#include <acta/domain/process.hpp>
#include <acta/persistence/commit.hpp>
#include <acta/persistence/errc.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

namespace acta::detail {

namespace {

using stored_event_visitor =
    std::function<void(const persistence::journal_reader&, const persistence::event_view&)>;

/// Returns whether all of it could be read: of a damaged commit nobody knows what it holds.
result<bool> visit(persistence::journal_reader& journal, const stored_event_visitor& f) {
  std::uint64_t from = 1;
  bool is_whole = true;
  const auto take = [&](const persistence::commit_view& commit) {
    commit.for_each_event([&](const persistence::event_view& e) { f(journal, e); });
    from = commit.last_position() + 1;
    return true;
  };
  auto read = journal.read_log(from, take);
  while (!read && read.error().code() == persistence::errc::corrupt_commit &&
         from <= journal.last_position()) {
    auto next = journal.next_commit(from);
    if (!next) return std::move(next).error();
    from = *next;
    is_whole = false;
    read = journal.read_log(from, take);
  }
  if (!read && read.error().code() != persistence::errc::corrupt_commit)
    return std::move(read).error();
  return is_whole && read;
}
result<bool> visit(const journals& all, const stored_event_visitor& f) {
  bool is_whole = true;
  for (auto* journal : all) {
    auto visited = visit(*journal, f);
    if (!visited) return visited;
    is_whole = is_whole && *visited;
  }
  return is_whole;
}

class input_count {
public:
  explicit input_count(const input_version& what) : what_(what) {}

  /// @param is_taken  what the step asks for is in the outbox, or done
  void take(const process_step& step, position at, bool is_taken) {
    if (is_it(step.input)) note(found_.steps, at);
    if (is_taken) return;
    for (const auto& t : step.timers)
      if (is_it(t.input)) note(found_.timers, at);
  }
  /// A command of whatever process.
  void take(const command_to_send& c, position at) {
    if (c.aggregate == what_.process && is_it(c.command)) note(found_.deliveries, at);
  }
  void take(const delivery& d, position from) {
    if (d.aggregate == what_.process && is_it(d.command)) note(found_.deliveries, from);
  }
  void take(const pending_timer& t) {
    if (split_stream(t.stream).first == what_.process && is_it(t.input))
      note(found_.timers, t.key.from);
  }
  void note_damage() { found_.has_damage = true; }
  [[nodiscard]] const stored_inputs& found() const noexcept { return found_; }

private:
  [[nodiscard]] bool is_it(std::string_view text) const {
    const auto kept = kept_name::parse(text);
    if (kept.name != what_.input) return false;
    return kept.schema == what_.schema || (what_.also_bare && kept.name.size() == text.size());
  }
  void note(std::uint64_t& count, position at) {
    if (found_.none()) found_.first = at;
    ++count;
  }

  const input_version& what_;
  stored_inputs found_;
};

/// Where the outbox is, for each process that has steps.
struct taken_positions {
  outbox* in; ///< null: there is none
  std::map<std::pair<std::string, std::uint32_t>, std::uint64_t> known;

  result<std::uint64_t> of(const std::string& process, std::uint32_t partition) {
    if (in == nullptr) return std::uint64_t{0};
    const auto [at, is_new] = known.try_emplace({process, partition}, 0);
    if (!is_new) return at->second;
    auto own = in->checkpoint(process, partition);
    if (!own) return std::move(own).error();
    auto common = in->common_checkpoint(partition);
    if (!common) return std::move(common).error();
    return at->second = own->value_or(*common).position;
  }
};

} // namespace

result<stored_events> count_events(const journals& all, std::string_view name,
                                   std::uint16_t schema) {
  stored_events found;
  std::map<std::pair<std::uint32_t, std::uint32_t>, bool> is_it; // by partition and name id
  auto visited =
      visit(all, [&](const persistence::journal_reader& in, const persistence::event_view& e) {
        if (e.schema != schema) return;
        const auto [at, is_new] = is_it.try_emplace({in.number(), e.name}, false);
        if (is_new) at->second = in.name_of(e.name) == name;
        if (at->second && found.count++ == 0) found.first = {in.number(), e.position};
      });
  if (!visited) return std::move(visited).error();
  found.has_damage = !*visited;
  return found;
}

result<stored_inputs> count_inputs(const journals& all, outbox* todo, const input_version& what) {
  input_count count(what);
  taken_positions taken{todo, {}};
  constexpr std::string_view step_suffix = ".stepped";
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::string> processes; // empty: no step
  std::optional<error> failed;
  auto visited =
      visit(all, [&](const persistence::journal_reader& in, const persistence::event_view& e) {
        const auto [name, is_new] = processes.try_emplace({in.number(), e.name});
        if (is_new)
          if (const auto text = in.name_of(e.name); text.ends_with(step_suffix))
            name->second = text.substr(0, text.size() - step_suffix.size());
        if (name->second.empty() || failed) return;
        auto up_to = taken.of(name->second, in.number());
        if (!up_to) {
          failed = std::move(up_to).error();
          return;
        }
        const bool is_taken = e.position <= *up_to, is_its_own = name->second == what.process;
        if (is_taken && !is_its_own) return;
        process_step step;
        if (!decode_binary(e.payload, step)) return; // not of a process, or of a later release
        const position at{in.number(), e.position};
        if (is_its_own) count.take(step, at, is_taken);
        if (!is_taken)
          for (const auto& c : step.commands) count.take(c, at);
      });
  if (failed) return std::move(*failed);
  if (!visited) return std::move(visited).error();
  if (!*visited) count.note_damage();
  if (todo == nullptr) return count.found();
  auto seen = todo->visit({}, [&](const outbox::stored& row) {
    if (auto d = row.decode()) count.take(*d, row.key.from);
    return true;
  });
  if (!seen) return std::move(seen).error();
  std::string after;
  auto timers = todo->visit_due(after, time_point::max(), [&](auto, result<pending_timer> t) {
    if (t) count.take(*t);
    return true;
  });
  if (!timers) return std::move(timers).error();
  return count.found();
}

} // namespace acta::detail
