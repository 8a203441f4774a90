// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// How a node's e-mails and webhooks go out.
#pragma once

#include "config.hpp"

#include <string>
#include <vector>

namespace acta::node {

struct node_channels {
  mail_channel mail;
  webhook_channel webhook;
  std::vector<std::string> notes; ///< for the log: where things go, and what is not safe
};

/// Reads the files with secrets; makes no folder and opens no connection. `file` is the config's
/// name. Errors: `config_invalid`: a file that cannot be read, naming its key; options that the
/// channels refuse.
result<node_channels> make_channels(const node_config& config, const std::string& file);

} // namespace acta::node
