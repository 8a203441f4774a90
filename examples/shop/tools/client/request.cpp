// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "request.hpp"

#include <acta/core/ids.hpp>

#include <boost/json/serialize.hpp>

namespace shop::tools {

namespace {

/// Percent-encoded for a segment of a path or a value of a query string.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const auto plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~").find(c) != std::string_view::npos;
    if (plain) {
      out += c;
      continue;
    }
    out += '%';
    out += "0123456789ABCDEF"[byte >> 4];
    out += "0123456789ABCDEF"[byte & 15];
  }
  return out;
}

std::string path(std::initializer_list<std::string_view> segments) {
  std::string out = "/v1";
  for (const auto segment : segments) out.append("/").append(escaped(segment));
  return out;
}

std::string with(std::string target, const parameters& query) {
  auto between = '?';
  for (const auto& [name, value] : query) {
    target += between;
    target.append(escaped(name)).append("=").append(escaped(value));
    between = '&';
  }
  return target;
}

std::string words(std::string_view first, std::string_view second) {
  return std::string(first).append(" ").append(second);
}

} // namespace

request::request(std::string kind, std::string target)
    : kind_(std::move(kind)), target_(std::move(target)) {}

request request::command(std::string_view aggregate, std::string_view id, std::string_view name,
                         const json::object& body) {
  request r(std::string(aggregate).append(".").append(name), path({aggregate, id, name}));
  r.body_ = json::serialize(body);
  r.key_ = acta::uuid::random().to_string();
  return r;
}

request request::state(std::string_view aggregate, std::string_view id) {
  return {words("state", aggregate), path({aggregate, id})};
}

request request::row(std::string_view view, std::string_view key, const parameters& more) {
  return {words("view", view), with(path({"views", view, key}), more)};
}

request request::rows(std::string_view view, const parameters& range) {
  return {words("view", view), with(path({"views", view}), range)};
}

request request::query(std::string_view name, const parameters& fields) {
  return {words("query", name), with(path({"queries", name}), fields)};
}

request request::events(const parameters& range) {
  return {"events", with(path({"events"}), range)};
}

request request::get(std::string kind, std::string target) {
  return {std::move(kind), std::move(target)};
}

std::string answer::code() const {
  if (ok()) return {};
  auto of_domain = text_at(body, "/rejection/code");
  return of_domain.empty() ? text_at(body, "/code") : of_domain;
}

std::string answer::position() const { return text_at(body, "/position"); }

const json::value* answer::event(std::string_view type) const {
  for (const auto& e : list_at(body, "/events"))
    if (text_at(e, "/type") == type) return find(e, "/data");
  return nullptr;
}

std::string answer::describe() const {
  if (status == 0) return "no answer after " + std::to_string(attempts) + " attempts: " + trouble;
  auto text = std::to_string(status);
  for (const auto* pointer : {"/code", "/rejection/code", "/detail"})
    if (auto part = text_at(body, pointer); !part.empty()) text.append(" ").append(part);
  return text;
}

const json::value* find(const json::value& in, std::string_view pointer) {
  boost::system::error_code failed;
  return in.find_pointer(pointer, failed);
}

std::string text_at(const json::value& in, std::string_view pointer) {
  const auto* const found = find(in, pointer);
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

std::optional<std::int64_t> number_at(const json::value& in, std::string_view pointer) {
  const auto* const found = find(in, pointer);
  if (found == nullptr || !found->is_int64()) return std::nullopt;
  return found->get_int64();
}

const json::array& list_at(const json::value& in, std::string_view pointer) {
  static const json::array none;
  const auto* const found = find(in, pointer);
  return found != nullptr && found->is_array() ? found->get_array() : none;
}

} // namespace shop::tools
