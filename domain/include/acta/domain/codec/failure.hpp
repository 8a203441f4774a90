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
#include <utility>

namespace acta {

/// How deep classes may stand within classes. It bounds the stack that a hostile input can take.
/// The same in binary and in JSON, when writing and when reading: what one can carry the others
/// can.
inline constexpr std::size_t codec_depth_max = 64;
/// Arrays and objects of JSON within each other, in all: a type may have several between a class
/// and the next (an array of variants has two), so there are more of them than classes.
inline constexpr std::size_t json_depth_max = 512;

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

/// @param of_json  the bound that was met is `json_depth_max`
[[noreturn]] void fail_too_deep(bool of_json = false);

} // namespace acta::codec_detail
