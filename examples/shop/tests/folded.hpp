// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// A view folded from thousands of events, which acta::given would fold anew at each happened().
#pragma once

#include <acta/testing.hpp>

#include <catch2/catch.hpp>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <typeinfo>
#include <utility>
#include <vector>

namespace test {

/// An event as a store would hand it to a view.
struct stored_event {
  template <class E>
  stored_event(std::string stream, const E& event, acta::time_point at) : type(&typeid(E)) {
    acta::byte_buffer bytes;
    REQUIRE(acta::encode_binary(event, bytes));
    payload = acta::as_text(bytes);
    about.stream = std::move(stream);
    about.recorded_at = at;
  }

  const std::type_info* type;
  std::string payload;
  acta::metadata about;
};

template <class V> class folded {
  class frozen final : public acta::detail::row_source {
  public:
    frozen(const acta::view_type& type, acta::testing::memory_rows rows)
        : type_(type), rows_(std::move(rows)) {}
    acta::result<void> with_rows(const std::type_info*, std::string_view view,
                                 const use_rows& use) override {
      REQUIRE(view == V::name);
      return use(type_, rows_);
    }
    acta::result<std::vector<acta::position>> positions(std::string_view) override { return {}; }

  private:
    const acta::view_type& type_;
    acta::testing::memory_rows rows_;
  };

public:
  /// As one batch.
  void take(std::span<const stored_event> batch) {
    acta::row_session session(type_, rows_);
    for (const auto& event : batch)
      for (const auto& taken : type_.events)
        if (*taken.type == *event.type)
          REQUIRE(taken.apply(acta::as_bytes_view(event.payload), {event.about, false}, session));
    REQUIRE(session.flush());
  }
  /// Valid as long as this.
  [[nodiscard]] acta::picture picture() const {
    return acta::picture(std::make_shared<frozen>(type_, rows_));
  }
  /// The same rows and index entries.
  friend bool operator==(const folded& a, const folded& b) { return a.rows_ == b.rows_; }

private:
  acta::view_type type_ = acta::make_view_type<V>();
  acta::testing::memory_rows rows_;
};

} // namespace test
