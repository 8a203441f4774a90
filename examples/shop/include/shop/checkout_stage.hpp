// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Where a check-out stands (checkout.hpp).
///
///   stage         begins with               goes on to
///   noting        customer.note_order       placing, also if nobody is known by that id
///   placing       order.place_order         reserving; cancelling if nobody is known
///   reserving     stock.reserve, each line  when all have answered: awaiting (paying if it costs
///                                           nothing); releasing if one has refused
///   awaiting      payment.request_payment,  paying; releasing if it failed; failing when the time
///                 and the timer             is over
///   failing       payment.fail_payment      paying or releasing, as the payment says
///   paying        order.mark_paid           shipping; releasing if the order was cancelled
///   shipping      stock.ship, each line     when all have answered: closing; reporting if one has
///                                           refused
///   closing       order.mark_shipped        done
///   reporting     order.report_problem      done
///   releasing     stock.release, each line  when all have answered: cancelling
///                 that was reserved
///   cancelling    order.cancel_order        done; refunding if money came; reporting if the order
///                                           was paid meanwhile
///   refunding     payment.refund            done
///
/// With nothing reserved, cancelling stands for releasing.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

namespace shop {

/// Stored as its number, in snapshots: never renumber.
enum class checkout_stage : std::uint8_t {
  idle, ///< before the first input
  noting,
  placing,
  reserving,
  awaiting,
  failing,
  paying,
  shipping,
  closing,
  reporting,
  releasing,
  cancelling,
  refunding,
  done
};

constexpr std::array<std::pair<checkout_stage, std::string_view>, 14> enum_names(checkout_stage) {
  return {{{checkout_stage::idle, "idle"},
           {checkout_stage::noting, "noting"},
           {checkout_stage::placing, "placing"},
           {checkout_stage::reserving, "reserving"},
           {checkout_stage::awaiting, "awaiting"},
           {checkout_stage::failing, "failing"},
           {checkout_stage::paying, "paying"},
           {checkout_stage::shipping, "shipping"},
           {checkout_stage::closing, "closing"},
           {checkout_stage::reporting, "reporting"},
           {checkout_stage::releasing, "releasing"},
           {checkout_stage::cancelling, "cancelling"},
           {checkout_stage::refunding, "refunding"},
           {checkout_stage::done, "done"}}};
}

} // namespace shop
