// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/testing/stored.hpp>

#include <algorithm>
#include <array>

namespace acta::testing {

namespace {

constexpr std::string_view digits_of_hex = "0123456789abcdef";

} // namespace

byte_buffer hex(std::string_view digits) {
  byte_buffer bytes;
  std::optional<std::size_t> high;
  for (const char c : digits) {
    if (c == ' ') continue;
    const auto digit = digits_of_hex.find(c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c);
    if (digit == std::string_view::npos)
      report().line("bytes", digits).fail(promise::valid_test, "hex: these are no hex digits");
    if (high)
      bytes.append_le(static_cast<std::uint8_t>(*std::exchange(high, std::nullopt) * 16 + digit));
    else
      high = digit;
  }
  if (high) report().line("bytes", digits).fail(promise::valid_test, "hex: a byte has two digits");
  return bytes;
}

std::string to_hex(bytes_view bytes) {
  std::string digits;
  for (const auto b : bytes) {
    digits += digits_of_hex[std::to_integer<std::size_t>(b) / 16];
    digits += digits_of_hex[std::to_integer<std::size_t>(b) % 16];
  }
  return digits;
}

stored_event stored_event::by(std::string caller) const {
  auto changed = *this;
  changed.caller_ = std::move(caller);
  return changed;
}
stored_event stored_event::at(time_point recorded_at) const {
  auto changed = *this;
  changed.recorded_at_ = recorded_at;
  return changed;
}
stored_event stored_event::in(std::string stream) const {
  auto changed = *this;
  changed.stream_ = std::move(stream);
  return changed;
}

std::string stored_event::show() const {
  return name_ + ' ' + std::to_string(schema_) + ' ' + (is_json_ ? payload_ : to_hex(bytes()));
}

void stored_event::describe(metadata& m) const {
  if (caller_) m.caller = *caller_;
  if (recorded_at_) m.recorded_at = *recorded_at_;
  if (stream_) m.stream = *stream_;
}

namespace detail {

bool is_called(std::string_view given, std::string_view aggregate,
               std::string_view event) noexcept {
  if (given.find('.') == std::string_view::npos) return given == event;
  return given.size() == aggregate.size() + 1 + event.size() && given.starts_with(aggregate) &&
         given[aggregate.size()] == '.' && given.ends_with(event);
}

void fail_unknown(const stored_event& e, const std::vector<std::string>& known,
                  const report& so_far) {
  report(so_far)
      .line("stored", e.show())
      .list("known", known)
      .fail(promise::valid_test, "nothing is known under the name " + e.name() + ", schema " +
                                     std::to_string(e.schema()));
}

void fail_unreadable(const stored_event& e, const error& why, const report& so_far) {
  report(so_far)
      .line("error", why.to_string())
      .fail(promise::valid_test,
            std::string(e.is_json() ? "this is not the JSON" : "these are not the bytes") + " of " +
                e.name() + ", schema " + std::to_string(e.schema()));
}

std::vector<std::string> show_stored(const std::vector<stored_event>& stored) {
  std::vector<std::string> shown;
  for (const auto& e : stored) shown.push_back(e.show());
  return shown;
}

} // namespace detail

} // namespace acta::testing
