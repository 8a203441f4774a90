// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/testing/examples.hpp>

#include <algorithm>
#include <charconv>
#include <optional>
#include <sstream>

namespace acta::testing::detail {

namespace {

/// A block, with what stands before it: empty lines and comments.
struct block {
  std::vector<std::string> before;
  example held;
};

std::string label_of(const example& e) { return e.event + ' ' + std::to_string(e.schema); }

std::string text_of(const example& e) {
  auto text = "event " + label_of(e) + "\nbytes " + e.bytes + "\njson " + e.json + '\n';
  for (const auto& now : e.today) text += "today " + now + '\n';
  return text;
}

/// The file, taken apart and put together again.
class example_file {
public:
  example_file(const std::string& text, const report& so_far) {
    std::istringstream lines(text);
    std::size_t number = 0;
    std::vector<std::string> before;
    for (std::string line; std::getline(lines, line);) {
      ++number;
      if (line.empty() || line[0] == '#')
        before.push_back(line);
      else if (!take(line, before))
        report(so_far)
            .line("line", std::to_string(number) + ": " + line)
            .fail(promise::valid_test,
                  "a line must be `event NAME VERSION`, and below it `bytes HEX`, `json VALUE` or "
                  "`today …`");
    }
    after_ = std::move(before);
  }

  [[nodiscard]] std::vector<block>& blocks() noexcept { return blocks_; }
  void add(example e) { blocks_.push_back({{}, std::move(e)}); }

  [[nodiscard]] std::string text() const {
    std::string text;
    const auto append = [&](const std::vector<std::string>& lines) {
      for (const auto& line : lines) text += line + '\n';
    };
    for (const auto& b : blocks_) {
      if (b.before.empty() && !text.empty()) text += '\n';
      append(b.before);
      text += text_of(b.held);
    }
    append(after_);
    return text;
  }

private:
  bool take(const std::string& line, std::vector<std::string>& before) {
    const auto space = line.find(' ');
    const auto word = line.substr(0, space);
    const auto rest = space == std::string::npos ? std::string() : line.substr(space + 1);
    if (word == "event") {
      const auto split = rest.find(' ');
      if (split == std::string::npos) return false;
      example e;
      e.event = rest.substr(0, split);
      const auto* end = rest.data() + rest.size();
      const auto read = std::from_chars(rest.data() + split + 1, end, e.schema);
      if (read.ec != std::errc{} || read.ptr != end) return false;
      blocks_.push_back({std::exchange(before, {}), std::move(e)});
      return true;
    }
    if (blocks_.empty()) return false;
    auto& e = blocks_.back().held;
    if (word == "bytes")
      e.bytes = rest;
    else if (word == "json")
      e.json = rest;
    else if (word == "today")
      e.today.push_back(rest);
    else
      return false;
    return true;
  }

  std::vector<block> blocks_;
  std::vector<std::string> after_;
};

/// Of one file. What is wrong is kept, so that all of it is told.
class examples_check {
public:
  examples_check(const example_aggregate& of, example_file& file, const report& so_far)
      : of_(of), file_(file), so_far_(so_far) {}

  void read_all() {
    for (auto& b : file_.blocks()) read(b.held);
  }

  /// Adds what is missing to the file, as it would be.
  void complete(const std::vector<example>& wanted) {
    for (const auto& w : wanted)
      if (!has([&](const example& e) { return label_of(e) == label_of(w) && e.bytes == w.bytes; }))
        add(w);
    for (const auto& v : of_.versions)
      if (!has([&](const example& e) { return e.event == v.event && e.schema == v.schema; }))
        add(v.of_default(so_far_));
  }

  [[nodiscard]] const std::vector<std::string>& wrong() const noexcept { return wrong_; }
  [[nodiscard]] const std::vector<std::string>& old() const noexcept { return old_; }
  [[nodiscard]] const std::vector<std::string>& added() const noexcept { return added_; }

private:
  template <class Is> bool has(const Is& is) const {
    return std::ranges::any_of(file_.blocks(), [&](const block& b) { return is(b.held); });
  }
  void add(example e) {
    added_.push_back(text_of(e));
    file_.add(std::move(e));
  }

  void read(example& e) {
    const auto wrong = [&](const std::string& what) {
      wrong_.push_back(label_of(e) + ' ' + e.bytes + ": " + what);
    };
    const auto version = std::ranges::find_if(of_.versions, [&](const example_version& v) {
      return v.event == e.event && v.schema == e.schema;
    });
    if (version == of_.versions.end()) {
      if (std::ranges::find(of_.retired, e.event) == of_.retired.end())
        wrong("the program cannot read it any more: keep the struct and its upcast, or list "
              "acta::retired<\"" +
              e.event + "\"> in the aggregate's `earlier`");
      return;
    }
    const auto now = version->from_bytes(hex(e.bytes), report(so_far_).line("event", label_of(e)));
    if (!now) return wrong("its bytes cannot be read: " + now.error().to_string());
    if (now->json != e.json)
      return wrong("its bytes were " + e.json + ", and are read as " + now->json);
    const auto bytes = version->bytes_of(e.json);
    if (!bytes) return wrong("its JSON cannot be read: " + bytes.error().to_string());
    if (*bytes != e.bytes) return wrong("its JSON is written as the bytes " + *bytes);
    if (now->today == e.today) return;
    if (!e.today.empty() &&
        std::ranges::all_of(e.today, [&](const auto& t) { return is_today(t); }))
      return wrong("its upcasts led to " + joined(e.today) + ", and lead to " + joined(now->today));
    old_.push_back(label_of(e) + ' ' + e.bytes + ": today it is " + joined(now->today));
    e.today = now->today;
  }

  /// Whether it names versions that are still those of today: `paid_in 1 {…}`.
  [[nodiscard]] bool is_today(const std::string& line) const {
    return line == "nothing" || std::ranges::any_of(of_.versions, [&](const example_version& v) {
             return v.is_present &&
                    line.starts_with(v.event + ' ' + std::to_string(v.schema) + ' ');
           });
  }
  static std::string joined(const std::vector<std::string>& all) {
    std::string text;
    for (const auto& one : all) text += (text.empty() ? "" : ", ") + one;
    return text;
  }

  const example_aggregate& of_;
  example_file& file_;
  const report& so_far_;
  std::vector<std::string> wrong_;
  std::vector<std::string> old_;
  std::vector<std::string> added_;
};

} // namespace

std::vector<stored_event> check_examples(const example_aggregate& of,
                                         const std::vector<example>& wanted,
                                         const std::filesystem::path& path, bool update,
                                         report so_far) {
  example_file file(read_text(path), so_far);
  examples_check check(of, file, so_far);
  check.read_all();
  check.complete(wanted);
  if (!check.wrong().empty())
    so_far.list("wrong", check.wrong())
        .fail(promise::released_holds, "what was released is not read as it was");
  const bool is_whole = check.old().empty() && check.added().empty();
  if (!is_whole && !update) {
    if (!check.old().empty()) so_far.list("old", check.old());
    std::string lines;
    for (const auto& a : check.added()) lines += "\n" + a;
    if (!lines.empty()) so_far.line("to add", lines);
    so_far.line("to do", how_to_update)
        .fail(promise::released_holds, check.added().empty()
                                           ? "examples say what an event was in an earlier release"
                                           : "the file has no example of what the program writes");
  }
  if (!is_whole) write_text(path, file.text());
  std::vector<stored_event> all;
  for (const auto& b : file.blocks())
    all.emplace_back(b.held.event, b.held.schema, hex(b.held.bytes));
  return all;
}

} // namespace acta::testing::detail
