// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/persistence/commit.hpp>

#include <acta/domain/event_frame.hpp>
#include <acta/persistence/errc.hpp>
#include <acta/persistence/stream.hpp>

#include <catch2/catch.hpp>

#include <array>
#include <random>

namespace acta::persistence::commit_test {

namespace {

constexpr std::array<std::uint32_t, 2> names{11, 12};

uuid id_of(std::uint8_t fill) {
  uuid id;
  id.bytes.fill(fill);
  return id;
}

struct example {
  attributes notes{{"a", "1"}, {"trace", ""}};
  byte_buffer bytes;

  explicit example(bool everything = true) {
    commit_header header;
    header.aggregate_name = 3;
    header.stream_id = "42";
    header.first_version = 5;
    if (everything) {
      header.command_id = id_of(0xC0);
      header.correlation_id = id_of(0xC1);
      header.causation_id = id_of(0xC2);
      header.caller = "ada";
      header.metadata = &notes;
    }
    REQUIRE(begin_commit(bytes, header));
    event_writer events(bytes, names);
    events.begin(0, 1);
    bytes.append(as_bytes_view("first"));
    events.end();
    events.begin(1, 2);
    events.end();
    REQUIRE(finish_commit(bytes, events.count()));
  }
  void seal(std::uint64_t position) {
    seal_commit({bytes.data(), bytes.size()}, position,
                time_point(std::chrono::microseconds(1'700'000'000'000'000)));
  }
};

std::string hex(bytes_view bytes) {
  std::string text;
  for (const auto byte : bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    text += digits[std::to_integer<unsigned>(byte) >> 4];
    text += digits[std::to_integer<unsigned>(byte) & 15];
  }
  return text;
}

/// Reads everything a view offers, so that a sanitizer sees each access.
std::size_t touch(const commit_view& view) {
  std::size_t sum = view.header().stream_id.size() + view.header().caller.size();
  for (const char c : view.header().stream_id) sum += static_cast<unsigned char>(c);
  for (const auto& [key, value] : view.attributes_of()) sum += key.size() + value.size();
  view.for_each_event([&](const event_view& event) {
    for (const auto byte : event.payload) sum += std::to_integer<std::size_t>(byte);
  });
  return sum;
}

} // namespace

TEST_CASE("a commit reads back as it was written") {
  example e;
  e.seal(17);
  const auto view = commit_view::parse(2, 17, e.bytes);
  REQUIRE(view);
  CHECK(view->position() == 17);
  CHECK(view->last_position() == 18);
  CHECK(view->first_version() == 5);
  CHECK(view->last_version() == 6);
  CHECK(view->header().aggregate_name == 3);
  CHECK(view->header().stream_id == "42");
  CHECK(view->header().caller == "ada");
  CHECK(view->header().command_id == id_of(0xC0));
  CHECK(view->header().correlation_id == id_of(0xC1));
  CHECK(view->header().causation_id == id_of(0xC2));
  CHECK(view->attributes_of() == e.notes);
  std::vector<event_view> events;
  view->for_each_event([&](const event_view& event) { events.push_back(event); });
  REQUIRE(events.size() == 2);
  CHECK(events[0].name == 11);
  CHECK(as_text(events[0].payload) == "first");
  CHECK(events[1].version == 6);
  CHECK(events[1].position == 18);
  CHECK(events[1].schema == 2);
  CHECK(events[1].payload.empty());
}

TEST_CASE("what is on disk does not drift: the bytes of a record are fixed") {
  example small(false);
  small.seal(17);
  CHECK(hex(small.bytes) ==
        "d59c08fe1ee45d22010002004b00000000401e18240a060005000000000000000300000002000000"
        "0000000034320b000000010000000500000066697273740c0000000200000000000000");
  example full;
  full.seal(17);
  CHECK(hex(full.bytes) ==
        "f585c263182e9b4a010702009300000000401e18240a060005000000000000000300000002000300"
        "15000000c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c2c2c2c2"
        "c2c2c2c2c2c2c2c2c2c2c2c234326164610200010001000000613105000000000074726163650b00"
        "0000010000000500000066697273740c0000000200000000000000");
  CHECK(stream_hash("cart/42") == 0x8f5f7e7f6370d933u);
}

TEST_CASE("a record at another position is found out") {
  example e;
  e.seal(17);
  for (const std::uint64_t position : {1ull, 16ull, 18ull, 17ull << 32})
    CHECK_FALSE(commit_view::parse(0, position, e.bytes));
}

TEST_CASE("every flipped bit of a record is found out and named with its position") {
  example e;
  e.seal(17);
  for (std::size_t bit = 0; bit < e.bytes.size() * 8; ++bit) {
    auto bent = byte_buffer(e.bytes.view());
    bent.data()[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
    const auto view = commit_view::parse(3, 17, bent);
    REQUIRE_FALSE(view);
    REQUIRE(view.error().code() == errc::corrupt_commit);
    REQUIRE(view.error().where() == "3:17");
  }
}

TEST_CASE("a record cut short anywhere is found out") {
  example e;
  e.seal(17);
  for (std::size_t size = 0; size < e.bytes.size(); ++size)
    REQUIRE_FALSE(commit_view::parse(0, 17, bytes_view(e.bytes).first(size)));
}

TEST_CASE("bytes of an insane writer with a right checksum are never read out of bounds") {
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  example e;
  std::size_t accepted = 0;
  for (int round = 0; round < 200'000; ++round) {
    // An exact allocation, so that ASan sees one byte too many.
    std::vector<std::byte> bent(e.bytes.data(), e.bytes.data() + e.bytes.size());
    for (auto changes = 1 + random() % 4; changes > 0; --changes) {
      const auto at = random() % 3 == 0 ? random() % bent.size() : 8 + random() % 36;
      constexpr std::array<std::uint8_t, 6> nasty{0, 1, 0x7F, 0x80, 0xFE, 0xFF};
      bent[at] =
          static_cast<std::byte>(random() % 2 == 0 ? nasty[random() % nasty.size()] : random());
    }
    if (random() % 4 == 0) bent.resize(44 + random() % (bent.size() - 44));
    if (random() % 2 == 0) store_le(bent.data() + 12, static_cast<std::uint32_t>(bent.size()));
    seal_commit(bent, 17, {});
    if (const auto view = commit_view::parse(0, 17, bent)) {
      ++accepted;
      touch(*view);
    }
  }
  CHECK(accepted > 0);
}

TEST_CASE("a commit beyond a limit is refused by name") {
  byte_buffer out;
  commit_header header;
  header.stream_id = "42";
  header.first_version = 1;
  const auto refused = [&](const result<void>& r, std::string_view what) {
    REQUIRE_FALSE(r);
    CHECK(r.error().code() == errc::too_large);
    CHECK(r.error().detail().find(what) != std::string_view::npos);
  };
  const std::string caller(caller_bytes_max + 1, 'c');
  header.caller = caller;
  refused(begin_commit(out, header), "caller");
  header.caller = std::string_view(caller).substr(1);
  CHECK(begin_commit(out, header));
  attributes notes{{"k", std::string(attributes_bytes_max, 'v')}};
  header.metadata = &notes;
  refused(begin_commit(out, header), "metadata");
  header.metadata = nullptr;
  const std::string long_id(stream_id_bytes_max + 1, 'i');
  header.stream_id = long_id;
  refused(begin_commit(out, header), "stream id");
  header.stream_id = "42";
  REQUIRE(begin_commit(out, header));
  refused(finish_commit(out, 0), "events");
  refused(finish_commit(out, commit_events_max + 1), "events");
  (void)out.extend(commit_bytes_max - out.size());
  CHECK(finish_commit(out, 1));
  out.append_le(std::uint8_t{0});
  refused(finish_commit(out, 1), "bytes");
}

} // namespace acta::persistence::commit_test
