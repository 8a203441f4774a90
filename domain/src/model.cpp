// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/domain/model.hpp>
#include <acta/domain/module.hpp>
#include <acta/domain/receipt.hpp>

#include <algorithm>
#include <set>

namespace acta {

const attributes& context::attributes() const noexcept {
  static const acta::attributes none;
  return attributes_ != nullptr ? *attributes_ : none;
}

const command_type* aggregate_type::find_command(std::string_view command) const noexcept {
  const auto at = std::ranges::find(commands, command, &command_type::name);
  return at == commands.end() ? nullptr : &*at;
}

namespace {

/// First mistake in the names of one aggregate, or nothing.
std::string mistake_in(const aggregate_type& type) {
  // A stream is written aggregate/id and an event aggregate.event, so neither may stand in the
  // aggregate's own name.
  if (const auto ok = check_type_name(type.name); !ok) return std::string(ok.error().detail());
  if (type.name.find('.') != std::string::npos)
    return "aggregate '" + type.name + "': its name must not hold a '.'";
  std::set<std::string_view> seen;
  for (const auto& e : type.events) {
    if (const auto ok = check_type_name(e.name); !ok) return std::string(ok.error().detail());
    if (e.schema == 0) return "event '" + e.name + "': schema versions start at 1";
    if (!seen.insert(e.name).second)
      return "aggregate '" + type.name + "' has two events named '" + e.name + "'";
  }
  seen.clear();
  for (const auto& c : type.commands) {
    if (const auto ok = check_type_name(c.name); !ok) return std::string(ok.error().detail());
    if (!seen.insert(c.name).second)
      return "aggregate '" + type.name + "' has two commands named '" + c.name + "'";
  }
  return {};
}

} // namespace

model& model::add(aggregate_type type) {
  auto mistake = mistake_in(type);
  if (mistake.empty() && find(type.name)) mistake = "two aggregates are named '" + type.name + "'";
  if (mistake.empty())
    aggregates_.push_back(std::make_shared<const aggregate_type>(std::move(type)));
  else if (first_mistake_.empty())
    first_mistake_ = std::move(mistake);
  return *this;
}

result<void> model::check() const {
  if (!first_mistake_.empty()) return error(domain_errc::bad_model, first_mistake_);
  return {};
}

std::shared_ptr<const aggregate_type> model::find(std::string_view name) const noexcept {
  const auto at = std::ranges::find_if(aggregates_, [&](const auto& a) { return a->name == name; });
  return at == aggregates_.end() ? nullptr : *at;
}

std::string model::contract() const {
  std::set<std::string> lines;
  for (const auto& a : aggregates_)
    for (const auto& e : a->events)
      lines.insert("event " + e.name + ' ' + std::to_string(e.schema) + ' ' + e.shape);
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
