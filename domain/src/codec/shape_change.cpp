// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// Two shapes are walked at the same time. Outside of enums they must be equal to the letter, so no
// grammar is needed but that of names and brackets, which tell the place of a difference.
#include "shape_text.hpp"

#include <acta/domain/codec/json_document.hpp>
#include <acta/domain/codec/shape.hpp>

#include <algorithm>

namespace acta {

namespace {

using namespace shape_text;

std::string in_words(const enumerator& e) {
  return std::string(e.name) + '=' + std::string(e.value);
}

class comparison {
public:
  comparison(std::string_view stored, std::string_view now, kept_as as)
      : stored_(stored), now_(now), as_(as) {}

  std::optional<shape_change> run() {
    type();
    if (!found_ && (!stored_.empty() || !now_.empty())) differ(stored_, now_);
    return std::move(found_);
  }

private:
  /// Walks to the end of the type at which both stand.
  void type() {
    const auto stored = stored_, now = now_;
    const auto outside = where_.size();
    for (int depth = 0; !found_;) {
      const bool stored_ends = stored_.empty() || is_one_of_these(ending, stored_);
      const bool now_ends = now_.empty() || is_one_of_these(ending, now_);
      if (depth == 0 && stored_ends && now_ends) break;
      if (stored_.starts_with('{') && now_.starts_with('{')) {
        members();
      } else if (stored_.starts_with("enum<") && now_.starts_with("enum<")) {
        names();
      } else {
        const bool opens = is_one_of_these(opening, stored_),
                   closes = is_one_of_these(closing, stored_);
        if ((depth == 0 && stored_ends != now_ends) || stored_.empty() ||
            take(stored_) != take(now_)) {
          where_.resize(outside);
          return differ(stored, now);
        }
        if (opens && depth++ == 0) where_ += "/*";
        if (closes && --depth == 0) where_.resize(outside);
      }
    }
    if (!found_) where_.resize(outside);
  }

  void members() {
    stored_.remove_prefix(1);
    now_.remove_prefix(1);
    while (!found_) {
      if (stored_.starts_with(',') && now_.starts_with(',')) {
        stored_.remove_prefix(1);
        now_.remove_prefix(1);
      }
      const bool stored_ends = ends(stored_), now_ends = ends(now_);
      if (stored_ends && now_ends) break;
      if (stored_ends || now_ends) return one_more(stored_ends);
      if (stored_.starts_with('#') && now_.starts_with('#')) {
        stored_.remove_prefix(1);
        now_.remove_prefix(1);
        if (!ends(stored_) || !ends(now_)) type();
        continue;
      }
      member();
    }
    if (found_) return;
    take(stored_);
    take(now_);
  }

  void member() {
    const auto was = take_name(stored_, ':'), is = take_name(now_, ':');
    if (was != is)
      return say("the store has the field " + std::string(was) + ", the program " +
                 std::string(is));
    take(stored_);
    take(now_);
    const auto outside = where_.size();
    codec_detail::append_pointer(where_, is);
    type();
    if (!found_) where_.resize(outside);
  }

  void names() {
    const auto was_text = stored_, is_text = now_;
    const auto was = take_enum(stored_), is = take_enum(now_);
    if (was.kind != is.kind) return differ(was_text, is_text);
    if (was.names.empty() && !is.names.empty() && as_ == kept_as::json)
      return say("the store has this enum's values as numbers, the program reads its names");
    for (const auto& one : was.names)
      if (std::ranges::find(is.names, one) == is.names.end()) return lost(one, is.names);
  }

  void lost(const enumerator& one, const std::vector<enumerator>& now) {
    auto text = "the store has the enumerator " + in_words(one) + ", the program ";
    if (const auto same = std::ranges::find(now, one.name, &enumerator::name); same != now.end())
      return say(text + "has " + in_words(*same));
    if (const auto same = std::ranges::find(now, one.value, &enumerator::value); same != now.end())
      return say(text + "calls this value " + std::string(same->name) +
                 "; enum_names may hold the old name behind the new one");
    say(text + "does not have it");
  }

  void one_more(bool of_program) {
    auto& rest = of_program ? now_ : stored_;
    if (rest.starts_with(',')) rest.remove_prefix(1);
    const std::string name(take_name(rest, ':'));
    say(of_program ? "the program has the field " + name + ", the store does not"
                   : "the store has the field " + name + ", the program does not");
  }

  void differ(std::string_view stored, std::string_view now) {
    say("the store has " + std::string(whole_type(stored)) + ", the program " +
        std::string(whole_type(now)));
  }
  void say(std::string what) { found_ = shape_change{where_, std::move(what)}; }

  static bool ends(std::string_view text) { return text.empty() || text.starts_with('}'); }

  std::string_view stored_, now_;
  kept_as as_;
  std::string where_;
  std::optional<shape_change> found_;
};

} // namespace

std::optional<shape_change> change_of(std::string_view stored, std::string_view now, kept_as as) {
  if (stored == now) return std::nullopt;
  return comparison(stored, now, as).run();
}

} // namespace acta
