// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The stores that releases of the bank have left, unpacked and opened.
#pragma once

#include "bank/life.hpp"
#include "bank/releases.hpp"
#include "runtime.hpp"
#include "subprocess.hpp"
#include "temp_folder.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <charconv>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace golden_test {

using namespace std::chrono_literals;

/// A copy of what a release left.
class unpacked_store {
public:
  explicit unpacked_store(int release) {
    const auto file =
        std::filesystem::path(STORES) / ("release_" + std::to_string(release) + ".tar.xz");
    test::subprocess tar({CMAKE, "-E", "tar", "xJf", file.string()}, folder_.path().string());
    const auto ended = tar.end();
    INFO(tar.errors());
    REQUIRE(ended == 0);
  }
  [[nodiscard]] std::filesystem::path path() const { return folder_ / "store"; }

private:
  test::temp_folder folder_;
};

/// What an opened store has told.
class told_lines {
public:
  void add(std::string_view line) {
    const std::lock_guard lock(mutex_);
    all_.append(line).append("\n");
  }
  [[nodiscard]] bool hold(std::string_view what) const {
    return all().find(what) != std::string::npos;
  }
  [[nodiscard]] std::string all() const {
    const std::lock_guard lock(mutex_);
    return all_;
  }

private:
  mutable std::mutex mutex_;
  std::string all_;
};

/// A store as one release of the program sees it.
class opened_bank {
public:
  opened_bank(const std::filesystem::path& store, int release, acta::time_point now)
      : now_(std::make_shared<std::atomic<acta::time_point>>(now)),
        runtime_(test::must_find(store, bank::model_of(release, book_), options())) {}

  [[nodiscard]] acta::runtime& runtime() noexcept { return runtime_; }
  [[nodiscard]] const told_lines& told() const noexcept { return *told_; }
  [[nodiscard]] std::vector<std::string> book() const { return book_->all(); }

  void set_clock(acta::time_point now) {
    *now_ = now;
    REQUIRE(runtime_.settle(60s));
  }
  /// Fails the test if it is refused.
  acta::receipt ask(std::string_view to, const std::string& id, std::string_view what,
                    const std::string& json, acta::command_options o = {}) {
    auto receipt = runtime_.ask_json(to, id, what, json, std::move(o)).wait_for(60s);
    INFO(to << '/' << id << ": " << what << ' ' << json);
    if (!receipt) FAIL(receipt.error());
    return std::move(receipt).value();
  }
  std::string state(std::string_view of, const std::string& id, acta::moment when = {}) {
    auto state = runtime_.state_json(of, id, when);
    INFO(of << '/' << id);
    if (!state) FAIL(state.error());
    return state->json;
  }
  std::int64_t cents(const std::string& account, acta::moment when = {}) {
    return number_in(state("account", account, when), "cents");
  }
  std::string row(std::string_view view, const std::string& key) {
    const auto rows = runtime_.view_row_json(view, key, {.timeout = 20s});
    INFO(view << " of " << key);
    if (!rows) FAIL(rows.error());
    return rows->rows.empty() ? "" : rows->rows.front().json;
  }

  static std::int64_t number_in(const std::string& json, const std::string& field) {
    const auto at = json.find('"' + field + "\":");
    INFO(field << " in " << json);
    REQUIRE(at != std::string::npos);
    std::int64_t number = 0;
    const auto* digits = json.data() + at + field.size() + 3;
    REQUIRE(std::from_chars(digits, json.data() + json.size(), number).ec == std::errc{});
    return number;
  }

private:
  acta::runtime_options options() const {
    acta::runtime_options o;
    o.clock = [now = now_] { return now->load(); };
    o.restart_backoff_min = 1ms;
    o.restart_backoff_max = 2ms;
    o.log = [told = told_](acta::log_level, std::string_view line) { told->add(line); };
    return o;
  }

  std::shared_ptr<std::atomic<acta::time_point>> now_;
  std::shared_ptr<told_lines> told_ = std::make_shared<told_lines>();
  std::shared_ptr<bank::notes> book_ = std::make_shared<bank::notes>();
  acta::runtime runtime_;
};

} // namespace golden_test
