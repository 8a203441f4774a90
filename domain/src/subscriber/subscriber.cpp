// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/core/utf8.hpp>
#include <acta/domain/codec/shape.hpp>
#include <acta/domain/subscriber.hpp>

#include <algorithm>

namespace acta {

uuid effect_key(const uuid& store, std::string_view subscriber, position event,
                std::uint16_t part) noexcept {
  std::uint64_t whose = 0xCBF29CE484222325; // FNV-1a, of the store's id and the name
  const auto add = [&](std::uint8_t byte) { whose = (whose ^ byte) * 0x100000001B3; };
  for (const auto byte : store.bytes) add(byte);
  for (const char c : subscriber) add(static_cast<std::uint8_t>(c));
  if (part != 0) add(static_cast<std::uint8_t>(part)), add(static_cast<std::uint8_t>(part >> 8));
  uuid key;
  auto* b = key.bytes.data();
  const auto number = event.number;
  for (int i = 0; i < 6; ++i) b[i] = static_cast<std::uint8_t>(number >> (56 - 8 * i));
  b[6] = static_cast<std::uint8_t>(0x80 | (number >> 12 & 0x0F));
  b[7] = static_cast<std::uint8_t>(number >> 4);
  b[8] = static_cast<std::uint8_t>(0x80 | (number & 0x0F) << 2 | (event.partition >> 8 & 0x03));
  b[9] = static_cast<std::uint8_t>(event.partition);
  for (int i = 0; i < 6; ++i) b[10 + i] = static_cast<std::uint8_t>(whose >> (40 - 8 * i));
  return key;
}

namespace {

error refused(std::string what) { return error(errc::invalid_argument, std::move(what)); }

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }
/// Something that becomes part of a header or of a request's first line.
bool is_line(std::string_view text) { return std::ranges::none_of(text, is_control); }

struct checker {
  result<void> operator()(const std::monostate&) const { return {}; }
  result<void> operator()(const mail& m) const {
    const auto at = m.to.find('@');
    if (at == 0 || at == std::string::npos || at + 1 == m.to.size() || !is_line(m.to) ||
        m.to.find_first_of(" ,;<>") != std::string::npos)
      return refused("what it is to go to is no address for a mail");
    if (!is_line(m.subject)) return refused("the subject of a mail is one line");
    if (!is_utf8(m.to) || !is_utf8(m.subject) || !is_utf8(m.text))
      return refused("a mail is UTF-8");
    return {};
  }
  result<void> operator()(const webhook& w) const {
    const auto url = std::string_view(w.url);
    if ((!url.starts_with("http://") && !url.starts_with("https://")) || !is_line(url) ||
        url.find(' ') != std::string_view::npos)
      return refused("its URL is no http or https address"); // it may hold a secret
    if (!is_line(w.content_type)) return refused("the content type of a webhook is one line");
    return {};
  }
};

} // namespace

result<void> check_effect(const effect& e) { return std::visit(checker{}, e); }

} // namespace acta
