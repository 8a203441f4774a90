// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What a node is told by its config. The keys stand in keys.cpp, and only there.
#pragma once

#include <acta/channels/http.hpp>
#include <acta/channels/smtp.hpp>
#include <acta/core/result.hpp>
#include <acta/gateway/gateway.hpp>
#include <acta/runtime/options.hpp>

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace acta::node {

enum class log_format { text, json };

struct mail_config {
  smtp_options smtp; ///< without a host mails go into the maildir; no password yet
  std::filesystem::path password_file;
  std::filesystem::path maildir; ///< empty: `mail` in the store's folder
};

struct webhook_config {
  webhook_options http; ///< no secret yet
  std::filesystem::path secret_file;
};

struct node_config {
  std::vector<std::string> modules;
  /// What modules ask for: `shop.payment_deadline`. Of any name; model::setting() reads them.
  std::map<std::string, std::string> settings;
  /// Where each of them stands: `file:line:column`.
  std::map<std::string, std::string> setting_places;
  acta::log_level log_level = acta::log_level::info;
  node::log_format log_format = node::log_format::text;
  std::chrono::milliseconds shutdown_deadline = std::chrono::seconds{10};
  std::filesystem::path store_path = "./data";
  runtime_options runtime;
  gateway_options http{.port = 8080};
  mail_config mail;
  webhook_config webhook;

  /// The config's own folder, where modules are looked for; not a key.
  std::filesystem::path folder = ".";
};

/// A config, or everything that is wrong with it.
struct config_outcome {
  node_config config;
  /// `where()` is `file:line:column`, or the file alone.
  std::vector<error> mistakes;
};

/// Never throws; what the text does not say keeps its default.
config_outcome parse_config(std::string_view text, const std::string& file);
config_outcome read_config(const std::filesystem::path& file);

/// Every key with its documentation and default, as TOML: what configs/node.toml holds.
[[nodiscard]] std::string default_config_text();

} // namespace acta::node
