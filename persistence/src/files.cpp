// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "files.hpp"

#include "unique_fd.hpp"
#include "xxh3.hpp"

#include <acta/persistence/errc.hpp>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

namespace acta::persistence {

namespace {

error os_error(int code, std::string_view doing, const std::filesystem::path& path) {
  const auto full = code == ENOSPC || code == EDQUOT || code == EFBIG;
  return error(full ? errc::store_full : errc::io,
               std::string(doing) + ' ' + path.string() + ": " + std::strerror(code));
}

} // namespace

bool file_exists(const std::filesystem::path& path) noexcept {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

result<void> make_folders(const std::filesystem::path& folder) {
  std::error_code code;
  if (folder.empty() || std::filesystem::is_directory(folder, code)) return {};
  const auto parent = folder.has_parent_path() ? folder.parent_path() : std::filesystem::path(".");
  if (parent != folder)
    if (auto made = make_folders(parent); !made) return made;
  code.clear();
  std::filesystem::create_directory(folder, code);
  if (code) return os_error(code.value(), "creating", folder);
  auto synced = sync_folder(parent);
  // So that who comes next does not find it, and take it for safe.
  if (!synced) std::filesystem::remove(folder, code);
  return synced;
}

result<void> sync_folder(const std::filesystem::path& folder) {
  const unique_fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return os_error(errno, "opening", folder);
  // Some file systems cannot sync a directory and say EINVAL; there is nothing more to be done
  // then.
  if (::fsync(fd.get()) != 0 && errno != EINVAL) return os_error(errno, "syncing", folder);
  return {};
}

std::string checksum_text(std::string_view lines) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx",
                static_cast<unsigned long long>(XXH3_64bits(lines.data(), lines.size())));
  return text;
}

namespace {

result<void> write_and_sync(const std::filesystem::path& path, std::string_view text) {
  const unique_fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640));
  if (!fd) return os_error(errno, "creating", path);
  for (auto rest = text; !rest.empty();) {
    const auto wrote = ::write(fd.get(), rest.data(), rest.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return os_error(errno, "writing", path);
    rest.remove_prefix(static_cast<std::size_t>(wrote));
  }
  if (::fsync(fd.get()) != 0) return os_error(errno, "syncing", path);
  return {};
}

} // namespace

result<void> write_file_atomically(const std::filesystem::path& path, std::string_view text) {
  auto scratch = path;
  scratch += ".tmp";
  auto written = write_and_sync(scratch, text);
  if (written && ::rename(scratch.c_str(), path.c_str()) != 0)
    written = os_error(errno, "renaming to", path);
  if (!written) {
    ::unlink(scratch.c_str()); // it is of no use, and a full disk is short of its blocks
    return written;
  }
  return sync_folder(path.has_parent_path() ? path.parent_path() : std::filesystem::path("."));
}

result<std::string> read_file(const std::filesystem::path& path) {
  const unique_fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) {
    if (errno == ENOENT) return std::string{};
    return os_error(errno, "opening", path);
  }
  std::string text;
  char chunk[16384];
  for (;;) {
    const auto got = ::read(fd.get(), chunk, sizeof chunk);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return os_error(errno, "reading", path);
    if (got == 0) return text;
    text.append(chunk, static_cast<std::size_t>(got));
  }
}

result<temporary_folder> temporary_folder::make(std::string_view prefix) {
  std::error_code code;
  const auto all = std::filesystem::temp_directory_path(code);
  if (code)
    return error(errc::io, "looking for the folder of temporary files (TMPDIR): " + code.message());
  auto path = (all / (std::string(prefix) + "XXXXXX")).string();
  if (::mkdtemp(path.data()) == nullptr) return os_error(errno, "creating", path);
  return temporary_folder(path);
}

temporary_folder::~temporary_folder() {
  if (!path_.empty()) { auto ignored = remove(); }
}

result<void> temporary_folder::remove() {
  std::error_code code;
  std::filesystem::remove_all(path_, code);
  if (code) return os_error(code.value(), "removing", path_);
  path_.clear();
  return {};
}

} // namespace acta::persistence
