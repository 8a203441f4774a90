// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// servers.py as the tests see it: a server that runs until it goes out of scope, and what it took.
#pragma once

#include "subprocess.hpp"
#include "temp_folder.hpp"

#include <acta/domain/effect.hpp>

#include <catch2/catch.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace test {

/// Of one mail or request; names in lower case.
using fields = std::map<std::string, std::string>;

inline fields parse_fields(const std::string& line) {
  fields all;
  for (std::size_t at = 0; at < line.size();) {
    const auto end = std::min(line.find(' ', at), line.size());
    const auto equals = line.find('=', at);
    auto& value = all[line.substr(at, equals - at)];
    for (auto i = equals + 1; i + 1 < end; i += 2)
      value += static_cast<char>(std::stoi(line.substr(i, 2), nullptr, 16));
    at = end + 1;
  }
  return all;
}

class server {
public:
  explicit server(std::vector<std::string> arguments)
      : process_(with_program(std::move(arguments))) {
    const auto line = process_.line();
    INFO(process_.errors());
    REQUIRE(line);
    port_ = static_cast<std::uint16_t>(std::stoul(*line));
  }
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  /// The next mail or request.
  fields next() {
    const auto line = process_.line();
    INFO(process_.errors());
    REQUIRE(line);
    return parse_fields(*line);
  }

  static std::vector<std::string> with_program(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {ACTA_PYTHON, ACTA_SERVERS});
    return arguments;
  }

private:
  subprocess process_;
  std::uint16_t port_ = 0;
};

/// A message as Python's email package reads it.
inline fields read_message(const std::filesystem::path& file) {
  subprocess reader(server::with_program({"read", file.string()}));
  const auto line = reader.line();
  INFO(reader.errors());
  REQUIRE(line);
  return parse_fields(*line);
}

/// An authority and certificates it has signed, made by the openssl command.
class authority {
public:
  authority() {
    run({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-days", "2", "-subj", "/CN=test authority", "-keyout", key("ca"), "-out",
         certificate("ca")});
  }
  /// `names` as in subjectAltName: `DNS:localhost,IP:127.0.0.1`. Returns certificate and key.
  std::vector<std::string> sign(const std::string& name, const std::string& names) {
    run({"req",
         "-x509",
         "-newkey",
         "ec",
         "-pkeyopt",
         "ec_paramgen_curve:prime256v1",
         "-nodes",
         "-days",
         "2",
         "-subj",
         "/CN=" + name,
         "-addext",
         "subjectAltName=" + names,
         "-addext",
         "basicConstraints=critical,CA:FALSE",
         "-CA",
         certificate("ca"),
         "-CAkey",
         key("ca"),
         "-keyout",
         key(name),
         "-out",
         certificate(name)});
    return {certificate(name), key(name)};
  }
  [[nodiscard]] std::string certificate(const std::string& name) const {
    return (folder_ / (name + ".pem")).string();
  }

private:
  [[nodiscard]] std::string key(const std::string& name) const {
    return (folder_ / (name + ".key")).string();
  }
  static void run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), ACTA_OPENSSL);
    subprocess p(arguments);
    const auto code = p.end();
    INFO(p.errors());
    REQUIRE(code == 0);
  }

  temp_folder folder_;
};

/// Why something goes out: event 0:17, a key of its own for each number, the first attempt.
inline acta::effect_context why(std::uint8_t number = 1) {
  acta::effect_context c;
  c.event.position = {0, 17};
  c.key.bytes.fill(0xab);
  c.key.bytes[15] = number;
  return c;
}

} // namespace test
