// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What a node is asked over HTTP, and what it answers.
///
/// A coroutine gives a request a name before it awaits the answer: gcc before 13 miscompiles
/// aggregates and lists made inside a `co_await` expression.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shop::tools {

namespace json = boost::json;

/// Names and values of a query string, not escaped yet.
using parameters = std::vector<std::pair<std::string, std::string>>;

class request {
public:
  /// Carries an id of its own, under which it has one effect however often it is sent.
  static request command(std::string_view aggregate, std::string_view id, std::string_view name,
                         const json::object& body = {});
  static request state(std::string_view aggregate, std::string_view id);
  static request row(std::string_view view, std::string_view key, const parameters& more = {});
  static request rows(std::string_view view, const parameters& range = {});
  static request query(std::string_view name, const parameters& fields = {});
  static request events(const parameters& range = {});
  /// Anything else that is read.
  static request get(std::string kind, std::string target);

  /// What latencies are counted under: `cart.add_item`, `view orders`, `query find_products`.
  [[nodiscard]] const std::string& kind() const noexcept { return kind_; }
  [[nodiscard]] const std::string& target() const noexcept { return target_; }
  [[nodiscard]] const std::string& body() const noexcept { return body_; }
  [[nodiscard]] const std::string& key() const noexcept { return key_; }
  [[nodiscard]] bool is_command() const noexcept { return !key_.empty(); }

private:
  request(std::string kind, std::string target);

  std::string kind_;
  std::string target_;
  std::string body_; ///< of a command
  std::string key_;  ///< Idempotency-Key of a command
};

struct answer {
  unsigned status = 0; ///< 0: there was none
  json::value body;    ///< null if it was not JSON
  std::string trouble; ///< what kept the last attempt from an answer
  unsigned attempts = 0;
  std::chrono::steady_clock::duration took{}; ///< of all attempts together, pauses included

  [[nodiscard]] bool ok() const noexcept { return status == 200; }
  /// The code of a rejection, else that of the problem; empty if all is well.
  [[nodiscard]] std::string code() const;
  /// Of a command's last event, or of a state.
  [[nodiscard]] std::string position() const;
  /// Data of the first event of that type among those of a command's answer, or null.
  [[nodiscard]] const json::value* event(std::string_view type) const;
  /// For messages: `409 rejected cart_empty`.
  [[nodiscard]] std::string describe() const;
};

/// What stands at a JSON pointer (RFC 6901), or null.
[[nodiscard]] const json::value* find(const json::value& in, std::string_view pointer);
/// Text at a JSON pointer; empty if there is none.
[[nodiscard]] std::string text_at(const json::value& in, std::string_view pointer);
[[nodiscard]] std::optional<std::int64_t> number_at(const json::value& in,
                                                    std::string_view pointer);
/// The list at a JSON pointer; an empty one if there is none.
[[nodiscard]] const json::array& list_at(const json::value& in, std::string_view pointer);

} // namespace shop::tools
