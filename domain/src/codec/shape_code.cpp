// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// From a shape back to a struct that has it.
#include "shape_text.hpp"

#include <acta/domain/codec/shape.hpp>

#include <charconv>
#include <cstddef>
#include <map>
#include <utility>

namespace acta {

namespace {

using namespace shape_text;

/// Not all that has a shape can be written down by it.
struct cannot_be_told {};

/// Those that a field's name in an archive may be, although no member is called so.
bool is_keyword(std::string_view text) {
  constexpr std::string_view all[]{
      "alignas",  "alignof",  "and",       "asm",       "auto",      "bitand",    "bitor",
      "bool",     "break",    "case",      "catch",     "char",      "class",     "compl",
      "concept",  "const",    "consteval", "constexpr", "constinit", "continue",  "decltype",
      "default",  "delete",   "do",        "double",    "else",      "enum",      "explicit",
      "export",   "extern",   "false",     "float",     "for",       "friend",    "goto",
      "if",       "inline",   "int",       "long",      "mutable",   "namespace", "new",
      "noexcept", "not",      "nullptr",   "operator",  "or",        "private",   "protected",
      "public",   "register", "requires",  "return",    "short",     "signed",    "sizeof",
      "static",   "struct",   "switch",    "template",  "this",      "throw",     "true",
      "try",      "typedef",  "typeid",    "typename",  "union",     "unsigned",  "using",
      "virtual",  "void",     "volatile",  "while",     "xor"};
  return std::ranges::find(all, text) != std::end(all);
}

bool is_identifier(std::string_view text) {
  return !text.empty() && !is_keyword(text) && (text.front() < '0' || text.front() > '9') &&
         std::ranges::all_of(text, [](char c) {
           return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                  (c >= 'A' && c <= 'Z');
         });
}

const std::map<std::string_view, std::string_view>& scalars() {
  static const std::map<std::string_view, std::string_view> all{
      {"bool", "bool"},          {"i8", "std::int8_t"},
      {"i16", "std::int16_t"},   {"i32", "std::int32_t"},
      {"i64", "std::int64_t"},   {"u8", "std::uint8_t"},
      {"u16", "std::uint16_t"},  {"u32", "std::uint32_t"},
      {"u64", "std::uint64_t"},  {"f32", "float"},
      {"f64", "double"},         {"string", "std::string"},
      {"uuid", "acta::uuid"},    {"position", "acta::position"},
      {"null", "std::monostate"}};
  return all;
}

std::string_view scalar(std::string_view kind) {
  const auto known = scalars().find(kind);
  if (known == scalars().end()) throw cannot_be_told{};
  return known->second;
}

class writer {
public:
  std::string run(std::string_view shape, std::string_view name) {
    if (!shape.starts_with('{')) throw cannot_be_told{};
    return class_of(shape, name);
  }

private:
  /// `struct name { … };`
  std::string class_of(std::string_view shape, std::string_view name) {
    auto fields = shape.substr(1, shape.size() - 2);
    if (fields.starts_with('#')) throw cannot_be_told{};
    classes_.push_back({std::string(name), {}});
    // Initializers of an inner class are not known before the end of the outer one, whose variants
    // ask for them.
    const std::string_view initializer = classes_.size() == 1 ? "{}; " : "; ";
    std::string inner, members, shown;
    while (!fields.empty()) {
      if (fields.starts_with(',')) fields.remove_prefix(1);
      const auto field = take_name(fields, ':');
      if (!is_identifier(field) || fields.empty()) throw cannot_be_told{};
      fields.remove_prefix(1);
      const auto type = whole_type(fields);
      fields.remove_prefix(type.size());
      declare(std::string(field), {});
      members += type_of(type, std::string(field) + "_type", inner);
      members.append(" ").append(field).append(initializer);
      shown.append(shown.empty() ? "" : ", ").append("CEREAL_NVP(").append(field).append(")");
    }
    classes_.pop_back();
    return "struct " + std::string(name) + " { " + inner + members +
           (shown.empty() ? "template <class A> void serialize(A&) {}"
                          : "template <class A> void serialize(A& ar) { ar(" + shown + "); }") +
           " };";
  }

