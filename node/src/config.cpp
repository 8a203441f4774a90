// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "config.hpp"

#include "errc.hpp"
#include "keys.hpp"

#include <acta/core/units.hpp>

#include <toml++/toml.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <set>

namespace acta::node {

namespace {

/// The one section whose keys are not in the table: modules ask for them by name.
constexpr std::string_view settings_section = "settings";
/// A config of more is somebody's data file given by mistake.
constexpr std::size_t config_bytes_max = std::size_t{1} << 20;

class parsing {
public:
  parsing(const std::string& file, config_outcome& into) : file_(file), into_(into) {}

  void document(const toml::table& root) {
    for (const auto& [name, node] : root) {
      const auto known = std::ranges::find(all_sections(), name.str(), &section::name);
      if (name.str() == settings_section && node.is_table()) {
        settings_of("", *node.as_table());
      } else if (known == all_sections().end()) {
        unknown_section(name, node);
      } else if (const auto* table = node.as_table()) {
        if (table->is_inline())
          mistake(node.source(),
                  "'" + text(name) + "' is written as a section: [" + text(name) + "]");
        section_of(*known, *table);
      } else {
        mistake(node.source(), "'" + text(name) + "' is a section: [" + text(name) + "]");
      }
    }
  }

  void mistake(const toml::source_region& at, std::string what) {
    into_.mistakes.emplace_back(errc::config_invalid, std::move(what), place(at));
  }

private:
  [[nodiscard]] std::string place(const toml::source_region& at) const {
    if (!at.begin) return file_;
    return file_ + ':' + std::to_string(at.begin.line) + ':' + std::to_string(at.begin.column);
  }
  static std::string text(const toml::key& name) { return std::string(name.str().substr(0, 100)); }

  void unknown_section(const toml::key& name, const toml::node& node) {
    std::vector<std::string> candidates;
    if (!node.is_table()) { // a key that stands outside of its section
      for (const auto& k : all_keys()) {
        if (k.name == name.str())
          return mistake(name.source(), "unknown key '" + text(name) + "'; did you mean '" +
                                            k.full_name() + "', below [" + std::string(k.section) +
                                            "]?");
        candidates.emplace_back(k.name);
      }
      return unknown(name.source(), "key '" + text(name) + "'", nearest(name.str(), candidates));
    }
    for (const auto& s : all_sections()) candidates.emplace_back(s.name);
    unknown(name.source(), "section '" + text(name) + "'", nearest(name.str(), candidates));
  }

  void section_of(const section& s, const toml::table& table) {
    for (const auto& [name, node] : table) {
      const auto known = std::ranges::find_if(all_keys(), [&, n = name.str()](const key& k) {
        return k.section == s.name && k.name == n;
      });
      if (known != all_keys().end()) {
        value_of(*known, node);
        continue;
      }
      // The own section first, then all: the right name may stand in the wrong section.
      std::vector<std::string> here;
      std::vector<std::string> same;
      std::vector<std::string> anywhere;
      for (const auto& k : all_keys()) {
        if (k.section == s.name) here.push_back(k.full_name());
        anywhere.push_back(k.full_name());
        if (k.name == name.str()) same.push_back(k.full_name());
      }
      if (!same.empty()) here = std::move(same);
      const auto full = std::string(s.name) + '.' + text(name);
      auto near = nearest(full, here);
      unknown(name.source(), "key '" + full + "'", near.empty() ? nearest(full, anywhere) : near);
    }
  }

  /// Names are the modules' own, in as many levels as they like.
  void settings_of(const std::string& above, const toml::table& table) {
    for (const auto& [name, node] : table) {
      const auto full = above + text(name);
      if (const auto* deeper = node.as_table()) {
        settings_of(full + '.', *deeper);
        continue;
      }
      into_.config.setting_places.emplace(full, place(name.source()));
      if (const auto* words = node.as_string())
        into_.config.settings.emplace(full, words->get());
      else if (const auto* number = node.as_integer())
        into_.config.settings.emplace(full, std::to_string(number->get()));
      else if (const auto* truth = node.as_boolean())
        into_.config.settings.emplace(full, truth->get() ? "true" : "false");
      else
        mistake(node.source(),
                "'settings." + full + "' " +
                    std::string(wrong_type("a string, an integer or a boolean", node).detail()));
    }
  }

  void unknown(const toml::source_region& at, std::string what, const std::string& near) {
    mistake(at, "unknown " + what +
                    (near.empty() ? "; `acta config defaults` lists all keys"
                                  : "; did you mean '" + near + "'?"));
  }

  void value_of(const key& k, const toml::node& node) {
    auto value = read(k, node);
    if (!value)
      return mistake(node.source(),
                     "'" + k.full_name() + "' " + std::string(value.error().detail()));
    if (auto set = k.set(into_.config, *value); !set)
      mistake(node.source(), "'" + k.full_name() + "' " + std::string(set.error().detail()));
  }

  static error wrong_type(std::string_view wanted, const toml::node& node) {
    std::string found;
    switch (node.type()) {
    case toml::node_type::string:
      found = "a string";
      break;
    case toml::node_type::integer:
      found = "an integer";
      break;
    case toml::node_type::floating_point:
      found = "a floating-point number";
      break;
    case toml::node_type::boolean:
      found = "a boolean";
      break;
    case toml::node_type::array:
      found = "an array";
      break;
    case toml::node_type::table:
      found = "a table";
      break;
    default:
      found = "a date or time";
      break;
    }
    return error(errc::config_invalid, "must be " + std::string(wanted) + ", not " + found);
  }

