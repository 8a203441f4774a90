// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "event_json.hpp"

#include "json_text.hpp"

#include <acta/domain/codec/json.hpp>
#include <acta/domain/errc.hpp>

namespace acta::http {

namespace {

void append_data(std::string& out, const result<std::string>& json) {
  out += R"("data":)";
  if (json) {
    out += *json;
    return;
  }
  out += R"(null,"data_error":)";
  append_item_error(out, json.error());
}

/// What an event that an earlier release wrote is to this one.
void append_today(std::string& out, const recorded_event& e) {
  const auto at = out.size();
  out += R"(,"today":[)";
  const auto first = out.size();
  result<void> written;
  auto read = e.for_each_present([&](const event_type& type, bytes_view payload) {
    if (!written) return;
    out += out.size() == first ? R"({"type":)" : R"(,{"type":)";
    append_json_string(out, type.name);
    out += R"(,"data":)";
    written = type.append_json(payload, out);
    out += '}';
  });
  if (read) read = std::move(written);
  if (read) {
    out += ']';
    return;
  }
  out.resize(at);
  out += R"(,"today":null,"today_error":)";
  append_item_error(out, read.error());
}

void append_head(std::string& out, std::string_view type, std::string_view stream,
                 version_number version, position at) {
  out += R"({"type":)";
  append_json_string(out, type);
  if (!stream.empty()) {
    out += R"(,"stream":)";
    append_json_string(out, stream);
  }
  out += R"(,"version":)";
  append_number(out, version);
  out += R"(,"position":)";
  append_position(out, at.partition, at.number);
  out += ',';
}

} // namespace

void append_item_error(std::string& out, const error& e) {
  out += R"({"code":)";
  append_json_string(out, e.code().message());
  out += R"(,"detail":)";
  append_json_string(out, e.detail());
  if (!e.where().empty()) {
    out += R"(,"where":)";
    append_json_string(out, e.where());
  }
  out += '}';
}

void append_damaged(std::string& out, position at, const error& why) {
  out += R"({"type":null,"position":)";
  append_position(out, at.partition, at.number);
  out += R"(,"data":null,"data_error":)";
  append_item_error(out, why);
  out += '}';
}

void append_event(std::string& out, const recorded_event& e, bool with_stream) {
  const auto& m = e.metadata;
  append_head(out, e.type, with_stream ? std::string_view(m.stream) : std::string_view(), m.version,
              m.position);
  out += R"("recorded_at":")";
  out += to_rfc3339(m.recorded_at);
  out += R"(","command_id":)";
  append_id(out, m.command_id);
  out += R"(,"correlation_id":)";
  append_id(out, m.correlation_id);
  out += R"(,"causation_id":)";
  append_id(out, m.causation_id);
  out += ',';
  if (!m.caller.empty()) {
    out += R"("caller":)";
    append_json_string(out, m.caller);
    out += ',';
  }
  out += R"("schema":)";
  append_number(out, e.schema);
  out += ',';
  append_data(out, e.to_json());
  if (e.known_before) append_today(out, e);
  out += '}';
}

void append_event(std::string& out, const receipt_event& e, std::uint32_t partition) {
  append_head(out, e.type != nullptr ? std::string_view(e.type->name) : std::string_view{}, {},
              e.version, {partition, e.position});
  const auto data_at = out.size();
  out += R"("data":)";
  auto written =
      e.type != nullptr
          ? e.type->append_json(e.payload, out)
          : result<void>(error(domain_errc::unknown_event, "not in this program's model"));
  if (!written) {
    out.resize(data_at);
    append_data(out, std::move(written).error());
  }
  out += '}';
}

} // namespace acta::http
