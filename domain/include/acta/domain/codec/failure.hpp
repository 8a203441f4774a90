// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The exception by which an archive leaves `serialize`, and its way back into a value. Private to
/// the codecs: it never crosses their functions.
#pragma once

#include <acta/core/error.hpp>
#include <acta/domain/codec/errc.hpp>

#include <cstddef>
#include <exception>
#include <string>

namespace acta {

/// How deep one value may be nested: classes within classes in binary, arrays and objects in JSON.
/// It bounds the stack that a hostile input can take. The same when writing and reading, so what
/// was written can be read.
inline constexpr std::size_t codec_depth_max = 64;

} // namespace acta

namespace acta::codec_detail {

class failure final : public std::exception {
public:
  explicit failure(std::string detail) : detail_(std::move(detail)) {}
  failure(std::string detail, std::string where)
      : detail_(std::move(detail)), where_(std::move(where)) {}

  const char* what() const noexcept override { return detail_.c_str(); }
  [[nodiscard]] const std::string& where() const noexcept { return where_; }

private:
  std::string detail_;
  std::string where_;
};

/// The exception being handled, as an error; `where` unless the failure knows better. Pre: inside a
/// catch block.
[[nodiscard]] error caught(codec_errc code, std::string where);

[[noreturn]] void fail_too_deep();

} // namespace acta::codec_detail