  /// The type in C++; what it needs to be declared before is added to `inner`.
  /// @param name  of a class or an enum without one
  std::string type_of(std::string_view shape, const std::string& name, std::string& inner) {
    // No type is so deep that the codecs refuse it; a contract that somebody has edited may be.
    if (++depth_ > codec_depth_max) throw cannot_be_told{};
    auto told = type_at(shape, name, inner);
    --depth_;
    return told;
  }
  std::string type_at(std::string_view shape, const std::string& name, std::string& inner) {
    if (const auto known = scalars().find(shape); known != scalars().end())
      return std::string(known->second);
    auto inside = shape.substr(std::min(shape.find_first_of("{[(<") + 1, shape.size()));
    if (!inside.empty()) inside.remove_suffix(1);
    const auto one = [&](std::string_view container) {
      return std::string(container) + '<' + type_of(inside, name, inner) + '>';
    };
    if (shape.starts_with('{')) {
      if (auto code = class_of(shape, name); declare(name, code)) inner += code + ' ';
      return name;
    }
    if (shape.starts_with('?')) {
      const auto of = shape.substr(1);
      const auto pointer = of.starts_with('^') ? "std::unique_ptr<" : "std::optional<";
      return pointer + type_of(of, name, inner) + '>';
    }
    if (shape.starts_with('^')) {
      std::size_t up = 0;
      std::from_chars(shape.data() + 1, shape.data() + shape.size(), up);
      if (up == 0 || up > classes_.size()) throw cannot_be_told{};
      return classes_[classes_.size() - up].name;
    }
    if (shape.starts_with("enum<")) return enum_of(shape, name, inner);
    if (shape.starts_with("duration<")) return "std::chrono::duration<" + ratio_of(inside) + '>';
    if (shape == "time<i64,1/1000000>") return "acta::time_point";
    if (shape.starts_with("time<"))
      return "std::chrono::sys_time<std::chrono::duration<" + ratio_of(inside) + ">>";
    if (shape.starts_with("set[")) return one("std::set");
    if (shape.starts_with("multiset[")) return one("std::multiset");
    if (shape.starts_with("map[") || shape.starts_with("multimap["))
      return (shape.starts_with("map[") ? "std::map<" : "std::multimap<") +
             types_of(inside, ':', name, inner) + '>';
    if (shape.starts_with('[')) {
      const auto element = whole_type(inside);
      const auto count = inside.substr(element.size());
      if (count.empty()) return one("std::vector");
      return "std::array<" + type_of(element, name, inner) + ", " + std::string(count.substr(1)) +
             '>';
    }
    if (shape.starts_with('(') && parts_of(inside, '|').size() == 1 && !inside.ends_with('|'))
      return "std::tuple<" + types_of(inside, ',', name, inner) + '>';
    if (shape.starts_with('(')) return variant_of(inside, name, inner);
    throw cannot_be_told{};
  }

  std::string types_of(std::string_view inside, char between, const std::string& name,
                       std::string& inner) {
    std::string all;
    int number = 0;
    for (const auto part : parts_of(inside, between))
      all.append(all.empty() ? "" : ", ")
          .append(type_of(part, name + std::to_string(++number), inner));
    return all;
  }

  std::string variant_of(std::string_view inside, const std::string& name, std::string& inner) {
    std::string all;
    for (const auto part : parts_of(inside, '|')) {
      const auto [of_class, shape] = alternative_of(part);
      // A class that is called so somewhere else needs its namespace: only its author knows.
      if (!of_class.empty() && (!is_identifier(of_class) || part[of_class.size()] != ':'))
        throw cannot_be_told{};
      all.append(all.empty() ? "" : ", ")
          .append(type_of(shape, of_class.empty() ? name : std::string(of_class), inner));
    }
    return "std::variant<" + all + '>';
  }

  std::string enum_of(std::string_view shape, const std::string& name, std::string& inner) {
    const auto e = take_enum(shape);
    std::string values, names;
    for (const auto& [text, value] : e.names) {
      if (!is_identifier(text)) throw cannot_be_told{};
      values.append(values.empty() ? "" : ", ").append(text).append(" = ").append(value);
      names.append(names.empty() ? "" : ", ")
          .append("{" + name + "::" + std::string(text) + ", \"" + std::string(text) + "\"}");
    }
    auto code = "enum class " + name + " : " + std::string(scalar(e.kind)) + " {" +
                (values.empty() ? "" : ' ' + values + ' ') + "}; ";
    if (!e.names.empty())
      code += "friend constexpr std::array<std::pair<" + name + ", std::string_view>, " +
              std::to_string(e.names.size()) + "> enum_names(" + name + ") { return {{" + names +
              "}}; } ";
    if (declare(name, code)) inner += code;
    return name;
  }

  /// `i64,1/1000` -> `std::int64_t, std::ratio<1, 1000>`
  static std::string ratio_of(std::string_view inside) {
    const auto comma = inside.find(','), slash = inside.find('/');
    const auto rep = scalars().find(inside.substr(0, comma));
    if (rep == scalars().end() || slash == std::string_view::npos) throw cannot_be_told{};
    return std::string(rep->second) + ", std::ratio<" +
           std::string(inside.substr(comma + 1, slash - comma - 1)) + ", " +
           std::string(inside.substr(slash + 1)) + '>';
  }

  /// A name in the innermost class. False: it stands for the same already. One name cannot stand
  /// for two things.
  bool declare(const std::string& name, const std::string& code) {
    auto& around = classes_.back();
    if (name == around.name) throw cannot_be_told{};
    const auto [at, is_new] = around.names.try_emplace(name, code);
    if (!is_new && (code.empty() || at->second != code)) throw cannot_be_told{};
    return is_new;
  }

  struct enclosing {
    std::string name;
    std::map<std::string, std::string> names; ///< of members and what is declared in it, by code
  };
  std::size_t depth_ = 0;
  std::vector<enclosing> classes_; ///< around, the innermost last
};

} // namespace

std::optional<std::string> struct_of(std::string_view shape, std::string_view name) {
  try {
    return writer().run(shape, name);
  } catch (const cannot_be_told&) { return std::nullopt; }
}

} // namespace acta