  static result<key_value> read(const key& k, const toml::node& node) {
    switch (k.type) {
    case key_type::text:
      if (const auto* v = node.as_string()) return key_value(v->get());
      return wrong_type("a string", node);
    case key_type::texts:
      return read_texts(node);
    case key_type::integer:
      if (const auto* v = node.as_integer()) return key_value(v->get());
      return wrong_type("an integer", node);
    case key_type::duration:
      if (const auto* v = node.as_string())
        return parse_duration(v->get()).transform([](auto d) { return key_value(d); });
      return wrong_type("a string with a unit, such as \"500ms\"", node);
    case key_type::size:
      if (const auto* v = node.as_string())
        return parse_size(v->get()).transform([](auto b) { return key_value(b); });
      return wrong_type("a string with a unit, such as \"64MiB\"", node);
    }
    return wrong_type("something else", node);
  }

  static result<key_value> read_texts(const toml::node& node) {
    const auto* array = node.as_array();
    if (array == nullptr) return wrong_type("an array of strings", node);
    std::vector<std::string> all;
    for (const auto& item : *array) {
      const auto* v = item.as_string();
      if (v == nullptr) return wrong_type("an array of strings", item);
      all.push_back(v->get());
    }
    return key_value(std::move(all));
  }

  const std::string& file_;
  config_outcome& into_;
};

/// What no key alone can tell.
void check_together(const std::string& file, config_outcome& into) {
  const auto& c = into.config;
  if (c.runtime.restart_backoff_min > c.runtime.restart_backoff_max)
    into.mistakes.emplace_back(
        errc::config_invalid,
        "'runtime.restart_backoff_min' must not exceed 'runtime.restart_backoff_max'", file);
  if (!c.mail.smtp.host.empty() && c.mail.smtp.from.empty())
    into.mistakes.emplace_back(errc::config_invalid,
                               "'mail.server' needs 'mail.from', the sender that it accepts", file);
  if (auto ok = gateway::check(c.http); !ok)
    into.mistakes.emplace_back(errc::config_invalid, "'http': " + std::string(ok.error().detail()),
                               file);
}

} // namespace

config_outcome parse_config(std::string_view text, const std::string& file) {
  config_outcome outcome;
  parsing p(file, outcome);
  try {
    p.document(toml::parse(text, file));
  } catch (const toml::parse_error& e) {
    p.mistake(e.source(), std::string(e.description()));
  } catch (const std::exception& e) {
    outcome.mistakes.emplace_back(errc::config_unreadable, e.what(), file);
  }
  if (outcome.mistakes.empty()) check_together(file, outcome);
  std::ranges::stable_sort(outcome.mistakes, {}, [](const error& e) {
    // By line and column; toml++ keeps its tables sorted by name.
    const auto where = e.where();
    const auto column = where.rfind(':');
    const auto line =
        column == std::string_view::npos || column == 0 ? column : where.rfind(':', column - 1);
    if (line == std::string_view::npos) return std::pair{0UL, 0UL};
    return std::pair{std::strtoul(where.data() + line + 1, nullptr, 10),
                     std::strtoul(where.data() + column + 1, nullptr, 10)};
  });
  return outcome;
}

config_outcome read_config(const std::filesystem::path& file) {
  const auto unreadable = [&](std::string why) {
    config_outcome outcome;
    outcome.mistakes.emplace_back(errc::config_unreadable, std::move(why), file.string());
    return outcome;
  };
  try {
    if (std::filesystem::is_directory(file)) return unreadable("is a directory");
    std::ifstream in(file, std::ios::binary);
    if (!in) return unreadable(std::strerror(errno));
    std::string text(config_bytes_max + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (in.bad()) return unreadable("cannot be read");
    if (text.size() > config_bytes_max) return unreadable("is larger than 1 MiB");
    auto outcome = parse_config(text, file.string());
    outcome.config.folder = std::filesystem::absolute(file).parent_path();
    return outcome;
  } catch (const std::exception& e) { return unreadable(e.what()); }
}

std::string default_config_text() {
  const node_config defaults;
  std::string out =
      "# Every key a node knows, with its default. A config needs only what differs.\n"
      "# Durations take us, ms, s, min, h or d; sizes B, KiB, MiB, GiB or TiB. An unknown key is "
      "an error.\n"
      "# Written by `acta config defaults`; a test compares.\n";
  const auto comment = [&](std::string_view text) {
    while (!text.empty()) {
      const auto line = text.substr(0, text.find('\n'));
      out.append("# ").append(line).append("\n");
      text.remove_prefix(std::min(text.size(), line.size() + 1));
    }
  };
  for (const auto& s : all_sections()) {
    out += '\n';
    comment(s.doc);
    out.append("[").append(s.name).append("]\n");
    for (const auto& k : all_keys()) {
      if (k.section != s.name) continue;
      out += '\n';
      comment(k.doc);
      out.append(k.name).append(" = ").append(k.get(defaults)).append("\n");
    }
  }
  out += '\n';
  comment(
      "What the modules ask for, by names of their own: a string, an integer or a boolean each. A "
      "setting that no module\nasks for is an error when the node starts.");
  out.append("[").append(settings_section).append("]\n");
  return out;
}

} // namespace acta::node
