// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/domain/type_name.hpp>

#include <catch2/catch.hpp>

#include <string>

namespace type_name_test {

namespace outer {

struct plain {};
class with_class_key {};
enum class color { red };
struct renamed {
  static constexpr std::string_view name = "old_name";
};
struct named_by_literal {
  static constexpr const char* name = "literal";
};
struct has_a_name {
  std::string name;
  unsigned schema = 0;
};
struct has_a_method {
  std::string name() const { return {}; }
};
struct third {
  static constexpr unsigned schema = 3;
};
template <class T> struct box {
  struct inner {};
  template <class U> struct crate {};
};
inline namespace v2 {
struct versioned {};
} // namespace v2
namespace {
struct unseen {};
} // namespace

} // namespace outer

using acta::type_name;

TEST_CASE("a durable name is the identifier, without namespaces and template arguments") {
  STATIC_REQUIRE(type_name<outer::plain>() == "plain");
  STATIC_REQUIRE(type_name<outer::with_class_key>() == "with_class_key");
  STATIC_REQUIRE(type_name<outer::color>() == "color");
  STATIC_REQUIRE(type_name<outer::versioned>() == "versioned");
  STATIC_REQUIRE(type_name<outer::unseen>() == "unseen");
  STATIC_REQUIRE(type_name<outer::box<std::string>>() == "box");
}

TEST_CASE("a type inside a template is named after itself, not after the template") {
  STATIC_REQUIRE(type_name<outer::box<int>::inner>() == "inner");
  STATIC_REQUIRE(type_name<outer::box<outer::box<std::string>>::inner>() == "inner");
  STATIC_REQUIRE(type_name<outer::box<int>::crate<outer::plain>>() == "crate");
}

TEST_CASE("a type inside a function or a lambda is named after itself") {
  struct local {};
  STATIC_REQUIRE(type_name<local>() == "local");
  [] {
    struct deeper {};
    STATIC_REQUIRE(type_name<deeper>() == "deeper");
  }();
  [](auto) {
    struct in_a_template {};
    STATIC_REQUIRE(type_name<in_a_template>() == "in_a_template");
  }(1);
}

TEST_CASE("a type keeps an old name after it was renamed in C++") {
  STATIC_REQUIRE(type_name<outer::renamed>() == "old_name");
  STATIC_REQUIRE(type_name<outer::named_by_literal>() == "literal");
}

TEST_CASE("data called name or schema does not name or number the type") {
  STATIC_REQUIRE(type_name<outer::has_a_name>() == "has_a_name");
  STATIC_REQUIRE(type_name<outer::has_a_method>() == "has_a_method");
  STATIC_REQUIRE(acta::detail::schema_version<outer::has_a_name>() == 1);
}

TEST_CASE("a schema version is 1 unless the type says otherwise") {
  STATIC_REQUIRE(acta::detail::schema_version<outer::plain>() == 1);
  STATIC_REQUIRE(acta::detail::schema_version<outer::third>() == 3);
}

} // namespace type_name_test
