// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/domain/mail_address.hpp>

#include <algorithm>
#include <cstddef>

namespace acta {

namespace {

constexpr std::size_t address_bytes_max = 254;
constexpr std::size_t local_bytes_max = 64;
constexpr std::size_t label_bytes_max = 63;

bool is_alphanumeric(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Parts between dots, none of them empty, each of characters that `takes` takes.
template <class F> bool is_dotted(std::string_view text, std::size_t part_bytes_max, F&& takes) {
  std::size_t part = 0;
  for (const char c : text) {
    if (c == '.') {
      if (part == 0) return false;
      part = 0;
    } else if (!takes(c) || ++part > part_bytes_max) {
      return false;
    }
  }
  return part != 0;
}

bool is_local_part(std::string_view text) {
  return text.size() <= local_bytes_max && is_dotted(text, local_bytes_max, [](char c) {
           return is_alphanumeric(c) ||
                  std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
         });
}

bool is_domain(std::string_view text) {
  return !text.starts_with('-') && !text.ends_with('-') &&
         text.find("-.") == std::string_view::npos && text.find(".-") == std::string_view::npos &&
         is_dotted(text, label_bytes_max, [](char c) { return is_alphanumeric(c) || c == '-'; });
}

} // namespace

std::string_view mistake_in_mail_address(std::string_view address) noexcept {
  if (address.empty()) return "is empty";
  if (address.size() > address_bytes_max) return "is longer than 254 bytes";
  const auto at = address.rfind('@');
  if (at == std::string_view::npos) return "is not an address of the form local@domain";
  const auto local = address.substr(0, at), domain = address.substr(at + 1);
  const auto is_other_script = [](char c) { return static_cast<unsigned char>(c) >= 0x80; };
  if (std::any_of(domain.begin(), domain.end(), is_other_script))
    return "has a domain in letters beyond ASCII; write its ASCII form, which begins with xn--";
  if (!is_local_part(local))
    return "does not have 1 to 64 ASCII letters, digits or signs before its @, in parts between "
           "single dots";
  if (!is_domain(domain))
    return "does not have a domain behind its @: labels of 1 to 63 letters, digits and hyphens, "
           "between single dots";
  return {};
}

} // namespace acta
