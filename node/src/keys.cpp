// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "keys.hpp"

#include "errc.hpp"

#include <acta/core/units.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>
#include <type_traits>

namespace acta::node {

namespace {

using std::chrono::microseconds;

constexpr std::uint64_t no_limit = std::numeric_limits<std::int64_t>::max();

result<void> out_of_range(const std::string& low, const std::string& high) {
  return error(errc::config_invalid, "must be " + low + ".." + high);
}

std::string toml_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out += '"';
}

/// Fields of the config and of the options in it, by pointers to member: `field<&node_config::http,
/// &gateway_options::port>`.
template <auto First, auto... Rest> auto& at(auto& object) {
  if constexpr (sizeof...(Rest) == 0)
    return object.*First;
  else
    return at<Rest...>(object.*First);
}

template <std::uint64_t Low, std::uint64_t High, auto... Path> struct integer {
  static result<void> set(node_config& c, const key_value& v) {
    const auto value = std::get<std::int64_t>(v);
    if (value < 0 || static_cast<std::uint64_t>(value) < Low ||
        static_cast<std::uint64_t>(value) > High)
      return out_of_range(std::to_string(Low), std::to_string(High));
    auto& field = at<Path...>(c);
    field = static_cast<std::remove_reference_t<decltype(field)>>(value);
    return {};
  }
  static std::string get(const node_config& c) { return std::to_string(at<Path...>(c)); }
};

template <std::uint64_t Low, std::uint64_t High, auto... Path> struct size {
  static result<void> set(node_config& c, const key_value& v) {
    const auto value = std::get<std::uint64_t>(v);
    if (value < Low || value > High) return out_of_range(format_size(Low), format_size(High));
    at<Path...>(c) = static_cast<std::size_t>(value);
    return {};
  }
  static std::string get(const node_config& c) { return toml_string(format_size(at<Path...>(c))); }
};

/// Low and High in microseconds.
template <std::int64_t Low, std::int64_t High, auto... Path> struct duration {
  static result<void> set(node_config& c, const key_value& v) {
    const auto value = std::get<microseconds>(v);
    if (value < microseconds{Low} || value > microseconds{High})
      return out_of_range(format_duration(microseconds{Low}), format_duration(microseconds{High}));
    auto& field = at<Path...>(c);
    using type = std::remove_reference_t<decltype(field)>;
    field = std::chrono::duration_cast<type>(value);
    if (field != value)
      return error(
          errc::config_invalid,
          "must be a whole number of " +
              format_duration(std::chrono::duration_cast<microseconds>(type{1})).substr(1));
    return {};
  }
  static std::string get(const node_config& c) {
    return toml_string(format_duration(std::chrono::duration_cast<microseconds>(at<Path...>(c))));
  }
};

constexpr std::int64_t ms = 1'000;
constexpr std::int64_t s = 1'000 * ms;
constexpr std::int64_t h = 3'600 * s;
constexpr std::int64_t d = 24 * h;

template <auto... Path> struct text {
  static result<void> set(node_config& c, const key_value& v) {
    const auto& value = std::get<std::string>(v);
    if (value.empty()) return error(errc::config_invalid, "must not be empty");
    at<Path...>(c) = value;
    return {};
  }
  static std::string get(const node_config& c) {
    if constexpr (requires { at<Path...>(c).string(); })
      return toml_string(at<Path...>(c).string());
    else
      return toml_string(at<Path...>(c));
  }
};

/// May be empty, which the key's documentation explains.
template <auto... Path> struct text_or_none : text<Path...> {
  static result<void> set(node_config& c, const key_value& v) {
    at<Path...>(c) = std::get<std::string>(v);
    return {};
  }
};

template <auto... Path> struct mail_sender : text<Path...> {
  static result<void> set(node_config& c, const key_value& v) {
    const auto& value = std::get<std::string>(v);
    if (value.empty()) return text_or_none<Path...>::set(c, v);
    if (auto ok = check_mail_from(value); !ok)
      return error(errc::config_invalid, "is refused: " + std::string(ok.error().detail()));
    at<Path...>(c) = value;
    return {};
  }
};

template <auto... Path> struct texts {
  static result<void> set(node_config& c, const key_value& v) {
    at<Path...>(c) = std::get<std::vector<std::string>>(v);
    return {};
  }
  static std::string get(const node_config& c) {
    std::string out = "[";
    for (const auto& item : at<Path...>(c))
      out.append(out.size() == 1 ? "" : ", ").append(toml_string(item));
    return out += ']';
  }
};

/// Each of them is checked here, where its line is known.
template <auto... Path> struct hosts : texts<Path...> {
  static result<void> set(node_config& c, const key_value& v) {
    gateway_options only;
    only.allowed_hosts = std::get<std::vector<std::string>>(v);
    if (auto ok = gateway::check(only); !ok)
      return error(errc::config_invalid, "is refused: " + std::string(ok.error().detail()));
    return texts<Path...>::set(c, v);
  }
};

constexpr std::array level_names{
    std::pair{acta::log_level::debug, "debug"}, std::pair{acta::log_level::info, "info"},
    std::pair{acta::log_level::warning, "warning"}, std::pair{acta::log_level::error, "error"}};
constexpr std::array format_names{std::pair{log_format::text, "text"},
                                  std::pair{log_format::json, "json"}};

constexpr std::array security_names{std::pair{smtp_security::none, "none"},
                                    std::pair{smtp_security::starttls, "starttls"},
                                    std::pair{smtp_security::tls, "tls"}};
constexpr std::array plain_http_names{std::pair{plain_http::never, "never"},
                                      std::pair{plain_http::loopback, "loopback"},
                                      std::pair{plain_http::anywhere, "anywhere"}};

template <const auto& Names, auto... Path> struct choice {
  static result<void> set(node_config& c, const key_value& v) {
    const auto& value = std::get<std::string>(v);
    std::string known;
    for (const auto& [meaning, name] : Names) {
      if (value == name) {
        at<Path...>(c) = meaning;
        return {};
      }
      known.append(known.empty() ? "" : ", ").append(toml_string(name));
    }
    return error(errc::config_invalid,
                 "is " + toml_string(value.substr(0, 100)) + ", but must be one of " + known);
  }
  static std::string get(const node_config& c) {
    for (const auto& [meaning, name] : Names)
      if (meaning == at<Path...>(c)) return toml_string(name);
    return {};
  }
};

template <class Field>
constexpr key make(std::string_view section, std::string_view name, key_type type,
                   std::string_view doc) {
  return {section, name, type, doc, &Field::set, &Field::get};
}

using nc = node_config;
using ro = runtime_options;
using po = projection_options;
using go = gateway_options;
using mc = mail_config;
using so = smtp_options;
using wc = webhook_config;
using wo = webhook_options;

constexpr std::array sections{
    section{"node", "The program itself."},
    section{"store", "Where and how events are kept."},
    section{"runtime", "Aggregates in memory."},
    section{"projections", "Views, queries and subscriptions."},
    section{"http", "The gateway."},
    section{"mail",
            "How the modules' e-mails go out: to an SMTP server, or as files into a maildir. "
            "Relative file names\nstart at this file's folder."},
    section{"webhook",
            "How the modules' webhooks go out, calls of other people's servers. Relative "
            "file names start at this\nfile's folder."},
};

constexpr std::array keys{
    make<texts<&nc::modules>>(
        "node", "modules", key_type::texts,
        "Shared objects with the domains to serve. A name without a folder, or a relative one, is "
        "looked for\n"
        "beside this file, then in ../lib from the program, then by the system's loader."),
    make<choice<level_names, &nc::log_level>>(
        "node", "log_level", key_type::text,
        "\"debug\", \"info\", \"warning\" or \"error\"; lines go to stderr."),
    make<choice<format_names, &nc::log_format>>(
        "node", "log_format", key_type::text,
        "\"text\" for people, \"json\" (one object a line) for programs."),
    make<duration<1 * ms, 1 * h, &nc::shutdown_deadline>>(
        "node", "shutdown_deadline", key_type::duration,
        "How long SIGINT, SIGTERM or SIGHUP wait for requests and commands under way. Three "
        "seconds later at the latest the\nprogram ends, with 6, whatever still runs. 1ms..1h."),

    make<text<&nc::store_path>>("store", "path", key_type::text,
                                "The data directory; made if it is missing. A relative one starts "
                                "at the working directory."),
    make<integer<0, 1024, &nc::runtime, &ro::partitions>>(
        "store", "partitions", key_type::integer,
        "Partitions of a new store, 1..1024; 0 takes an existing store's count, or 1. Durable: it "
        "cannot be changed here later."),
    make<size<1 << 20, no_limit, &nc::runtime, &ro::journal_map_bytes>>(
        "store", "journal_map", key_type::size,
        "Address space of the journal, per partition: more events than that are refused with "
        "store_full. Sparse: no disk is\n"
        "used ahead."),
    make<size<1 << 20, no_limit, &nc::runtime, &ro::derived_map_bytes>>(
        "store", "derived_map", key_type::size, "The same for index and snapshots."),
    make<size<1 << 20, std::uint64_t{1} << 40, &nc::runtime, &ro::journal_queue_bytes_max>>(
        "store", "journal_queue", key_type::size,
        "Records waiting for the journal; beyond them commands are answered 429 overloaded. Cost: "
        "that much memory."),
    make<duration<0, 50, &nc::runtime, &ro::journal_linger>>(
        "store", "journal_linger", key_type::duration,
        "How long an idle journal waits for company after the first record. 0us..50us. Cost: "
        "latency of a lone writer."),
    make<integer<1, 1 << 24, &nc::runtime, &ro::index_commits_max>>(
        "store", "index_commits", key_type::integer,
        "The index is written when this many commits wait. Cost of more: memory, and commits to "
        "read again after a crash."),
    make<duration<1 * ms, 1 * h, &nc::runtime, &ro::index_delay_max>>(
        "store", "index_delay", key_type::duration,
        "Or this long after the first of them. 1ms..1h."),
    make<duration<1 * h, 3650 * d, &nc::runtime, &ro::dedupe_keep>>(
        "store", "dedupe_keep", key_type::duration,
        "How long a retry with the same Idempotency-Key is recognised. 1h..3650d, whole hours."),

    make<integer<0, 1024, &nc::runtime, &ro::worker_threads>>(
        "runtime", "worker_threads", key_type::integer,
        "Threads that run aggregates; 0 means one per core, at least two."),
    make<integer<1, 1 << 30, &nc::runtime, &ro::outstanding_max>>(
        "runtime", "outstanding_max", key_type::integer,
        "Commands accepted and not yet answered; beyond them 429 overloaded. Cost: about 1 KB "
        "each."),
    make<integer<1, 1 << 30, &nc::runtime, &ro::inbox_max>>(
        "runtime", "inbox_max", key_type::integer,
        "Commands waiting for one aggregate; beyond them 429 overloaded."),
    make<integer<1, 1 << 30, &nc::runtime, &ro::resident_max>>(
        "runtime", "resident_max", key_type::integer,
        "Aggregates in memory; the least recently used leave first. Cost: about 1.5 KB each and "
        "the state."),
    make<integer<1, 65536, &nc::runtime, &ro::recoveries_max>>(
        "runtime", "recoveries_max", key_type::integer,
        "Long replays that may go on at the same time."),
    make<integer<1, 1000, &nc::runtime, &ro::replay_attempts>>(
        "runtime", "replay_attempts", key_type::integer,
        "A failing replay is tried this often; then the stream is quarantined."),
    make<duration<1 * ms, 1 * h, &nc::runtime, &ro::restart_backoff_min>>(
        "runtime", "restart_backoff_min", key_type::duration,
        "Pause before the second attempt; it doubles up to the maximum."),
    make<duration<1 * ms, 1 * h, &nc::runtime, &ro::restart_backoff_max>>(
        "runtime", "restart_backoff_max", key_type::duration,
        "The longest pause between attempts."),

    make<integer<0, 1024, &nc::runtime, &ro::projections, &po::threads>>(
        "projections", "threads", key_type::integer,
        "Threads that fold events into views; 0 means as many as there are views, at least one and "
        "at most four."),
    make<size<1 << 20, no_limit, &nc::runtime, &ro::projections, &po::map_bytes>>(
        "projections", "map", key_type::size,
        "Address space of one view: it stops with store_full when its rows need more. Sparse: no "
        "disk is used ahead."),
    make<size<0, std::uint64_t{1} << 40, &nc::runtime, &ro::projections, &po::tail_bytes_max>>(
        "projections", "tail", key_type::size,
        "Newest commits kept in memory, per partition, for views and event streams. Cost: that "
        "much "
        "memory; who is further\n"
        "behind reads the journal."),
    make<duration<10 * ms, 24 * h, &nc::runtime, &ro::projections, &po::picture_age_max>>(
        "projections", "picture_age", key_type::duration,
        "A picture of the views held longer is ended: it keeps their files from reusing space. "
        "10ms..24h."),
    make<size<0, std::uint64_t{1} << 40, &nc::runtime, &ro::projections,
              &po::query_cache_bytes_max>>(
        "projections", "query_cache", key_type::size,
        "Memory of cached answers; the least recently used leave first. 0B caches nothing."),

    make<text<&nc::http, &go::address>>("http", "address", key_type::text,
                                        "Numeric address to listen on. Only 127.0.0.0/8 and ::1 "
                                        "are accepted: there is no authentication and no TLS yet."),
    make<hosts<&nc::http, &go::allowed_hosts>>(
        "http", "allowed_hosts", key_type::texts,
        "What the node is called besides localhost, 127.0.0.1, [::1] and its address, by those who "
        "come through a proxy:\n"
        "names or addresses, with or without a port, such as \"shop.example.org\". A request for "
        "another host is refused\n"
        "with 421, and pages of these hosts may send commands. At most 64."),
    make<integer<0, 65535, &nc::http, &go::port>>(
        "http", "port", key_type::integer,
        "0 takes a free one; the ready line on stdout tells which."),
    make<integer<1, 64, &nc::http, &go::threads>>("http", "threads", key_type::integer,
                                                  "Threads that read requests and write answers."),
    make<integer<1, 64, &nc::http, &go::read_threads>>(
        "http", "read_threads", key_type::integer,
        "Threads that read states, views and events from the store."),
    make<size<1, 64 << 20, &nc::http, &go::body_bytes_max>>(
        "http", "body_max", key_type::size, "A longer body is refused with 413. 1B..64MiB."),
    make<size<256, 64 << 10, &nc::http, &go::header_bytes_max>>(
        "http", "header_max", key_type::size,
        "A longer request line and header section are refused with 431. 256B..64KiB."),
    make<integer<1, 1'000'000, &nc::http, &go::connections_max>>(
        "http", "connections_max", key_type::integer,
        "Further ones are answered 503 and closed. Cost: about 8 KB and a file descriptor each."),
    make<duration<1 * ms, 24 * h, &nc::http, &go::idle_timeout>>(
        "http", "idle_timeout", key_type::duration,
        "A connection without a request is closed after this time. 1ms..24h."),
    make<duration<1 * ms, 24 * h, &nc::http, &go::read_timeout>>(
        "http", "read_timeout", key_type::duration,
        "For a request to arrive, from its first byte to its last; then 408. 1ms..24h."),
    make<duration<1 * ms, 24 * h, &nc::http, &go::write_timeout>>(
        "http", "write_timeout", key_type::duration,
        "For a client to take an answer, of an event stream some of what it is sent; then it is "
        "disconnected. 1ms..24h."),
    make<duration<1 * ms, 24 * h, &nc::http, &go::request_timeout>>(
        "http", "request_timeout", key_type::duration,
        "For a command to be answered; then 504, and the command may still be stored. 1ms..24h."),
    make<duration<1 * ms, 24 * h, &nc::http, &go::view_timeout>>(
        "http", "view_timeout", key_type::duration,
        "For a view to show what a read asks for with at_least, unless it says how long; then 504 "
        "view_late. 1ms..24h."),
    make<duration<1 * ms, 24 * h, &nc::http, &go::view_timeout_max>>(
        "http", "view_timeout_max", key_type::duration,
        "The longest that a read may ask for. Cost: a connection that waits, and no thread. "
        "1ms..24h."),
    make<integer<0, 1'000'000, &nc::http, &go::streams_max>>(
        "http", "streams_max", key_type::integer,
        "Event streams at once; further ones are answered 503. Cost: a connection each, and up to "
        "about 1 MB while it is sent\n"
        "a page."),
    make<duration<1 * ms, 24 * h, &nc::http, &go::stream_heartbeat>>(
        "http", "stream_heartbeat", key_type::duration,
        "An event stream on which nothing happens sends a comment this often. 1ms..24h."),

    make<text_or_none<&nc::mail, &mc::smtp, &so::host>>(
        "mail", "server", key_type::text,
        "Name or numeric address of the SMTP server. Empty: mails go into the maildir."),
    make<integer<1, 65535, &nc::mail, &mc::smtp, &so::port>>(
        "mail", "port", key_type::integer, "Usual are 587 with starttls, 465 with tls."),
    make<choice<security_names, &nc::mail, &mc::smtp, &so::security>>(
        "mail", "security", key_type::text,
        "\"starttls\", \"tls\" or \"none\"; the server's certificate must be good. With \"none\" "
        "there is no login but to a\nloopback address."),
    make<text_or_none<&nc::mail, &mc::smtp, &so::user>>(
        "mail", "user", key_type::text, "For the login; with password_file. Empty: no login."),
    make<text_or_none<&nc::mail, &mc::password_file>>(
        "mail", "password_file", key_type::text,
        "A file that holds the password and nothing else; the end of its line does not count."),
    make<text_or_none<&nc::mail, &mc::smtp, &so::ca_file>>(
        "mail", "ca_file", key_type::text,
        "Authorities (PEM) that the server's certificate may come from. Empty: the system's."),
    make<mail_sender<&nc::mail, &mc::smtp, &so::from>>(
        "mail", "from", key_type::text,
        "The sender, \"shop@example.org\" or \"The Shop <shop@example.org>\"; a server needs one. "
        "Empty: acta@localhost."),
    make<duration<1 * ms, 1 * h, &nc::mail, &mc::smtp, &so::timeout>>(
        "mail", "timeout", key_type::duration,
        "For the server to take one mail; then it is tried again. 1ms..1h."),
    make<duration<1 * ms, 1 * h, &nc::mail, &mc::smtp, &so::connect_timeout>>(
        "mail", "connect_timeout", key_type::duration,
        "Of it, to have a connection and be logged in. 1ms..1h."),
    make<text_or_none<&nc::mail, &mc::maildir>>(
        "mail", "maildir", key_type::text,
        "The folder for mails when there is no server: a file each, in new/. A relative one starts "
        "at the working directory.\nEmpty: mail, in the data directory."),

    make<text_or_none<&nc::webhook, &wc::secret_file>>(
        "webhook", "secret_file", key_type::text,
        "A file that holds the secret webhooks are signed with, 16 bytes or more, and nothing "
        "else; "
        "the end of its line\ndoes not count. Empty: they are not signed, and receivers cannot "
        "tell "
        "who calls."),
    make<text_or_none<&nc::webhook, &wc::http, &wo::ca_file>>(
        "webhook", "ca_file", key_type::text,
        "Authorities (PEM) that a receiver's certificate may come from. Empty: the system's."),
    make<choice<plain_http_names, &nc::webhook, &wc::http, &wo::allow_plain_http>>(
        "webhook", "plain_http", key_type::text,
        "Where http:// may go, for all on the way to read: \"never\", \"loopback\" addresses "
        "alone, or \"anywhere\".\nIf URLs come from users, anything else than \"never\" lets them "
        "reach what listens there,\nthis node's own port for one."),
    make<duration<1 * ms, 1 * h, &nc::webhook, &wc::http, &wo::timeout>>(
        "webhook", "timeout", key_type::duration,
        "For a receiver to answer; then it is called again. 1ms..1h."),
    make<duration<1 * ms, 1 * h, &nc::webhook, &wc::http, &wo::connect_timeout>>(
        "webhook", "connect_timeout", key_type::duration, "Of it, to have a connection. 1ms..1h."),
    make<size<1 << 10, 16 << 20, &nc::webhook, &wc::http, &wo::response_bytes_max>>(
        "webhook", "response_max", key_type::size,
        "Of an answer no more is read; its status alone counts. 1KiB..16MiB."),
};

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    auto diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const auto replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, diagonal + 1, replaced});
    }
  }
  return row.back();
}

} // namespace

std::span<const key> all_keys() noexcept { return keys; }
std::span<const section> all_sections() noexcept { return sections; }

std::string nearest(std::string_view wanted, const std::vector<std::string>& candidates) {
  wanted = wanted.substr(0, 100);
  std::string best;
  // Further away than half of it is another word.
  auto least = std::max<std::size_t>(wanted.size() / 2, 2) + 1;
  for (const auto& candidate : candidates) {
    // A word that goes on, `password_file` for `password`, is nearer than one with other letters.
    const bool goes_on = candidate.starts_with(wanted) && candidate.size() < wanted.size() * 2;
    if (const auto distance = goes_on ? 1 : edit_distance(wanted, candidate); distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

} // namespace acta::node
