// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "contract_file.hpp"

#include "files.hpp"

#include <acta/core/ids.hpp>
#include <acta/persistence/errc.hpp>

#include <algorithm>
#include <charconv>
#include <set>

namespace acta::persistence {

namespace {

constexpr std::string_view first_words = "# Acta contract, checksum ";
constexpr std::string_view words_between = " of the lines below, change ";
constexpr std::string_view last_words = ". Edited by hand? Then remove this line.";
constexpr std::size_t checksum_digits = 16;

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte != 0x7f;
  });
}

constexpr std::string_view too_old =
    ": restore the newest copy. If there is none, remove line 1: then a process that began since "
    "begins with what comes, schedules may wait until one is set, and a type added since is "
    "taken as the program has it";

/// Takes one word from the front.
std::string_view next_word(std::string_view& line) {
  const auto word = line.substr(0, line.find(' '));
  line.remove_prefix(std::min(line.size(), word.size() + 1));
  return word;
}

/// 0 if there is none.
std::uint64_t number_in(std::string_view first_line) {
  const auto rest =
      first_line.substr(std::min(first_line.size(), first_words.size() + checksum_digits));
  std::uint64_t number = 0;
  if (rest.starts_with(words_between))
    std::from_chars(rest.data() + words_between.size(), rest.data() + rest.size(), number);
  return number;
}

/// Kind, name and schema, which no two lines share; empty if the line is not one of a contract.
std::string_view type_in(std::string_view line) {
  if (!is_printable(line)) return {};
  auto rest = line;
  const auto kind = next_word(rest);
  const auto name = next_word(rest);
  const auto schema = next_word(rest);
  if (kind.find_first_not_of("abcdefghijklmnopqrstuvwxyz") != std::string_view::npos ||
      kind.empty() || name.empty() || schema.empty() ||
      schema.find_first_not_of("0123456789") != std::string_view::npos)
    return {};
  return line.substr(0, kind.size() + name.size() + schema.size() + 2);
}

} // namespace

bool is_sealed_contract(std::string_view text) noexcept { return text.starts_with(first_words); }

std::string seal_contract(std::string_view lines, std::uint64_t number) {
  return std::string(first_words) + checksum_text(lines) + std::string(words_between) +
         std::to_string(number) + std::string(last_words) + '\n' + std::string(lines);
}

result<sealed_contract> unseal_contract(const std::filesystem::path& path, std::string_view text) {
  auto lines = text;
  std::uint64_t change = 0;
  std::size_t number = 0;
  if (is_sealed_contract(text)) {
    const auto said = text.substr(first_words.size(), checksum_digits);
    change = number_in(text.substr(0, text.find('\n')));
    lines.remove_prefix(std::min(text.size(), text.find('\n') + 1));
    number = 1;
    if (const auto has = checksum_text(lines); said != has)
      return error(errc::damaged_file,
                   path.string() + ": line 1 says checksum " + std::string(said) +
                       ", the lines below have " + has +
                       ": restore the file from a backup, or, if it was edited on purpose, remove "
                       "line 1");
  }
  std::set<std::string_view> types;
  for (auto rest = lines; !rest.empty();) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    ++number;
    if (line.empty() || line[0] == '#') continue;
    const auto type = type_in(line);
    const auto refused = [&](std::string_view what) {
      return error(errc::damaged_file, path.string() + ": line " + std::to_string(number) + ' ' +
                                           std::string(what) + ": restore the file from a backup");
    };
    if (type.empty()) return refused("is not 'kind name schema shape'");
    if (!types.insert(type).second) return refused("names a type for the second time");
  }
  return sealed_contract{std::string(lines), change, !types.empty()};
}

result<sealed_contract> read_contract(const std::filesystem::path& path, const store_file& about,
                                      const std::function<bool()>& has_events) {
  auto text = read_file(path);
  if (!text) return std::move(text).error();
  auto sealed = unseal_contract(path, *text);
  if (!sealed) return std::move(sealed).error();
  if (!sealed->has_types && has_events())
    return error(
        errc::damaged_file,
        path.string() +
            (text->empty() ? file_exists(path) ? " is empty" : " is missing" : " holds no type") +
            ", but the store has events: restore it from a backup");
  if (sealed->number != 0 && sealed->number < about.contract)
    return error(errc::damaged_file, path.string() + " is an older copy, of change " +
                                         std::to_string(sealed->number) + "; store.toml knows " +
                                         std::to_string(about.contract) + std::string(too_old));
  return sealed;
}

} // namespace acta::persistence
