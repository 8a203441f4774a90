// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/testing/contract.hpp>

#include <acta/domain/contract_text.hpp>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace acta::testing {

bool wants_update() {
  const char* set = std::getenv("ACTA_UPDATE");
  return set != nullptr && *set != '\0' && std::string_view(set) != "0";
}

void check_contract(const model& program, const std::filesystem::path& file, source_place where) {
  detail::check_contract(program, file, wants_update(), how_to_update, report().at(where));
}

namespace detail {

std::string read_text(const std::filesystem::path& file) {
  std::error_code code;
  if (!std::filesystem::exists(file, code)) return {};
  std::ifstream in(file, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in) report().line("file", file.string()).fail(promise::valid_test, "it cannot be read");
  return text;
}

void write_text(const std::filesystem::path& file, std::string_view text) {
  std::error_code code;
  std::filesystem::create_directories(file.parent_path(), code); // what follows tells
  std::ofstream out(file, std::ios::binary);
  out << text;
  out.flush();
  if (!out) report().line("file", file.string()).fail(promise::valid_test, "it cannot be written");
}

namespace {

using namespace acta::detail::contract_text;

constexpr std::string_view heading =
    "# What this program stores: names, versions and shapes of its types, one a line. A test\n"
    "# compares them with the code. What is new is added by ACTA_UPDATE=1 or the target\n"
    "# update_..._contract; a line of what was released stays for ever. Comments are not kept.\n";

std::string form_now() { return std::to_string(static_cast<int>(shape_form_now)); }

/// One comparison of a file with a program.
class comparison_of_contracts {
public:
  explicit comparison_of_contracts(const model& program) : program_(program) {}

  void read(std::string_view text) {
    std::istringstream lines{std::string(text)};
    std::size_t number = 0;
    std::map<std::string, std::string> forms;
    for (std::string line; std::getline(lines, line);) {
      ++number;
      const auto place = "line " + std::to_string(number) + ": ";
      for (const auto& [type, shape] : lines_of(line)) {
        const bool is_type = type.starts_with(event_line) || type.starts_with(input_line);
        if (!shape.empty() && type.starts_with(form_line))
          forms.emplace(type, shape);
        else if (type == std::string(form_line) + form_now())
          forms.emplace(type, "");
        else if (shape.empty() || !is_type)
          mistakes_.push_back(place + "`" + line + "` is not `kind name version shape`");
        else if (!file_.emplace(type, shape).second)
          mistakes_.push_back(place + type + " is there for the second time");
      }
    }
    if (!file_.empty() && !forms.contains(std::string(form_line) + form_now()))
      mistakes_.push_back("the file does not say `" + std::string(form_line) + form_now() +
                          "`, which is how this program writes shapes");
  }

  void compare() {
    const auto now = lines_of(program_.contract());
    for (const auto& [type, shape] : now) compare_type(type, shape);
    for (const auto& [type, shape] : file_)
      if (!now.contains(type)) look_for_reader(type, shape);
  }

  /// With what is new.
  [[nodiscard]] std::string text() const {
    auto all = std::string(heading) + std::string(form_line) + form_now() + '\n';
    auto lines = file_;
    for (const auto& [type, shape] : added_) lines.insert_or_assign(type, shape);
    for (const auto& [type, shape] : lines) all.append(type).append(" ").append(shape).append("\n");
    return all;
  }
  [[nodiscard]] std::vector<std::string> added() const {
    std::vector<std::string> lines;
    for (const auto& [type, shape] : added_) lines.push_back(type + ' ' + shape);
    return lines;
  }
  [[nodiscard]] const std::vector<std::string>& mistakes() const noexcept { return mistakes_; }

private:
  void compare_type(const std::string& type, const std::string& now) {
    const auto known = file_.find(type);
    if (known == file_.end() || known->second == now) {
      if (known == file_.end()) added_.emplace(type, now);
      return;
    }
    const auto as = type.starts_with(input_line) ? kept_as::json : kept_as::binary;
    const auto change = change_of(known->second, now, as);
    if (!change) {
      added_.emplace(type, now);
      return;
    }
    mistakes_.push_back(type + (change->where.empty() ? "" : ", " + change->where) + ": " +
                        change->what + ". " + advice_for_change(program_, type, known->second) +
                        ". If it was never released, delete its line and update the file");
  }

  void look_for_reader(const std::string& type, const std::string& shape) {
    const bool is_event = type.starts_with(event_line);
    const auto event = is_event ? reading_of_event(program_, type) : event_reading{};
    const auto input = is_event ? input_reading{} : reading_of_input(program_, type);
    if (event.can_read() || input.can_read) return;
    if (event.aggregate == nullptr && !input.process)
      mistakes_.push_back(type + ": the program has no " + (is_event ? "aggregate" : "process") +
                          " '" + std::string(owner_of(type_in(type).first)) +
                          "'. If no store of it is opened any more, delete its lines");
    else
      mistakes_.push_back(type + ": the program cannot read what was stored as this. " +
                          advice_for_missing(program_, type, shape) +
                          ". If it was never released, delete its line");
  }

  const model& program_;
  std::map<std::string, std::string> file_;
  std::map<std::string, std::string> added_; ///< or changed in a way that what is stored survives
  std::vector<std::string> mistakes_;
};

} // namespace

void check_contract(const model& program, const std::filesystem::path& file, bool update,
                    std::string_view how, report so_far) {
  if (const auto ok = program.check(); !ok)
    so_far.line("error", ok.error().to_string())
        .fail(promise::sound_model, "no runtime would open with this model");
  so_far.line("file", file.string());
  comparison_of_contracts c(program);
  c.read(read_text(file));
  c.compare();
  // What is no contract is not written over, nor is what this program should not have written.
  const auto added = c.added();
  if (update && c.mistakes().empty() && !added.empty()) write_text(file, c.text());
  if (!c.mistakes().empty())
    so_far.list("changed", c.mistakes())
        .fail(promise::contract_holds,
              "the program's types are not those of its contract: it could not read what earlier "
              "releases have stored");
  if (!update && !added.empty())
    so_far.list("new", added)
        .line("to do", how)
        .fail(promise::contract_holds, "the program has types that its contract does not say");
}

} // namespace detail

} // namespace acta::testing
