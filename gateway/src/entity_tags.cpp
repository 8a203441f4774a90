// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "entity_tags.hpp"

#include "parameters.hpp"

#include <algorithm>
#include <limits>

namespace acta::http {

namespace {

constexpr std::string_view spaces = " \t";
/// No stream is ever at it.
constexpr auto no_version = std::numeric_limits<std::uint64_t>::max();

/// Takes one tag off the front of `text`; nothing if there is none.
std::optional<entity_tag> take_tag(std::string_view& text) {
  entity_tag tag;
  tag.weak = text.starts_with("W/");
  if (tag.weak) text.remove_prefix(2);
  if (!text.starts_with('"')) return std::nullopt;
  const auto end = text.find('"', 1);
  if (end == std::string_view::npos) return std::nullopt;
  tag.text = text.substr(1, end - 1);
  // etagc: no blanks and no control characters. A comma is one of its characters.
  if (std::ranges::any_of(tag.text, [](unsigned char c) { return c <= 0x20 || c == 0x7F; }))
    return std::nullopt;
  text.remove_prefix(end + 1);
  return tag;
}

void skip(std::string_view& text, std::string_view characters) {
  text.remove_prefix(std::min(text.find_first_not_of(characters), text.size()));
}

problem bad_tags(std::string_view header, std::string_view example) {
  return bad_header(std::string(header) + " must be * or a list of tags in quotes, such as " +
                    std::string(example));
}

} // namespace

std::optional<tag_list> tag_list::parse(std::string_view text) {
  tag_list list;
  text = trimmed(text);
  if (text == "*") {
    list.any = true;
    return list;
  }
  // Empty elements of a list are passed over (RFC 9110, 5.6.1.2).
  for (skip(text, ", \t"); !text.empty(); skip(text, ", \t")) {
    auto tag = take_tag(text);
    if (!tag) return std::nullopt;
    list.tags.push_back(*tag);
    skip(text, spaces);
    if (!text.empty() && text.front() != ',') return std::nullopt;
  }
  if (list.tags.empty()) return std::nullopt;
  return list;
}

bool tag_list::names_strongly(std::string_view tag) const {
  return any ||
         std::ranges::any_of(tags, [&](const entity_tag& t) { return !t.weak && t.text == tag; });
}

bool tag_list::names(std::string_view tag) const {
  return any || std::ranges::any_of(tags, [&](const entity_tag& t) { return t.text == tag; });
}

void apply_preconditions(const request& r, response& to) {
  if (to.status != 200 || (r.how != method::get && r.how != method::head)) return;
  // An answer without a tag is still one that there is: `*` names it, and no tag does.
  const auto has_tag = !to.etag.empty();
  if (r.if_match.present()) {
    const auto wanted = tag_list::parse(r.if_match.text);
    if (!wanted) return to.set(bad_tags("If-Match", "\"3\""));
    if (!wanted->any && !(has_tag && wanted->names_strongly(to.etag)))
      return to.set({.status = 412,
                     .code = "precondition_failed",
                     .detail = "what is there has " +
                               (has_tag ? "the tag \"" + to.etag + '"' : std::string("no tag"))});
  }
  if (!r.if_none_match.present()) return;
  const auto known = tag_list::parse(r.if_none_match.text);
  if (!known) return to.set(bad_tags("If-None-Match", "\"3\""));
  if (!known->any && !(has_tag && known->names(to.etag))) return;
  to.status = 304;
  to.body.clear();
}

std::optional<problem> take_version_condition(const request& r, version_condition& into) {
  if (r.if_match.present() && r.if_none_match.present())
    return bad_header("give If-Match or If-None-Match, not both");
  if (r.if_none_match.present()) {
    if (trimmed(r.if_none_match.text) != "*")
      return bad_header("If-None-Match of a command must be *, which means that its stream is new");
    into.versions.push_back(0);
  }
  if (r.if_match.present()) {
    const auto list = tag_list::parse(r.if_match.text);
    if (!list)
      return bad_tags("If-Match", "\"3\", the stream's version; \"0\" means no events yet");
    into.exists = list->any;
    for (const auto& tag : list->tags) {
      const auto version = parse_number(tag.text);
      const auto is_version = version && !tag.weak && std::to_string(*version) == tag.text;
      into.versions.push_back(is_version ? *version : no_version);
    }
  }
  if (r.if_unmodified_since.present())
    return bad_header("If-Unmodified-Since cannot be honoured: streams have versions, ask for one "
                      "with If-Match");
  return std::nullopt;
}

std::optional<problem> refuse_preconditions(const request& r, std::string_view why) {
  for (const auto& [header, name] :
       {std::pair{&r.if_match, "If-Match"}, std::pair{&r.if_none_match, "If-None-Match"},
        std::pair{&r.if_unmodified_since, "If-Unmodified-Since"}})
    if (header->present())
      return bad_header(std::string(name) + " cannot be honoured here: " + std::string(why));
  return std::nullopt;
}

} // namespace acta::http
