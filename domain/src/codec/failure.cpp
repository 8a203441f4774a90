// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/domain/codec/failure.hpp>

#include <new>
#include <utility>

namespace acta {

namespace {

class codec_category final : public std::error_category {
public:
  const char* name() const noexcept override { return "acta.codec"; }
  std::string message(int value) const override {
    switch (static_cast<codec_errc>(value)) {
    case codec_errc::json_invalid:
      return "json_invalid";
    case codec_errc::decode_failed:
      return "decode_failed";
    case codec_errc::encode_failed:
      return "encode_failed";
    }
    return "unknown";
  }
  std::error_condition default_error_condition(int value) const noexcept override {
    switch (static_cast<codec_errc>(value)) {
    case codec_errc::json_invalid:
      return condition::invalid;
    case codec_errc::decode_failed:
      return condition::corrupt;
    case codec_errc::encode_failed:
      return condition::invalid;
    }
    return std::error_condition(value, *this);
  }
};

} // namespace

std::error_code make_error_code(codec_errc e) noexcept {
  static const codec_category category;
  return {static_cast<int>(e), category};
}

namespace codec_detail {

error caught(codec_errc code, std::string where) {
  try {
    throw;
  } catch (const failure& e) {
    return error(code, e.what(), e.where().empty() ? std::move(where) : e.where());
  } catch (const std::bad_alloc&) {
    return error(code); // no text: it would need memory
  } catch (const std::exception& e) {
    return error(code, e.what(), std::move(where));
  } catch (...) {
    return error(code, "an exception that is not a std::exception", std::move(where));
  }
}

void fail_too_deep(bool of_json) {
  throw failure("nested deeper than " +
                (of_json ? std::to_string(json_depth_max) + " arrays and objects"
                         : std::to_string(codec_depth_max) + " classes"));
}

} // namespace codec_detail
} // namespace acta
