// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "store_file.hpp"

#include "files.hpp"

#include <acta/persistence/errc.hpp>

#include <string>

#include <toml++/toml.h>

namespace acta::persistence {

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

result<void> write_store_file(const std::filesystem::path& path, const store_file& file) {
  const auto text =
      "# An Acta store: see docs/storage-format.md.\n"
      "format = " +
      std::to_string(store_format) + "\n" + "id = \"" + file.id.to_string() + "\"\n" +
      "partitions = " + std::to_string(file.partitions) + "\n" + "created_by = \"" +
      file.created_by + "\"\n" + "created_at = \"" + to_rfc3339(file.created_at) + "\"\n" +
      "complete = " + (file.complete ? "true" : "false") + "\n" +
      (file.contract == 0 ? "" : "contract = " + std::to_string(file.contract) + "\n");
  return write_file_atomically(path, text);
}

} // namespace acta::persistence
