// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The customer: who orders, and where letters go. Its stream is customer/<id>.
///
/// Rules, each with the code of its rejection:
///
///   customer_id_invalid  the id of a customer has 1 to 64 bytes
///   name_invalid         a name has 1 to 200 bytes without control characters
///   email_invalid        an e-mail address is one that letters can go to (contact.hpp)
///   already_registered   a customer registers once
///   unknown_customer     only who is registered has an address to change, and can order
///   order_invalid        the id of an order has 1 to 64 bytes without control characters
///   already_noted        an order is noted once
#pragma once

#include <shop/contact.hpp>
#include <shop/ids.hpp>

#include <acta/domain.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace shop {

// Commands.

struct register_customer {
  static constexpr std::string_view name = "register"; ///< of the command

  std::string person; ///< the customer's name
  std::string email;

  template <class A> void serialize(A& ar) {
    ar(cereal::make_nvp("name", person), CEREAL_NVP(email));
  }
};

/// The address it has already is accepted, and changes nothing. Orders keep the address that they
/// were placed with.
struct change_email {
  std::string email;

  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(email)); }
};

/// Asks for the name and the address that an order is placed with.
struct note_order {
  std::string order;

  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(order)); }
};

// Events.

struct customer_registered {
  std::string name;
  std::string email;

  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(name), CEREAL_NVP(email)); }
};

struct email_changed {
  std::string email;

  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(email)); }
};

struct order_noted {
  std::string order;
  std::string name;
  std::string email;

  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(order), CEREAL_NVP(name), CEREAL_NVP(email));
  }
};

struct customer {
  static constexpr std::string_view name = "customer";
  using events = acta::one_of<customer_registered, email_changed, order_noted>;
  using commands = acta::one_of<register_customer, change_email, note_order>;
  using decision = acta::decision<events>;

  /// An order that is noted a second time comes soon after the first, if at all: the oldest are
  /// forgotten, or a faithful customer would not fit in memory.
  static constexpr std::size_t orders_remembered_max = 50;

  std::string person; ///< the name: `name` is the aggregate's
  std::string email;
  bool is_registered = false;
  std::int64_t orders = 0;             ///< noted in all
  std::vector<std::string> remembered; ///< orders, the newest last

  decision decide(const register_customer& c, const acta::context& context) const {
    if (is_registered)
      return acta::reject("already_registered", "this customer is registered already");
    if (!is_id(context.id()))
      return acta::reject("customer_id_invalid", "the id of a customer has 1 to 64 bytes");
    if (!is_line(c.person))
      return acta::reject("name_invalid", "a name has 1 to 200 bytes without control characters");
    if (!is_email(c.email)) return email_invalid(c.email);
    return customer_registered{c.person, c.email};
  }

  decision decide(const change_email& c) const {
    if (!is_registered) return unknown_customer();
    if (!is_email(c.email)) return email_invalid(c.email);
    if (c.email == email) return {};
    return email_changed{c.email};
  }

  decision decide(const note_order& c) const {
    if (!is_registered) return unknown_customer();
    if (!is_id(c.order))
      return acta::reject("order_invalid",
                          "the id of an order has 1 to 64 bytes without control characters");
    if (std::ranges::find(remembered, c.order) != remembered.end())
      return acta::reject("already_noted", "this order is noted already");
    return order_noted{c.order, person, email};
  }

  void evolve(const customer_registered& e) {
    person = e.name;
    email = e.email;
    is_registered = true;
  }
  void evolve(const email_changed& e) { email = e.email; }
  void evolve(const order_noted& e) {
    ++orders;
    if (remembered.size() == orders_remembered_max) remembered.erase(remembered.begin());
    remembered.push_back(e.order);
  }

  template <class A> void serialize(A& ar) {
    ar(cereal::make_nvp("name", person), CEREAL_NVP(email),
       cereal::make_nvp("registered", is_registered), CEREAL_NVP(orders),
       cereal::make_nvp("newest_orders", remembered));
  }

private:
  static acta::rejection email_invalid(std::string_view email) {
    return acta::reject("email_invalid",
                        "the address " + std::string(acta::mistake_in_mail_address(email)));
  }
  static acta::rejection unknown_customer() {
    return acta::reject("unknown_customer", "there is no such customer");
  }
};

} // namespace shop
