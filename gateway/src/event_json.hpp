// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Events as JSON, the same wherever they are shown.
#pragma once

#include <acta/domain/receipt.hpp>
#include <acta/projections/recorded_event.hpp>

#include <string>

namespace acta::http {

/// `{"type","stream"?,"version","position","recorded_at","command_id","correlation_id",
/// "causation_id","caller"?,"data"}`. What is stored must stay readable: data that this program
/// cannot show is null, with a `data_error`.
void append_event(std::string& out, const recorded_event& e, bool with_stream);
/// `{"code","detail","where"?}`: why one item of a list cannot be shown. `where` points into it.
void append_item_error(std::string& out, const error& e);
/// `{"type":null,"position","data":null,"data_error"}`: a commit that cannot be read, by its first
/// position.
void append_damaged(std::string& out, position at, const error& why);
/// `{"type","version","position","data"}`
void append_event(std::string& out, const receipt_event& e, std::uint32_t partition);

} // namespace acta::http
