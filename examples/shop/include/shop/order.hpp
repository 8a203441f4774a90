// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The order: what a customer bought, and what became of it. Its id is that of the cart.
///
///   placed ─> paid ─> shipped
///      └────> cancelled
///
/// Rules, each with the code of its rejection:
///
///   order_id_invalid   the id of an order has 1 to 64 bytes
///   customer_invalid   the id of a customer has 1 to 64 bytes without control characters
///   contact_invalid    name and e-mail address are such, or both are empty: nobody is known
///   lines_invalid      an order has 1 to 100 lines, each as a cart holds it, none twice
///   total_differs      the total is that of the lines
///   already_placed     an order is placed once
///   not_placed         only what is placed can be paid, shipped, cancelled or have a problem
///   already_paid       an order is paid once; then it is not cancelled any more
///   not_paid           only what is paid is shipped
///   already_shipped    an order is shipped once
///   already_cancelled  a cancelled order does not change any more
///   reason_invalid     a reason has 1 to 64 lower-case letters, digits and underscores
///   detail_too_long    a detail has up to 500 bytes
///
/// Its commands are sent by the process `checkout`, which waits for each answer: none is nothing.
#pragma once

#include <shop/order_events.hpp>

#include <acta/domain.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace shop {

// Commands.

struct place_order {
  order_contents contents;

  template <class A> void serialize(A& ar) { contents.serialize(ar); }
};

struct mark_paid {
  template <class A> void serialize(A&) {}
};

struct mark_shipped {
  template <class A> void serialize(A&) {}
};

struct cancel_order {
  std::string reason; ///< for programs: `out_of_stock`
  std::string detail; ///< for people

  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(reason), CEREAL_NVP(detail)); }
};

/// What people have to look after. The order's state stays as it is.
struct report_problem {
  std::string detail;

  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(detail)); }
};

struct order {
  static constexpr std::string_view name = "order";
  using events =
      acta::one_of<order_placed, order_paid, order_shipped, order_cancelled, problem_reported>;
  using commands = acta::one_of<place_order, mark_paid, mark_shipped, cancel_order, report_problem>;
  using decision = acta::decision<events>;

  static constexpr std::size_t reason_bytes_max = 64;
  static constexpr std::size_t detail_bytes_max = 500;

  order_contents contents;
  order_state state = order_state::none;
  std::string reason; ///< why it is cancelled
  std::string detail;
  std::string problem; ///< the last that was reported

  decision decide(const place_order& c, const acta::context& context) const {
    if (state != order_state::none)
      return acta::reject("already_placed", "this order is placed already");
    if (!is_id(context.id()))
      return acta::reject("order_id_invalid", "the id of an order has 1 to 64 bytes");
    if (!is_id(c.contents.customer))
      return acta::reject("customer_invalid",
                          "the id of a customer has 1 to 64 bytes without control characters");
    const bool known = !c.contents.name.empty() || !c.contents.email.empty();
    if (known && !(is_line(c.contents.name) && is_email(c.contents.email)))
      return acta::reject("contact_invalid", "a name and an e-mail address, or neither");
    if (const auto wrong = check_lines(c.contents)) return *wrong;
    return order_placed{c.contents};
  }

  decision decide(const mark_paid&) const {
    if (const auto no = refused_unless(order_state::placed)) return *no;
    return order_paid{contents};
  }

  decision decide(const mark_shipped&) const {
    if (const auto no = refused_unless(order_state::paid)) return *no;
    return order_shipped{contents};
  }

  decision decide(const cancel_order& c) const {
    if (const auto no = refused_unless(order_state::placed)) return *no;
    if (!is_reason(c.reason))
      return acta::reject("reason_invalid",
                          "a reason has 1 to 64 lower-case letters, digits and underscores");
    if (c.detail.size() > detail_bytes_max) return detail_too_long();
    return order_cancelled{contents, c.reason, c.detail};
  }

  decision decide(const report_problem& c) const {
    if (state == order_state::none) return not_placed();
    if (c.detail.size() > detail_bytes_max) return detail_too_long();
    return problem_reported{c.detail};
  }

  void evolve(const order_placed& e) {
    contents = e.contents;
    state = order_state::placed;
  }
  void evolve(const order_paid&) { state = order_state::paid; }
  void evolve(const order_shipped&) { state = order_state::shipped; }
  void evolve(const order_cancelled& e) {
    state = order_state::cancelled;
    reason = e.reason;
    detail = e.detail;
  }
  void evolve(const problem_reported& e) { problem = e.detail; }

  template <class A> void serialize(A& ar) {
    contents.serialize(ar);
    ar(CEREAL_NVP(state), CEREAL_NVP(reason), CEREAL_NVP(detail), CEREAL_NVP(problem));
  }

private:
  [[nodiscard]] std::optional<acta::rejection> refused_unless(order_state wanted) const {
    if (state == wanted) return std::nullopt;
    switch (state) {
    case order_state::none:
      return not_placed();
    case order_state::placed:
      return acta::reject("not_paid", "this order is not paid");
    case order_state::paid:
      return acta::reject("already_paid", "this order is paid");
    case order_state::shipped:
      if (wanted == order_state::placed) return acta::reject("already_paid", "this order is paid");
      return acta::reject("already_shipped", "this order is shipped");
    case order_state::cancelled:
      return acta::reject("already_cancelled", "this order is cancelled");
    }
    return std::nullopt;
  }
  static std::optional<acta::rejection> check_lines(const order_contents& c) {
    const auto invalid = [](std::string what) {
      return acta::reject("lines_invalid", std::move(what));
    };
    if (c.lines.empty() || c.lines.size() > cart::lines_max)
      return invalid("an order has 1 to 100 lines");
    std::set<std::string_view> skus;
    std::optional<money> sum = money{0, c.lines.front().unit_price.currency};
    for (const auto& line : c.lines) {
      if (!is_sku(line.sku) || line.name.empty() || line.name.size() > cart::name_bytes_max ||
          line.quantity < 1 || line.quantity > cart::quantity_max || line.unit_price.amount < 0)
        return invalid("a line is not as a cart holds it");
      if (!skus.insert(line.sku).second) return invalid("a sku stands in one line only");
      const auto price = multiply(line.unit_price, line.quantity);
      sum = sum && price ? add(*sum, *price) : std::nullopt;
    }
    if (sum != c.total) return acta::reject("total_differs", "the total is not that of the lines");
    return std::nullopt;
  }
  static bool is_reason(std::string_view text) {
    return !text.empty() && text.size() <= reason_bytes_max &&
           std::ranges::all_of(text, [](char c) {
             return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
           });
  }
  static acta::rejection not_placed() {
    return acta::reject("not_placed", "there is no such order");
  }
  static acta::rejection detail_too_long() {
    return acta::reject("detail_too_long", "a detail has up to 500 bytes");
  }
};

} // namespace shop
