// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/core/hash.hpp>
#include <acta/core/ids.hpp>
#include <acta/core/utf8.hpp>

#include <charconv>
#include <chrono>
#include <cstring>
#include <ostream>
#include <random>

namespace acta {

namespace {

template <class T> bool parse_decimal(std::string_view text, T& to) {
  const auto* end = text.data() + text.size();
  const auto [at, ec] = std::from_chars(text.data(), end, to);
  return ec == std::errc{} && at == end && !text.empty() && (text.size() == 1 || text[0] != '0');
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

} // namespace

std::string position::to_string() const {
  return std::to_string(partition) + ':' + std::to_string(number);
}

result<position> position::parse(std::string_view text) {
  position p;
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || !parse_decimal(text.substr(0, colon), p.partition) ||
      !parse_decimal(text.substr(colon + 1), p.number))
    return error(errc::invalid_argument,
                 "a position is written partition:number, like 0:17; got '" + std::string(text) +
                     "'");
  return p;
}

std::ostream& operator<<(std::ostream& out, const position& p) { return out << p.to_string(); }

std::string uuid::to_string() const {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += digits[bytes[i] >> 4];
    text += digits[bytes[i] & 15];
  }
  return text;
}

result<uuid> uuid::parse(std::string_view text) {
  const auto bad = [&] {
    return error(errc::invalid_argument,
                 "not a 128-bit id (32 hex digits): '" + std::string(text) + "'");
  };
  if (text.size() != 36 && text.size() != 32) return bad();
  uuid id;
  std::size_t digit = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.size() == 36 && (i == 8 || i == 13 || i == 18 || i == 23)) {
      if (text[i] != '-') return bad();
      continue;
    }
    const auto value = hex_digit(text[i]);
    if (value < 0) return bad();
    auto& byte = id.bytes[digit / 2];
    byte = static_cast<std::uint8_t>(byte << 4 | value);
    ++digit;
  }
  return id;
}

uuid uuid::random() {
  thread_local std::mt19937_64 generator = [] {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device(),
                       device(), device(), device(), device()};
    return std::mt19937_64(seed);
  }();
  const auto ms =
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                     std::chrono::system_clock::now().time_since_epoch())
                                     .count());
  uuid id;
  for (int i = 0; i < 6; ++i)
    id.bytes[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(ms >> (40 - 8 * i));
  const auto a = generator();
  const auto b = generator();
  std::memcpy(id.bytes.data() + 6, &a, 2);
  std::memcpy(id.bytes.data() + 8, &b, 8);
  id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0F) | 0x70);
  id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3F) | 0x80);
  return id;
}

std::ostream& operator<<(std::ostream& out, const uuid& id) { return out << id.to_string(); }

result<void> check_stream_id(std::string_view id) {
  if (id.empty()) return error(errc::invalid_argument, "the id of a stream must not be empty");
  if (id.size() > stream_id_bytes_max)
    return error(errc::invalid_argument, "the id of a stream has at most " +
                                             std::to_string(stream_id_bytes_max) +
                                             " bytes, this one has " + std::to_string(id.size()));
  for (std::size_t i = 0; i < id.size();) {
    const auto c = static_cast<unsigned char>(id[i]);
    if (c < 0x20 || c == 0x7F)
      return error(errc::invalid_argument,
                   "the id of a stream has a control character at byte " + std::to_string(i));
    const auto length = utf8_sequence(id.substr(i));
    if (length == 0)
      return error(errc::invalid_argument,
                   "the id of a stream is not UTF-8 at byte " + std::to_string(i));
    i += length;
  }
  return {};
}

result<void> check_new_stream_id(std::string_view id) {
  if (id == "." || id == "..")
    return error(errc::invalid_argument, "the id of a stream must not be '" + std::string(id) +
                                             "': clients take it for a part of the URL's path");
  return check_stream_id(id);
}

result<void> check_type_name(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto bad = [&](const std::string& why) {
    return error(errc::invalid_argument, "bad name '" + std::string(name) + "': " + why);
  };
  if (name.empty()) return bad("it is empty");
  if (name.size() > type_name_bytes_max)
    return bad("at most " + std::to_string(type_name_bytes_max) + " bytes");
  if (!letter(name[0])) return bad("it must start with a letter");
  for (const char c : name)
    if (!letter(c) && !(c >= '0' && c <= '9') && c != '_' && c != '.' && c != '-')
      return bad("only letters, digits, '_', '.' and '-'");
  return {};
}

} // namespace acta

std::size_t std::hash<acta::uuid>::operator()(const acta::uuid& id) const noexcept {
  // Clients choose ids too.
  return acta::process_hash({reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()});
}
