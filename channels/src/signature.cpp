// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "signature.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace acta::channels {

std::string signature(std::string_view secret, std::string_view timestamp, std::string_view body) {
  auto signed_text = std::string(timestamp) + '.';
  signed_text += body;
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (::HMAC(::EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
             reinterpret_cast<const unsigned char*>(signed_text.data()), signed_text.size(), digest,
             &size) == nullptr)
    return {};
  static constexpr char digits[] = "0123456789abcdef";
  std::string text = "v1=";
  for (unsigned i = 0; i < size; ++i) text.append({digits[digest[i] >> 4], digits[digest[i] & 15]});
  return text;
}

} // namespace acta::channels
