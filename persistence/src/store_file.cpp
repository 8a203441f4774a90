// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "store_file.hpp"

#include "files.hpp"

#include <acta/persistence/errc.hpp>

#include <algorithm>
#include <array>
#include <string>

#include <toml++/toml.h>

namespace acta::persistence {

namespace {

/// Begins the last line.
constexpr std::string_view checksum_key = "checksum = ";

std::string checksum_line(std::string_view lines) {
  return std::string(checksum_key) + '"' + checksum_text(lines) + "\"\n";
}

/// An operator who edits the file writes this in place of the checksum. A missing checksum cannot
/// mean the same: a file that was cut short has none either.
constexpr std::string_view edited = "edited";
constexpr std::string_view if_edited =
    ". The file is not to be edited; if it was, and on purpose, write checksum = \"edited\" as its "
    "last line";

/// Another count of partitions would lead streams to partitions where they never were.
/// @returns what is wrong with the checksum, or nothing.
std::string wrong_checksum(std::string_view text) {
  const auto before = text.rfind('\n' + std::string(checksum_key));
  const auto lines = text.substr(0, before == std::string_view::npos ? 0 : before + 1);
  const auto should = checksum_line(lines);
  if (text.substr(lines.size()) == should) return {};
  return "the last line is not " + should.substr(0, should.size() - 1) +
         ", which the lines above it have: restore the file from a backup" + std::string(if_edited);
}

/// A file without a checksum has nothing that no program ever wrote: a key in which a bit has
/// turned is not one that is missing.
std::string unknown_key(const toml::table& table) {
  constexpr std::array<std::string_view, 8> known{
      "format", "id", "partitions", "created_by", "created_at", "complete", "contract", "checksum"};
  for (const auto& [key, value] : table)
    if (std::ranges::find(known, key.str()) == known.end()) return std::string(key.str());
  return {};
}

} // namespace

result<store_file> read_store_file(const std::filesystem::path& path) {
  auto text = read_file(path);
  if (!text) return std::move(text).error();
  const auto refused = [&](const std::string& what) {
    return error(errc::wrong_format, path.string() + ": " + what);
  };
  toml::table table;
  try { // Debian's library is built with exceptions; here is where they end
    table = toml::parse(std::string_view(*text));
  } catch (const toml::parse_error& e) {
    return refused("line " + std::to_string(e.source().begin.line) + ": " +
                   std::string(e.description()));
  }
  const auto format = table["format"].value<std::int64_t>();
  if (!format) return refused("no key 'format'; expected format = " + std::to_string(store_format));
  if (*format != store_format)
    return refused("the store has format " + std::to_string(*format) +
                   ", this program reads format " + std::to_string(store_format));
  store_file file;
  file.is_edited = table["checksum"].value_or(std::string_view{}) == edited;
  file.is_sealed = table.contains("checksum") && !file.is_edited;
  const auto damage = file.is_sealed ? wrong_checksum(*text) : std::string();
  if (!damage.empty()) return error(errc::damaged_file, path.string() + ": " + damage);
  if (!file.is_sealed && !file.is_edited && table.contains("complete"))
    return store_file_is_cut(path);
  if (const auto key = unknown_key(table); !key.empty())
    return refused("key '" + key + "' is not known");
  const auto id = uuid::parse(table["id"].value_or(std::string_view{}));
  if (!id || id->is_nil()) return refused("key 'id' is missing or not a uuid");
  file.id = *id;
  const auto partitions = table["partitions"].value_or(std::int64_t{0});
  if (partitions < 1 || partitions > 1024)
    return refused("key 'partitions' is missing or not 1..1024");
  file.partitions = static_cast<std::uint32_t>(partitions);
  file.created_by = table["created_by"].value_or(std::string{});
  if (const auto at = parse_rfc3339(table["created_at"].value_or(std::string_view{})))
    file.created_at = *at;
  file.complete = table["complete"].value_or(false);
  const auto contract = table["contract"].value_or(std::int64_t{0});
  if (contract < 0) return refused("key 'contract' is below 0");
  file.contract = static_cast<std::uint64_t>(contract);
  return file;
}

error store_file_is_cut(const std::filesystem::path& path) {
  return error(errc::damaged_file,
               path.string() +
                   ": its last line, the checksum, is missing, so more may be: restore "
                   "the file from a backup" +
                   std::string(if_edited));
}

result<void> write_store_file(const std::filesystem::path& path, const store_file& file) {
  auto text = "# An Acta store: see docs/storage-format.md.\n"
              "format = " +
              std::to_string(store_format) + "\n" + "id = \"" + file.id.to_string() + "\"\n" +
              "partitions = " + std::to_string(file.partitions) + "\n" + "created_by = \"" +
              file.created_by + "\"\n" + "created_at = \"" + to_rfc3339(file.created_at) + "\"\n" +
              "complete = " + (file.complete ? "true" : "false") + "\n" +
              (file.contract == 0 ? "" : "contract = " + std::to_string(file.contract) + "\n");
  text += checksum_line(text);
  return write_file_atomically(path, text);
}

} // namespace acta::persistence
