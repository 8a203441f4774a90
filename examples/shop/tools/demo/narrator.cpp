// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "narrator.hpp"

#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <sstream>

namespace shop::demo {

namespace json = boost::json;

namespace {

constexpr std::string_view bold = "1";
constexpr std::string_view faint = "2";
constexpr std::string_view red = "1;31";
constexpr std::string_view green = "32";
constexpr std::string_view blue = "36";
/// More of a JSON text is left out: nobody reads on.
constexpr std::size_t shown_bytes_max = 400;

std::string shown(const json::value& data) {
  auto text = json::serialize(data);
  if (text.size() > shown_bytes_max) text = text.substr(0, shown_bytes_max) + " ...";
  return text;
}

/// The step of a process: what it took in, and what it does about it.
std::string step(const json::value& data) {
  auto text = "takes " + tools::text_at(data, "/input");
  for (const auto& c : tools::list_at(data, "/commands"))
    text += fmt::format("; sends {}/{} {}", tools::text_at(c, "/aggregate"),
                        tools::text_at(c, "/id"), tools::text_at(c, "/command"));
  for (const auto& t : tools::list_at(data, "/timers"))
    text += fmt::format("; sets {} for {}", tools::text_at(t, "/name"), tools::text_at(t, "/due"));
  for (const auto& name : tools::list_at(data, "/cancelled"))
    if (name.is_string()) text += "; cancels " + std::string(name.get_string());
  const auto* const finished = tools::find(data, "/finished");
  if (finished != nullptr && finished->is_bool() && finished->get_bool()) text += "; is finished";
  return text;
}

/// In single quotes, as a shell takes it.
std::string shell_word(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

} // namespace

narrator::narrator(std::string url)
    : url_(std::move(url)),
      colours_(::isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr) {}

std::string narrator::coloured(std::string_view text, std::string_view code) const {
  return colours_ ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
}

void narrator::line(std::string_view text) {
  fmt::print("{}\n", text);
  std::fflush(stdout); // one step after another, also into a pipe
}

void narrator::chapter(std::string_view title) {
  line(coloured(fmt::format("\n{}. {}", ++chapters_, title), bold));
}

void narrator::say(std::string_view text) { line(fmt::format("\n   {}", text)); }

void narrator::request(const tools::request& r) {
  const auto command =
      r.is_command() ? "curl --json " + shell_word(r.body()) + ' ' : std::string("curl ");
  line(coloured("   $ " + command + shell_word(url_ + r.target()), blue));
}

void narrator::answer(const tools::answer& a) {
  if (!a.ok()) return line("     " + a.describe());
  const auto* const events = tools::find(a.body, "/events");
  if (events == nullptr) return line("     " + shown(a.body));
  if (events->get_array().empty()) line("     accepted; nothing has changed");
  for (const auto& e : events->get_array()) event(e);
}

void narrator::event(const json::value& e) {
  const auto type = tools::text_at(e, "/type");
  const auto stream = tools::text_at(e, "/stream");
  const auto* const data = tools::find(e, "/data");
  auto text = fmt::format("     {:>6}  ", tools::text_at(e, "/position"));
  if (!stream.empty()) text += fmt::format("{:<18}  ", stream);
  text += type;
  if (data != nullptr)
    text += "  " + coloured(type.ends_with(".stepped") ? step(*data) : shown(*data), faint);
  line(text);
}

void narrator::cause(const json::value& e) {
  const auto depth = static_cast<std::size_t>(tools::number_at(e, "/depth").value_or(0));
  const auto of = tools::text_at(e, "/because/name");
  auto text = fmt::format("     {:>6}  {}{}  {}", tools::text_at(e, "/position"),
                          std::string(2 * depth, ' '), tools::text_at(e, "/stream"),
                          tools::text_at(e, "/type"));
  text += coloured(
      fmt::format("  by {}{}", tools::text_at(e, "/because/kind"), of.empty() ? of : ' ' + of),
      faint);
  line(tools::find(e, "/asked") != nullptr ? text + coloured("  <--", bold) : text);
}

void narrator::letter(const tools::letter& l) {
  line(fmt::format("     To: {}\n     Subject: {}", l.to, l.subject));
  std::istringstream text(l.text);
  for (std::string one; std::getline(text, one);) line(coloured("     | " + one, faint));
}

bool narrator::expect(bool holds, std::string_view what) {
  ++expected_;
  if (!holds) ++failed_;
  line(holds ? coloured("   ok ", green) + std::string(what)
             : coloured("   NOT SO: ", red) + std::string(what));
  return holds;
}

} // namespace shop::demo
