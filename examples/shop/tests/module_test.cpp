// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
//
// libshop.so as a node sees it: through one symbol and the tables behind it.
#include <shop/cart.hpp>
#include <shop/checkout.hpp>

#include <catch2/catch.hpp>

#include <dlfcn.h>

#include <chrono>
#include <cstring>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace module_test {

namespace {

/// The model that the module fills. The module stays loaded: the tables point into it.
acta::model loaded(std::map<std::string, std::string> settings = {}) {
  auto* module = ::dlopen(SHOP_MODULE, RTLD_NOW | RTLD_LOCAL);
  if (module == nullptr) FAIL(::dlerror());
  const auto* entry =
      static_cast<const acta::detail::module_entry*>(::dlsym(module, "acta_module"));
  REQUIRE(entry != nullptr);
  REQUIRE(std::strcmp(entry->stamp, acta::abi_stamp()) == 0);
  acta::model model;
  model.settings(std::move(settings));
  entry->fill(model);
  REQUIRE(model.check());
  return model;
}

} // namespace

TEST_CASE("the module brings the cart with all its commands") {
  const auto model = loaded();
  const auto cart = model.find("cart");
  REQUIRE(cart);
  std::vector<std::string> commands, events;
  for (const auto& c : cart->commands) commands.push_back(c.name);
  for (const auto& e : cart->events) events.push_back(e.name);
  CHECK(commands ==
        std::vector<std::string>{"add_item", "change_quantity", "remove_item", "check_out"});
  CHECK(events == std::vector<std::string>{"cart.item_added", "cart.quantity_changed",
                                           "cart.item_removed", "cart.checked_out"});
}

TEST_CASE("the module brings what the purchase flow is made of") {
  const auto model = loaded();
  std::vector<std::string> aggregates, processes, subscribers, views, queries, cached;
  for (const auto& a : model.aggregates()) aggregates.push_back(a->name);
  for (const auto& p : model.processes()) processes.push_back(p->name);
  for (const auto& s : model.subscribers()) subscribers.push_back(s->name);
  for (const auto& v : model.views()) views.push_back(v->name);
  for (const auto& q : model.queries()) {
    queries.push_back(q->name);
    if (q->options.cached) cached.push_back(q->name);
  }
  CHECK(aggregates == std::vector<std::string>{"cart", "product", "customer", "stock", "order",
                                               "payment", "checkout", "refund"});
  CHECK(processes == std::vector<std::string>{"checkout", "refund"});
  CHECK(subscribers == std::vector<std::string>{"customer_mail"});
  CHECK(views == std::vector<std::string>{"carts", "products", "cart_statistics", "orders",
                                          "stock_levels", "failed_payments", "sales_by_day"});
  CHECK(queries == std::vector<std::string>{"items_in_cart", "top_products", "items_per_day",
                                            "find_products", "orders_of_customer", "order_page"});
  CHECK(cached ==
        std::vector<std::string>{"items_in_cart", "top_products", "items_per_day", "order_page"});
}

TEST_CASE(
    "a deployment says how long a payment is waited for, and an hour is not a quarter of one") {
  const auto deadline_of = [](const acta::model& model) {
    const auto process = model.find_process("checkout")->stored_as;
    const auto fresh = process->create();
    shop::checkout checkout;
    process->move_state(fresh.get(), &checkout);
    return checkout.deadline;
  };
  CHECK(deadline_of(loaded()) == std::chrono::minutes(15));
  const auto model = loaded({{"shop.payment_deadline", "1h"}});
  CHECK(deadline_of(model) == std::chrono::hours(1));
  CHECK(model.unknown_settings().empty());
}

TEST_CASE("a command that comes as JSON runs inside the module, and its event leaves as JSON") {
  const auto cart = loaded().find("cart");
  const auto* add_item = cart->find_command("add_item");
  const auto command = add_item->from_json(R"({"sku":"book-1","name":"Dune","quantity":2,)"
                                           R"("unit_price":{"amount":1299,"currency":"EUR"}})");
  REQUIRE(command);
  auto state = cart->create();
  acta::byte_buffer out;
  const std::vector<std::uint32_t> name_ids{1, 2, 3, 4};
  acta::event_writer writer(out, name_ids);
  const auto done = add_item->execute(state.get(), command->get(),
                                      acta::context("42", 0, acta::time_point{}), writer);
  CHECK(done.how == acta::execution::ending::decided);
  CHECK(writer.count() == 1);

  std::string event, after;
  const auto payload = out.view().subspan(acta::event_frame_header_bytes);
  REQUIRE(cart->events[0].append_json(payload, event));
  CHECK(event == R"({"sku":"book-1","name":"Dune","quantity":2,)"
                 R"("unit_price":{"amount":1299,"currency":"EUR"}})");
  REQUIRE(cart->append_state_json(state.get(), after));
  CHECK(after == R"({"lines":[)" + event + R"(],"currency":"EUR","checked_out":false})");
}

TEST_CASE("the types of the module are those of the program, so that a host can ask for them") {
  const auto cart = loaded().find("cart");
  CHECK(*cart->type == typeid(shop::cart));
  CHECK(*cart->events[0].type == typeid(shop::item_added));
  CHECK(*cart->find_command("check_out")->type == typeid(shop::check_out));
}

TEST_CASE("an error made in the module is known outside") {
  const auto cart = loaded().find("cart");
  const auto refused = cart->find_command("remove_item")->from_json(R"({"sku":7})");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().where() == "/sku");
  CHECK(refused.error().code() == acta::codec_errc::json_invalid);
  CHECK(refused.error().code() == acta::condition::invalid);
}

} // namespace module_test
