// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// A typed question over views: a struct whose fields are the request.
///
///   struct items_in_cart {
///     static constexpr std::string_view name = "items_in_cart";
///     using reply = cart_page;
///     std::string cart;
///
///     acta::result<reply> answer(const acta::picture& p) const;
///     template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cart)); }
///   };
#pragma once

#include <acta/domain/codec/binary.hpp>
#include <acta/domain/codec/json.hpp>
#include <acta/domain/codec/shape.hpp>
#include <acta/domain/errc.hpp>
#include <acta/domain/picture.hpp>
#include <acta/domain/type_name.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <typeinfo>

namespace acta {

/// How the runtime answers a query.
struct query_options {
  /// Keep answers until a view they were read from changes. Only for an `answer` that depends on
  /// nothing but the request and the picture. Cost: memory, within runtime_options' bound.
  bool cached = false;
  /// With `cached`: forget an answer after this time even if no view has changed; 0 does not.
  std::chrono::milliseconds keep{0};
};

/// A request of any type, owned.
using erased_request = std::unique_ptr<void, void (*)(void*)>;

struct query_type {
  std::string name;
  query_options options;
  std::string request_shape;
  std::string reply_shape;
  const std::type_info* type = nullptr;

  /// Errors: `json_invalid` with a JSON pointer.
  result<erased_request> (*from_json)(std::string_view text) = nullptr;
  result<void> (*encode_request)(const void* request, byte_buffer& out) = nullptr;
  /// Errors: what the query answers; `query_threw`. Never throws.
  result<std::shared_ptr<const void>> (*answer)(const void* request, const picture& p) = nullptr;
  result<void> (*encode_reply)(const void* reply, byte_buffer& out) = nullptr;
  result<void> (*append_reply_json)(const void* reply, std::string& out) = nullptr;
};

namespace detail {

template <class Q>
concept answers = requires(const Q& q, const picture& p) {
  typename Q::reply;
  { q.answer(p) } -> std::convertible_to<result<typename Q::reply>>;
};

template <class Query>
concept well_formed_query =
    has_own_name<Query> && answers<Query> && std::default_initializable<Query>;
template <class Query> struct query_must_be_well_formed {
  static_assert(has_own_name<Query>,
                "acta: a query needs `static constexpr std::string_view name`: it is part of its "
                "address.");
  static_assert(answers<Query>,
                "acta: a query needs `using reply = …` and `acta::result<reply> answer(const "
                "acta::picture&) const`.");
  static_assert(std::default_initializable<Query>,
                "acta: a query must be default-constructible: JSON is read into a fresh one.");
  static constexpr bool ok = true;
};

template <class Q>
result<std::shared_ptr<const void>> answer_query(const void* request, const picture& p) {
  try {
    result<typename Q::reply> made = static_cast<const Q*>(request)->answer(p);
    if (!made) return std::move(made).error();
    return std::shared_ptr<const void>(std::make_shared<const typename Q::reply>(std::move(*made)));
  } catch (...) {
    return error(domain_errc::query_threw, std::string(Q::name) + ": " + describe_exception());
  }
}

} // namespace detail

template <class Q> query_type make_query_type(const query_options& options = {}) {
  query_type t;
  t.options = options;
  if constexpr (detail::well_formed_query<Q>) {
    using reply = typename Q::reply;
    t.name = Q::name;
    t.request_shape = shape_of<Q>();
    t.reply_shape = shape_of<reply>();
    t.type = &typeid(Q);
    t.from_json = [](std::string_view text) -> result<erased_request> {
      auto request = std::make_unique<Q>();
      if (auto read = from_json(text, *request); !read) return std::move(read).error();
      return erased_request(request.release(), [](void* p) { delete static_cast<Q*>(p); });
    };
    t.encode_request = [](const void* request, byte_buffer& out) {
      return encode_binary(*static_cast<const Q*>(request), out);
    };
    t.answer = detail::answer_query<Q>;
    t.encode_reply = [](const void* r, byte_buffer& out) {
      return encode_binary(*static_cast<const reply*>(r), out);
    };
    t.append_reply_json = [](const void* r, std::string& out) {
      return append_json(*static_cast<const reply*>(r), out);
    };
  } else {
    (void)sizeof(detail::query_must_be_well_formed<Q>);
  }
  return t;
}

} // namespace acta
