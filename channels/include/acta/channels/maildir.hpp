// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// E-mails as files in a folder, where there is no server: for trying things out, for tests, and
/// for a program of others that fetches them.
#pragma once

#include <acta/channels/errc.hpp>
#include <acta/core/result.hpp>
#include <acta/core/time.hpp>
#include <acta/domain/effect.hpp>

#include <filesystem>
#include <functional>
#include <string>

namespace acta {

struct maildir_options {
  /// As smtp_options::from.
  std::string from = "acta@localhost";
  /// Whether the folder is made with the channel, or with the first mail: for one inside a store,
  /// which takes no folder that holds something already.
  bool make_at_once = true;
  /// Time for the header `Date`; it must not throw.
  std::function<time_point()> clock = system_now;
};

/// A channel that writes each mail to `folder/new`, in the message format of smtp_mail() with `\n`
/// at the ends of lines. The file's name is the key: a repetition replaces, and there are never two
/// of one. (Unless a reader has moved the first to `folder/cur` meanwhile; both then have one
/// Message-ID.) A mail is in `new` whole and on disk, or not at all; what a crash leaves in `tmp`
/// is removed by a later start, after 36 hours.
///
/// What is missing of the folder is made. Errors: `bad_options`, `io`. Of the channel:
/// `bad_content` is final, `io` (a full disk too) is not. Threads: the channel is called by any
/// number at once. Blocking: for two syncs.
result<mail_channel> maildir_mail(const std::filesystem::path& folder,
                                  maildir_options options = {});

} // namespace acta
