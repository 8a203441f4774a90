// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What a subscriber may want done in the world outside, as values: an e-mail, a call of a webhook.
///
/// The domain says what, the host says how: runtime_options::mail and ::webhook hold a function each
/// that does it. So a subscriber is tested without a server.
#pragma once

#include <acta/core/ids.hpp>
#include <acta/core/result.hpp>
#include <acta/domain/metadata.hpp>

#include <functional>
#include <string>

namespace acta {

/// An e-mail of plain text. The sender is the channel's.
struct mail {
  std::string to;      ///< one address: `ada@example.org`
  std::string subject; ///< UTF-8, one line
  std::string text;    ///< UTF-8

  friend bool operator==(const mail&, const mail&) = default;
};

/// A POST to somebody else's server. The channel signs it.
struct webhook {
  std::string url; ///< http or https
  std::string body;
  std::string content_type = "application/json";

  friend bool operator==(const webhook&, const webhook&) = default;
};

/// One try to do something because of an event.
struct effect_context {
  acta::metadata event; ///< of the event that is the reason
  /// The same at every try, and of nothing else: by it a receiver knows a repetition.
  uuid key;
  unsigned attempt = 1;
};

/// Does it; blocks until it is done. An error of condition `invalid` says that trying again is of no
/// use (no such address); any other is tried again. Threads: several at once.
using mail_channel = std::function<result<void>(const mail&, const effect_context&)>;
using webhook_channel = std::function<result<void>(const webhook&, const effect_context&)>;

} // namespace acta
