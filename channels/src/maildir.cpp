// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/channels/maildir.hpp>

#include "message.hpp"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>

#include <fcntl.h>
#include <unistd.h>

namespace acta {

namespace {

using namespace channels;
namespace fs = std::filesystem;

/// The age at which everybody may take a file in tmp for left over (maildir(5)).
constexpr std::chrono::hours leftover_age{36};

error os_error(int code, std::string_view doing, const fs::path& path) {
  return error(channel_errc::io,
               std::string(doing) + ' ' + path.string() + ": " + std::strerror(code));
}

class file_descriptor {
public:
  explicit file_descriptor(int fd) noexcept : fd_(fd) {}
  ~file_descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  file_descriptor(const file_descriptor&) = delete;
  file_descriptor& operator=(const file_descriptor&) = delete;
  [[nodiscard]] int get() const noexcept { return fd_; }

private:
  const int fd_;
};

result<void> sync_folder(const fs::path& folder) {
  const file_descriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0) return os_error(errno, "opening", folder);
  // Some file systems cannot sync a folder, and say EINVAL.
  if (::fsync(fd.get()) != 0 && errno != EINVAL) return os_error(errno, "syncing", folder);
  return {};
}

/// Makes what is missing of the path, so that a power loss does not take it back.
result<void> make_folders(const fs::path& folder) {
  std::error_code code;
  if (folder.empty() || fs::is_directory(folder, code)) return {};
  const auto parent = folder.has_parent_path() ? folder.parent_path() : fs::path(".");
  if (parent != folder)
    if (auto made = make_folders(parent); !made) return made;
  code.clear();
  fs::create_directory(folder, code);
  if (code) return os_error(code.value(), "creating", folder);
  return sync_folder(parent);
}

result<void> write_file(const fs::path& path, std::string_view text) {
  const file_descriptor fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (fd.get() < 0) return os_error(errno, "creating", path);
  while (!text.empty()) {
    const auto wrote = ::write(fd.get(), text.data(), text.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return os_error(errno, "writing", path);
    text.remove_prefix(static_cast<std::size_t>(wrote));
  }
  if (::fsync(fd.get()) != 0) return os_error(errno, "syncing", path);
  return {};
}

class maildir {
public:
  maildir(const fs::path& folder, sender from, maildir_options options)
      : tmp_(folder / "tmp"), new_(folder / "new"), cur_(folder / "cur"), from_(std::move(from)),
        options_(std::move(options)) {}

  /// Threads: several at once do the same, and find it done.
  result<void> make() {
    for (const auto* folder : {&tmp_, &new_, &cur_})
      if (auto made = make_folders(*folder); !made) return made;
    if (!made_.exchange(true)) remove_leftovers();
    return {};
  }

  result<void> send(const mail& m, const effect_context& why) {
    const auto message = compose(from_, m, why, options_.clock());
    if (!message) return message.error();
    if (!made_)
      if (auto made = make(); !made) return made;
    const auto name = why.key.to_string();
    // A name of its own in tmp: two calls with one key must not write into one file.
    const auto scratch = tmp_ / (name + '.' + uuid::random().to_string());
    const auto path = new_ / name;
    auto written = write_file(scratch, *message);
    if (written && ::rename(scratch.c_str(), path.c_str()) != 0)
      written = os_error(errno, "renaming to", path);
    if (!written) {
      ::unlink(scratch.c_str());
      made_ = false; // the folder may have been taken away
      return written;
    }
    return sync_folder(new_);
  }

private:
  /// What cannot be removed does no harm.
  void remove_leftovers() const {
    std::error_code ignored;
    const auto now = fs::file_time_type::clock::now();
    for (fs::directory_iterator at(tmp_, ignored), end; !ignored && at != end;
         at.increment(ignored)) {
      std::error_code gone;
      const auto written = fs::last_write_time(at->path(), gone);
      if (!gone && now - written > leftover_age) ::unlink(at->path().c_str());
    }
  }

  const fs::path tmp_;
  const fs::path new_;
  const fs::path cur_;
  const sender from_;
  const maildir_options options_;
  std::atomic<bool> made_ = false;
};

} // namespace

result<mail_channel> maildir_mail(const std::filesystem::path& folder, maildir_options options) {
  auto from = parse_sender(options.from);
  if (!from) return error(channel_errc::bad_options, "from: " + std::string(from.error().detail()));
  if (folder.empty()) return error(channel_errc::bad_options, "the folder has no name");
  const bool at_once = options.make_at_once;
  auto channel = std::make_shared<maildir>(folder, std::move(*from), std::move(options));
  if (at_once)
    if (auto made = channel->make(); !made) return std::move(made).error();
  return mail_channel(
      [channel](const mail& m, const effect_context& why) { return channel->send(m, why); });
}

} // namespace acta
