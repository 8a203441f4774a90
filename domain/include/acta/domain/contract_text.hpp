// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Lines of a contract, `event account.credited 1 {cents:i64}`, and what is to be written into a
/// program whose types are not those of its contract: C++ to copy. Private to Acta: stores use it
/// (runtime), and a project's own tests (testing/contract.hpp).
#pragma once

#include <acta/domain/codec/shape.hpp>
#include <acta/domain/model.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace acta::detail::contract_text {

inline constexpr std::string_view event_line = "event ";
inline constexpr std::string_view input_line = "input ";
/// Of the form of all lines: kind name number.
inline constexpr std::string_view form_line = "contract form ";

/// `event account.credited 1` -> `{cents:i64}`; empty lines and comments are left out.
[[nodiscard]] std::map<std::string, std::string> lines_of(std::string_view text);
/// `event account.credited 2` -> name and schema. Pre: it is one.
[[nodiscard]] std::pair<std::string, std::uint16_t> type_in(std::string_view line);
/// `credited` of `account.credited`, `rejected.credit` of `transfer.rejected.credit`.
[[nodiscard]] inline std::string_view type_of(std::string_view name) {
  return name.substr(name.find('.') + 1);
}
/// `account` of `account.credited`.
[[nodiscard]] inline std::string_view owner_of(std::string_view name) {
  return name.substr(0, name.find('.'));
}

/// What a program has for an event's line.
struct event_reading {
  const aggregate_type* aggregate = nullptr; ///< null: not even that
  event_versions versions;                   ///< name is empty: none
  event_reader reader;                       ///< none set: the line cannot be read

  [[nodiscard]] bool can_read() const noexcept {
    return reader.present != nullptr || reader.earlier != nullptr;
  }
};
[[nodiscard]] event_reading reading_of_event(const model& program, std::string_view line);
/// What a program has for an input's line.
struct input_reading {
  std::shared_ptr<const process_type> process; ///< null: not even that
  const command_type* input = nullptr;
  bool is_retired = false;
  bool can_read = false; ///< or it is retired
};
[[nodiscard]] input_reading reading_of_input(const model& program, std::string_view line);

/// For another shape of a version that the program has: how to make it a new one; of an older
/// version, what it must be.
/// @param stored  the shape as it was
[[nodiscard]] std::string advice_for_change(const model& program, std::string_view line,
                                            std::string_view stored);
/// For what no type of the program reads.
[[nodiscard]] std::string advice_for_missing(const model& program, std::string_view line,
                                             std::string_view stored);

} // namespace acta::detail::contract_text
