// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "channels.hpp"

#include "errc.hpp"

#include <acta/channels/maildir.hpp>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace acta::node {

namespace {

/// More is somebody's data file given by mistake.
constexpr std::size_t secret_bytes_max = 4096;

class making {
public:
  making(const node_config& config, const std::string& file) : config_(config), file_(file) {}

  result<node_channels> all() {
    node_channels made;
    auto mail = config_.mail.smtp.host.empty() ? maildir(made) : smtp(made);
    if (!mail) return std::move(mail).error();
    made.mail = std::move(*mail);
    auto webhook = http(made);
    if (!webhook) return std::move(webhook).error();
    made.webhook = std::move(*webhook);
    return made;
  }

private:
  error invalid(std::string what) const {
    return error(errc::config_invalid, std::move(what), file_);
  }
  error refused(std::string_view section, const error& why) const {
    return invalid("'" + std::string(section) + "': " + std::string(why.detail()));
  }
  /// Relative ones lie beside the config; an empty one stays empty.
  [[nodiscard]] std::filesystem::path beside_config(const std::filesystem::path& name) const {
    return name.empty() ? name : config_.folder / name;
  }

  result<std::string> secret(std::string_view key, const std::filesystem::path& name) const {
    if (name.empty()) return std::string{};
    const auto path = beside_config(name);
    const auto unreadable = [&](std::string_view why) {
      return invalid("'" + std::string(key) + "': " + path.string() + ": " + std::string(why));
    };
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored)) return unreadable("is a directory");
    std::ifstream in(path, std::ios::binary);
    if (!in) return unreadable(std::strerror(errno));
    std::string text(secret_bytes_max + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (in.bad()) return unreadable("cannot be read");
    if (text.size() > secret_bytes_max) return unreadable("is larger than 4096 bytes");
    if (text.ends_with('\n')) text.pop_back();
    if (text.ends_with('\r')) text.pop_back();
    if (text.empty()) return unreadable("is empty");
    return text;
  }

  result<mail_channel> smtp(node_channels& made) const {
    auto options = config_.mail.smtp;
    auto password = secret("mail.password_file", config_.mail.password_file);
    if (!password) return std::move(password).error();
    options.password = std::move(*password);
    options.ca_file = beside_config(options.ca_file);
    auto channel = smtp_mail(options);
    if (!channel) return refused("mail", channel.error());
    made.notes.push_back("mails go to " + options.host + ':' + std::to_string(options.port) +
                         ", from " + options.from +
                         (options.security == smtp_security::none ? ", not encrypted" : ""));
    return channel;
  }

  result<mail_channel> maildir(node_channels& made) const {
    const auto& wanted = config_.mail.maildir;
    const auto folder = wanted.empty() ? config_.store_path / "mail" : wanted;
    maildir_options options{.make_at_once = false};
    if (!config_.mail.smtp.from.empty()) options.from = config_.mail.smtp.from;
    auto channel = maildir_mail(folder, options);
    if (!channel) return refused("mail", channel.error());
    made.notes.push_back("no mail.server: mails go into the maildir " + folder.string());
    return channel;
  }

  result<webhook_channel> http(node_channels& made) const {
    auto options = config_.webhook.http;
    auto shared = secret("webhook.secret_file", config_.webhook.secret_file);
    if (!shared) return std::move(shared).error();
    options.secret = std::move(*shared);
    options.ca_file = beside_config(options.ca_file);
    auto channel = http_webhook(options);
    if (!channel) return refused("webhook", channel.error());
    if (options.secret.empty())
      made.notes.push_back("no webhook.secret_file: webhooks are not signed");
    return channel;
  }

  const node_config& config_;
  const std::string& file_;
};

} // namespace

result<node_channels> make_channels(const node_config& config, const std::string& file) {
  return making(config, file).all();
}

} // namespace acta::node
