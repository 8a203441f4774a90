// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// `acta node`: serves the modules of a config until it is told to stop.
#include "channels.hpp"
#include "command_line.hpp"
#include "config.hpp"
#include "logging.hpp"
#include "module_loader.hpp"
#include "report.hpp"
#include "stop_signals.hpp"

#include <acta/gateway/gateway.hpp>
#include <acta/runtime.hpp>

#include <CLI/CLI.hpp>

#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <optional>
#include <string>

namespace acta::node {

namespace {

struct node_arguments {
  std::string config;
  std::optional<std::string> data;
  std::optional<std::uint16_t> port;
};

exit_code fail(logging& log, const error& e) {
  log.error(describe(e));
  return exit_code_of(e);
}

/// A runtime that has missed its deadline may take up to two seconds more, for what was decided to
/// be stored and for pictures to end. What then still runs is somebody's code that does not return.
constexpr std::chrono::seconds end_without_more_ado{3};
/// For the last lines of the log, if stderr takes them.
constexpr std::chrono::milliseconds log_patience{500};

/// For whoever waits for it on stdout. If nobody reads there and there is no room, it is left out:
/// waiting for room would keep the node from hearing that it is to end.
void tell_address(const std::string& url, logging& log) {
  log.info("listening on " + url);
  const auto line = "acta: listening on " + url + '\n';
  pollfd out{STDOUT_FILENO, POLLOUT, 0};
  if (::poll(&out, 1, 0) == 1 && (out.revents & POLLOUT) != 0 &&
      ::write(STDOUT_FILENO, line.data(), line.size()) == static_cast<ssize_t>(line.size()))
    return;
  log.warning("stdout does not take the line that the node is ready");
}

std::string_view name_of(int signal) {
  if (signal == SIGINT) return "SIGINT";
  return signal == SIGHUP ? "SIGHUP" : "SIGTERM";
}

/// In this order: whoever waits for an answer over HTTP gets it from a runtime that still runs.
exit_code stop(gateway& http, acta::runtime& serving, std::chrono::milliseconds deadline,
               logging& log) {
  const auto until = std::chrono::steady_clock::now() + deadline;
  // The runtime needs time to end its letters, even if a client does not read its answer.
  const auto answered =
      http.stop(deadline - std::min(deadline / 4, std::chrono::milliseconds{1000}));
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
  const auto stored = serving.stop(std::max(left, std::chrono::milliseconds{0}));
  if (answered && stored) return exit_code::ok; // the runtime has logged that it stopped
  log.warning("stopped; not everything was answered within node.shutdown_deadline");
  log.flush(log_patience);
  // Not by way of destructors: they wait for code that is under way, a letter or a decision, which
  // has had its time.
  ::_exit(static_cast<int>(exit_code::late));
}

exit_code serve(node_config config, node_channels channels, stop_signals& signals, logging& log) {
  acta::model model;
  const auto loaded = load_modules(config, model);
  if (!loaded) return fail(log, loaded.error());
  if (const auto unknown = unknown_settings(config, model); !unknown.empty()) {
    auto code = exit_code::usage;
    for (const auto& e : unknown) code = fail(log, e);
    return code;
  }
  for (const auto& file : *loaded) log.info("module " + file.string());
  std::string names;
  for (const auto& a : model.aggregates()) names.append(names.empty() ? "" : ", ").append(a->name);
  if (names.empty())
    log.warning("no aggregates: node.modules is empty");
  else
    log.info("aggregates: " + names);

  // First: a node that cannot be reached leaves no new store behind. Who comes before the store is
  // open is refused by the system, as if there were no node.
  auto address = reserved_address::reserve(config.http);
  if (!address) return fail(log, address.error());
  log.info("store " + config.store_path.string());
  for (const auto& note : channels.notes) log.info(note);
  config.runtime.mail = std::move(channels.mail);
  config.runtime.webhook = std::move(channels.webhook);
  config.runtime.log = config.http.log = log.sink();
  auto serving = acta::runtime::open(config.store_path, std::move(model), config.runtime);
  if (!serving) return fail(log, serving.error());

  auto http = gateway::open(*serving, config.http, std::move(*address));
  if (!http) return fail(log, http.error());
  if (signals.came() == 0) tell_address((*http)->url(), log);
  signals.wait();
  return stop(**http, *serving, config.shutdown_deadline, log);
}

/// From the first signal on, the program ends: by itself, by a second one, or by the deadline.
void promise_an_end(stop_signals& signals, std::chrono::milliseconds deadline,
                    const std::shared_ptr<logging>& log) {
  signals.when_first([log](int signal) {
    log->info(std::string(name_of(signal)) + ": stopping; " +
              (signal == SIGHUP ? "SIGINT or SIGTERM end at once" : "once more ends at once"));
  });
  signals.end_after(deadline + end_without_more_ado, static_cast<int>(exit_code::late), [log] {
    log->error("something did not end within node.shutdown_deadline; the program ends without it");
    log->flush(log_patience);
  });
}

exit_code run(const node_arguments& given) {
  stop_signals signals;
  auto outcome = read_config(given.config);
  if (!outcome.mistakes.empty()) return report(outcome.mistakes);
  auto& config = outcome.config;
  if (given.data) config.store_path = *given.data;
  if (given.port) config.http.port = *given.port;
  auto channels = make_channels(config, given.config);
  if (!channels) return report(channels.error());
  const auto log = std::make_shared<logging>(config.log_level, config.log_format);
  promise_an_end(signals, config.shutdown_deadline, log);
  const auto code = serve(std::move(config), std::move(*channels), signals, *log);
  log->flush(log_patience);
  return code;
}

} // namespace

void add_node_command(CLI::App& app, action& chosen) {
  auto given = std::make_shared<node_arguments>();
  auto* node = app.add_subcommand(
      "node", "Serve the modules of a config over HTTP until SIGINT, SIGTERM or SIGHUP");
  node->add_option("--config", given->config, "The config (TOML)")
      ->required()
      ->check(check_filled)
      ->type_name("FILE");
  node->add_option("--data", given->data, "The data directory, instead of store.path")
      ->check(check_filled)
      ->type_name("DIR");
  node->add_option("--port", given->port, "The port, instead of http.port; 0 takes a free one")
      ->check(check_port)
      ->type_name("PORT");
  node->callback([given, &chosen] { chosen = [given] { return run(*given); }; });
}

} // namespace acta::node
