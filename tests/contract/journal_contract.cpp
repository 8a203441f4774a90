// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "journal_contract.hpp"

#include <acta/domain/event_frame.hpp>

#include <catch2/catch.hpp>

#include <array>
#include <thread>

namespace acta::contract {

namespace {

constexpr std::array<std::uint32_t, 1> event_names{7};

partition_options quick() {
  partition_options options;
  options.index_delay_max = std::chrono::milliseconds(5);
  options.journal_map_bytes = std::size_t{256} << 20;
  options.derived_map_bytes = std::size_t{256} << 20;
  return options;
}

void appends(const partition_factory& make) {
  auto p = make(quick());
  writer w(*p);
  const auto stream = key_of("one");
  const auto lane = attach(*p, stream);
  CHECK(lane->durable_version() == 0);
  CHECK(p->last_position() == 0);

  SECTION("an acknowledged commit has its versions and positions, and is readable at once") {
    const auto& first = w.append(lane, {.first_version = 1, .events = 3});
    REQUIRE_FALSE(first.failure);
    CHECK(first.position == 1);
    CHECK(lane->durable_version() == 3);
    CHECK(*p->last_version(stream) == 3);
    const auto& second = w.append(lane, {.first_version = 4});
    CHECK(second.position == 4);
    CHECK(second.recorded_at > first.recorded_at);
    CHECK(p->last_position() == 4);
    CHECK(versions_of(*p, stream) == std::vector<version_number>{1, 2, 3, 4});
    CHECK(check_log(*p) == 4);
  }
  SECTION("reading from the middle of a commit begins with that commit") {
    w.append(lane, {.first_version = 1, .events = 3});
    w.append(lane, {.first_version = 4, .events = 2});
    for (const bool indexed : {false, true}) {
      CAPTURE(indexed);
      if (indexed) REQUIRE(p->flush());
      CHECK(versions_of(*p, stream, 2) == std::vector<version_number>{1, 2, 3, 4, 5});
      CHECK(versions_of(*p, stream, 4) == std::vector<version_number>{4, 5});
      CHECK(versions_of(*p, stream, 5) == std::vector<version_number>{4, 5});
      CHECK(versions_of(*p, stream, 6).empty());
      CHECK(versions_of(*p, key_of("none")).empty());
      std::vector<std::uint64_t> starts;
      CHECK(p->read_log(
          3, [&](const commit_view& c) { return starts.push_back(c.position()), true; }));
      CHECK(starts == std::vector<std::uint64_t>{1, 4});
      starts.clear();
      CHECK(p->read_log(
          5, [&](const commit_view& c) { return starts.push_back(c.position()), true; }));
      CHECK(starts == std::vector<std::uint64_t>{4});
      starts.clear();
      CHECK(p->read_log(
          6, [&](const commit_view& c) { return starts.push_back(c.position()), true; }));
      CHECK(starts.empty());
      CHECK(p->read_log(
          0, [&](const commit_view& c) { return starts.push_back(c.position()), false; }));
      CHECK(starts == std::vector<std::uint64_t>{1});
    }
  }
  SECTION("streams whose names begin alike are not taken for each other") {
    for (const auto* id : {"a", "aa", "a/1", "a0", "a "}) {
      const auto other = attach(*p, key_of(id));
      for (version_number v = 1; v <= 3; ++v)
        REQUIRE_FALSE(w.append(other, {.first_version = v}).failure);
    }
    REQUIRE(p->flush());
    for (const auto* id : {"a", "aa", "a/1", "a0", "a "})
      CHECK(versions_of(*p, key_of(id)) == std::vector<version_number>{1, 2, 3});
    CHECK(*p->last_version(key_of("aaa")) == 0);
  }
  SECTION("the same stream has the same lane while anybody holds it, and the right version when it "
          "comes back") {
    CHECK(attach(*p, stream) == lane);
    w.append(lane, {.first_version = 1, .events = 2});
    const auto other = key_of("two");
    w.append(attach(*p, other), {.first_version = 1, .events = 5});
    w.wait();
    CHECK(attach(*p, other)->durable_version() == 5);
    REQUIRE(p->flush());
    CHECK(attach(*p, other)->durable_version() == 5);
    CHECK(attach(*p, stream) == lane);
  }
}

void conflicts(const partition_factory& make) {
  auto p = make(quick());
  writer w(*p);
  const auto stream = key_of("one");
  const auto lane = attach(*p, stream);
  w.append(lane, {.first_version = 1, .events = 2});

  SECTION("a commit on a wrong version is refused with the actual one, and so is what was decided "
          "upon it") {
    w.hold();
    REQUIRE(w.submit(attach(*p, key_of("first")), {.first_version = 1}));
    w.wait_until_held();
    auto* good = *w.submit(lane, {.first_version = 3});
    auto* before = *w.barrier(lane, 0);
    auto* bad = *w.submit(lane, {.first_version = 9});
    auto* later = *w.submit(lane, {.first_version = 10});
    auto* barrier = *w.barrier(lane, 0);
    auto* other = *w.submit(attach(*p, key_of("two")), {.first_version = 1});
    w.let_go();
    w.wait();
    CHECK_FALSE(good->failure);
    CHECK_FALSE(before->failure);
    REQUIRE(bad->failure);
    CHECK(bad->failure->code() == errc::version_conflict);
    CHECK(bad->failure->actual_version() == 3);
    REQUIRE(later->failure);
    CHECK(later->failure->code() == errc::version_conflict);
    REQUIRE(barrier->failure);
    CHECK_FALSE(other->failure);
    CHECK(lane->generation() == 1);
    CHECK(lane->durable_version() == 3);
    SECTION("and the next generation goes on from the durable version") {
      CHECK_FALSE(w.append(lane, {.first_version = 4, .generation = 1}).failure);
      CHECK(w.append(lane, {.first_version = 5, .generation = 0}).failure);
      CHECK_FALSE(w.append(lane, {.first_version = 5, .generation = 1}).failure);
      CHECK(versions_of(*p, stream) == std::vector<version_number>{1, 2, 3, 4, 5});
    }
    CHECK(check_log(*p) >= 5);
  }
  SECTION("a version written twice is refused the second time") {
    CHECK(w.append(lane, {.first_version = 1}).failure->actual_version() == 2);
    CHECK(w.append(lane, {.first_version = 2, .generation = 1}).failure->actual_version() == 2);
  }
}

void barriers(const partition_factory& make) {
  auto p = make(quick());
  writer w(*p);
  const auto lane = attach(*p, key_of("one"));
  w.hold();
  REQUIRE(w.submit(attach(*p, key_of("first")), {}));
  w.wait_until_held();
  std::vector<append_entry*> order;
  order.push_back(*w.submit(lane, {.first_version = 1}));
  order.push_back(*w.barrier(lane, 0));
  order.push_back(*w.submit(lane, {.first_version = 2}));
  order.push_back(*w.barrier(lane, 0));
  w.let_go();
  w.wait();
  auto answers = w.answers();
  CHECK(std::vector(answers.begin() + 1, answers.end()) == order);
  for (auto* entry : order) CHECK_FALSE(entry->failure);
  CHECK(p->last_position() == 3);
}

void concurrent_writers(const partition_factory& make) {
  auto options = quick();
  options.index_commits_max = 64;
  auto p = make(options);
  writer w(*p);
  constexpr int writers = 4;
  constexpr version_number each = 400;
  std::vector<std::thread> threads;
  std::atomic<int> failures{0};
  std::atomic<bool> finished{false};
  for (int t = 0; t < writers; ++t)
    threads.emplace_back([&, t] {
      const auto stream = key_of("own" + std::to_string(t));
      auto lane = p->attach(stream);
      for (version_number v = 1; v <= each; ++v) {
        // Overloaded when the machine starves the indexer: the bound on its backlog is small here.
        const auto sent = eventually([&] {
          const auto submitted =
              w.submit(*lane, {.first_version = v, .command_id = uuid::random()});
          return submitted || submitted.error().code() != errc::overloaded;
        });
        if (!sent) ++failures;
        if (v % 37 == 0) { // comes and goes, as passivated aggregates do
          w.wait();
          lane = lane_ptr{};
          lane = p->attach(stream);
          if ((*lane)->durable_version() != v) ++failures;
        }
      }
    });
  // Readers see a prefix without holes, in order, while the index takes over from the tails.
  std::thread reader([&] {
    while (!finished) {
      for (int t = 0; t < writers; ++t) {
        version_number next = 1;
        const auto stream = key_of("own" + std::to_string(t));
        const auto known = p->last_version(stream);
        const auto read = p->read_stream(stream, 1, [&](const commit_view& c) {
          if (c.first_version() != next) ++failures;
          next = c.last_version() + 1;
          return true;
        });
        if (!read || !known || next <= *known) ++failures;
      }
    }
  });
  for (auto& thread : threads) thread.join();
  w.wait();
  finished = true;
  reader.join();
  CHECK(failures == 0);
  CHECK(check_log(*p) == writers * each);
  for (int t = 0; t < writers; ++t)
    CHECK(versions_of(*p, key_of("own" + std::to_string(t))).size() == each);
  REQUIRE(p->flush());
  const auto figures = p->figures();
  CHECK(figures.commits == writers * each);
  CHECK(figures.indexed_up_to == writers * each);
  CHECK(figures.unindexed_commits == 0);
  CHECK(figures.queue_bytes == 0);
}

void command_ids(const partition_factory& make) {
  auto p = make(quick());
  writer w(*p);
  const auto stream = key_of("one");
  const auto lane = attach(*p, stream);
  std::vector<std::pair<uuid, std::uint64_t>> sent;
  for (version_number v = 1; v <= 100; ++v) {
    const auto id = uuid::random();
    sent.emplace_back(id, w.append(lane, {.first_version = v, .command_id = id}).position);
  }
  for (const bool indexed : {false, true}) {
    CAPTURE(indexed);
    if (indexed) REQUIRE(p->flush());
    for (const auto& [id, position] : sent) CHECK(*p->find_command(stream, id) == position);
    CHECK_FALSE(*p->find_command(stream, uuid::random()));
    CHECK_FALSE(*p->find_command(stream, uuid{}));
    CHECK_FALSE(*p->find_command(key_of("two"), sent[0].first));
  }
}

void forgotten_ids(const partition_factory& make) {
  auto now = std::make_shared<std::atomic<std::int64_t>>(1'000'000'000'000'000);
  auto options = quick();
  options.dedupe_keep = std::chrono::hours(1);
  options.monotonic = [now] { return std::chrono::microseconds(now->load()); };
  auto p = make(options);
  writer w(*p);
  const auto stream = key_of("one");
  const auto lane = attach(*p, stream);
  const auto old_id = uuid::random();
  const auto used_again = uuid::random();
  w.append(lane, {.first_version = 1, .command_id = old_id});
  w.append(lane, {.first_version = 2, .command_id = used_again});
  REQUIRE(p->flush());
  *now += std::int64_t{2} * 3600 * 1'000'000;
  const auto again = w.append(lane, {.first_version = 3, .command_id = used_again}).position;
  REQUIRE(p->flush());
  CHECK_FALSE(*p->find_command(stream, old_id));
  CHECK(*p->find_command(stream, used_again) == again);
  CHECK(*p->forgotten_up_to() == 1); // the second one has gone to its newer use
}

void jumps_of_the_clock(const partition_factory& make) {
  using namespace std::chrono_literals;
  struct clocks {
    std::atomic<std::int64_t> wall{1'000'000'000'000'000}, monotonic{0};
  };
  auto now = std::make_shared<clocks>();
  auto options = quick();
  options.dedupe_keep = 24h * 7;
  options.clock = [now] { return time_point(std::chrono::microseconds(now->wall.load())); };
  options.monotonic = [now] { return std::chrono::microseconds(now->monotonic.load()); };
  const auto pass = [&](std::chrono::microseconds time, std::chrono::microseconds jump) {
    now->monotonic += time.count();
    now->wall += (time + jump).count();
  };
  auto p = make(options);
  writer w(*p);
  const auto stream = key_of("one");
  const auto lane = attach(*p, stream);
  const auto first = uuid::random();
  w.append(lane, {.first_version = 1, .command_id = first});
  CHECK(p->figures().clock_jumps == 0);
  CHECK(p->figures().ahead_of_clock == 0us);
  SECTION("forward") {
    pass(1s, 8 * 24h);
    w.append(lane, {.first_version = 2, .command_id = uuid::random()});
    CHECK(p->figures().last_clock_jump == 8 * 24h);
    pass(1s, -8 * 24h);
  }
  SECTION("backward") {
    pass(1s, -8 * 24h);
    w.append(lane, {.first_version = 2, .command_id = uuid::random()});
    CHECK(p->figures().last_clock_jump == -8 * 24h);
    pass(1s, 8 * 24h);
  }
  REQUIRE(p->flush());
  w.append(lane, {.first_version = 3, .command_id = uuid::random()});
  REQUIRE(p->flush());
  CHECK(p->figures().clock_jumps == 2);
  CHECK(*p->find_command(stream, first) == 1);
  CHECK(*p->forgotten_up_to() == 0);
  pass(24h * 6, 0s);
  w.append(lane, {.first_version = 4});
  REQUIRE(p->flush());
  CHECK(*p->find_command(stream, first) == 1);
  pass(24h + 2s, 0s);
  w.append(lane, {.first_version = 5});
  REQUIRE(p->flush());
  CHECK_FALSE(*p->find_command(stream, first));
  CHECK(*p->forgotten_up_to() == 3);
  CHECK(p->figures().clock_jumps == 2);
}

void snapshots(const partition_factory& make) {
  auto p = make(quick());
  writer w(*p);
  const auto stream = key_of("one");
  const auto lane = attach(*p, stream);
  for (version_number v = 1; v <= 5; ++v) w.append(lane, {.first_version = v});
  CHECK_FALSE(*p->newest_snapshot(stream));
  const auto saved = [&](version_number version, std::string_view state) {
    snapshot s;
    s.version = version;
    s.position = version;
    s.fingerprint = 42;
    s.state.append(as_bytes_view(state));
    return s;
  };
  CHECK(p->offer_snapshot(stream, saved(3, "three")));
  CHECK(p->offer_snapshot(stream, saved(5, "five")));
  CHECK(p->offer_snapshot(stream, saved(4, "four")));
  REQUIRE(p->flush());
  const auto newest = *p->newest_snapshot(stream);
  REQUIRE(newest);
  CHECK(newest->version == 5);
  CHECK(newest->fingerprint == 42);
  CHECK(as_text(newest->state) == "five");
  // Of a version the journal does not hold, of another stream's position, or of none: never stored.
  CHECK(p->offer_snapshot(stream, saved(6, "six")));
  auto wrong = saved(7, "seven");
  wrong.position = 5;
  CHECK(p->offer_snapshot(stream, std::move(wrong)));
  CHECK_FALSE(p->offer_snapshot(stream, saved(0, "zero")));
  REQUIRE(p->flush());
  CHECK((*p->newest_snapshot(stream))->version == 5);
  w.append(lane, {.first_version = 6});
  REQUIRE(p->flush());
  CHECK(as_text((*p->newest_snapshot(stream))->state) == "six");
}

void limits(const partition_factory& make) {
  auto options = quick();
  options.queue_bytes_max = 64 << 10;
  auto p = make(options);
  const auto lane = attach(*p, key_of("one"));
  {
    commit_entry early;
    early.stream = lane;
    const auto refused = p->submit(early);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == errc::stopped);
  }
  writer w(*p);
  SECTION("a full queue answers overloaded at once and takes again when it is drained") {
    w.hold();
    REQUIRE(w.submit(attach(*p, key_of("first")), {}));
    w.wait_until_held();
    version_number v = 0;
    std::optional<error> refused;
    while (!refused && v < 10000) {
      auto sent = w.submit(lane, {.first_version = v + 1, .payload_bytes = 1000});
      if (sent)
        ++v;
      else
        refused = sent.error();
    }
    REQUIRE(refused);
    CHECK(refused->code() == errc::overloaded);
    CHECK_FALSE(p->has_room());
    CHECK(v >= 50);
    CHECK(v <= 65);
    w.let_go();
    w.wait();
    CHECK(p->has_room());
    CHECK(lane->durable_version() == v);
    CHECK_FALSE(w.append(lane, {.first_version = v + 1}).failure);
  }
  SECTION("a commit beyond the limits is refused and costs nothing") {
    commit_entry entry;
    entry.stream = lane;
    entry.first_version = 1;
    entry.events = 1;
    std::vector<std::byte> bytes(commit_bytes_max + 1);
    entry.record = bytes;
    const auto refused = p->submit(entry);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == errc::too_large);
    CHECK(p->figures().queue_bytes == 0);
  }
}

void stopping(const partition_factory& make) {
  auto p = make(quick());
  auto w = std::make_unique<writer>(*p);
  const auto lane = attach(*p, key_of("one"));
  w->hold();
  REQUIRE(w->submit(attach(*p, key_of("first")), {}));
  w->wait_until_held();
  for (version_number v = 1; v <= 50; ++v) REQUIRE(w->submit(lane, {.first_version = v}));
  std::thread stopper([&] { p->stop(); });
  CHECK(
      eventually([&] { return !w->submit(lane, {.first_version = 51}) || (w->let_go(), false); }));
  w->let_go();
  stopper.join();
  w->wait();
  CHECK(lane->durable_version() >= 50);
  CHECK(check_log(*p) >= 51);
  CHECK(p->figures().unindexed_commits == 0);
  const auto refused = w->submit(lane, {.first_version = 52});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == errc::stopped);
  p->stop();
  w.reset();
  p.reset();
  CHECK(lane->durable_version() >= 50); // a lane may outlive its partition
}

void names(const partition_factory& make) {
  auto p = make(quick());
  const std::vector<std::string> some{"cart", "cart.item_added", "cart"};
  const auto ids = *p->intern(some);
  REQUIRE(ids.size() == 3);
  CHECK(ids[0] == ids[2]);
  CHECK(ids[0] != ids[1]);
  CHECK(p->name_of(ids[1]) == "cart.item_added");
  CHECK(p->name_of(0).empty());
  CHECK(p->name_of(1000).empty());
  CHECK(*p->intern(some) == ids);
}

void lanes_vanish(const partition_factory& make) {
  auto p = make(quick());
  writer w(*p);
  for (int i = 0; i < 1000; ++i) {
    const auto lane = attach(*p, key_of(std::to_string(i)));
    REQUIRE(w.submit(lane, {}));
  }
  w.wait();
  REQUIRE(p->flush());
  CHECK(eventually([&] {
    (void)p->flush();
    return p->figures().lanes == 0;
  }));
}

} // namespace

void check_journal_contract(const partition_factory& make) {
  SECTION("appending") { appends(make); }
  SECTION("conflicts") { conflicts(make); }
  SECTION("a barrier is answered after everything before it") { barriers(make); }
  SECTION("concurrent writers leave no gap and readers see no hole") { concurrent_writers(make); }
  SECTION("a command id is found as long as it is kept") { command_ids(make); }
  SECTION("a command id is forgotten after its time, unless it was used again") {
    forgotten_ids(make);
  }
  SECTION("a clock that jumps makes no command id old, and is counted") {
    jumps_of_the_clock(make);
  }
  SECTION("the newest true snapshot wins") { snapshots(make); }
  SECTION("limits") { limits(make); }
  SECTION("stop drains the queue and refuses what comes later") { stopping(make); }
  SECTION("names keep their ids") { names(make); }
  SECTION("a lane nobody holds vanishes once it is indexed") { lanes_vanish(make); }
}

// -- tools
// -------------------------------------------------------------------------------------------------------------

stream_key key_of(std::string_view id) { return {"thing", id}; }

std::string payload_of(const stream_key& stream, version_number version, std::size_t bytes) {
  auto text = stream.text() + '@' + std::to_string(version);
  text.resize(std::max(bytes, text.size()), '.');
  return text;
}

byte_buffer make_record(std::uint32_t aggregate_name, const stream_key& stream,
                        const commit_request& request) {
  byte_buffer out;
  commit_header header;
  header.aggregate_name = aggregate_name;
  header.stream_id = stream.id();
  header.first_version = request.first_version;
  header.command_id = request.command_id;
  header.caller = request.caller;
  ACTA_ASSERT(begin_commit(out, header)); // not REQUIRE: Catch2 is not for several threads
  event_writer events(out, event_names);
  for (std::uint32_t i = 0; i < request.events; ++i) {
    events.begin(0, 1);
    out.append(as_bytes_view(payload_of(stream, request.first_version + i, request.payload_bytes)));
    events.end();
  }
  ACTA_ASSERT(finish_commit(out, events.count()));
  return out;
}

writer::writer(partition& p) : partition_(p) {
  const std::vector<std::string> wanted{"thing"};
  name_ = p.intern(wanted)->front();
  p.start([this](std::span<append_entry* const> batch) { take(batch); });
}

writer::~writer() {
  let_go();
  partition_.stop();
}

result<commit_entry*> writer::send(std::unique_ptr<commit_entry> entry) {
  auto* raw = entry.get();
  {
    const std::lock_guard lock(mutex_);
    entries_.push_back(std::move(entry));
    ++submitted_;
  }
  if (auto sent = partition_.submit(*raw); !sent) {
    const std::lock_guard lock(mutex_);
    --submitted_;
    return std::move(sent).error();
  }
  return raw;
}

result<commit_entry*> writer::submit(const lane_ptr& lane, const commit_request& request) {
  auto entry = std::make_unique<commit_entry>();
  entry->bytes = make_record(name_, lane->stream(), request);
  entry->stream = lane;
  entry->generation = request.generation;
  entry->first_version = request.first_version;
  entry->events = request.events;
  entry->command_id = request.command_id;
  entry->record = {entry->bytes.data(), entry->bytes.size()};
  return send(std::move(entry));
}

result<commit_entry*> writer::barrier(const lane_ptr& lane, std::uint32_t generation) {
  auto entry = std::make_unique<commit_entry>();
  entry->stream = lane;
  entry->generation = generation;
  return send(std::move(entry));
}

void writer::take(std::span<append_entry* const> batch) {
  std::unique_lock lock(mutex_);
  for (auto* entry : batch) {
    entry->stream = nullptr; // a lane is held by its users, not by answered entries
    answers_.push_back(entry);
  }
  holding_ = held_;
  changed_.notify_all();
  changed_.wait(lock, [&] { return !held_; });
  holding_ = false;
}

void writer::wait() {
  std::unique_lock lock(mutex_);
  const auto all = submitted_;
  const auto answered = changed_.wait_for(lock, deadline, [&] { return answers_.size() >= all; });
  if (!answered) throw std::runtime_error("not all entries were answered in time");
}

commit_entry& writer::append(const lane_ptr& lane, const commit_request& request) {
  auto* entry = *submit(lane, request);
  wait();
  return *entry;
}

std::vector<append_entry*> writer::answers() const {
  const std::lock_guard lock(mutex_);
  return answers_;
}

void writer::hold() {
  const std::lock_guard lock(mutex_);
  held_ = true;
}

void writer::let_go() {
  const std::lock_guard lock(mutex_);
  held_ = false;
  changed_.notify_all();
}

void writer::wait_until_held() {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, deadline, [&] { return holding_; }))
    throw std::runtime_error("the sink was not called in time");
}

lane_ptr attach(partition& p, const stream_key& stream) {
  auto lane = p.attach(stream);
  REQUIRE(lane);
  return *lane;
}

std::vector<version_number> versions_of(partition& p, const stream_key& stream,
                                        version_number from) {
  std::vector<version_number> versions;
  bool right = true;
  const auto read = p.read_stream(stream, from, [&](const commit_view& commit) {
    right = right && commit.header().stream_id == stream.id();
    commit.for_each_event([&](const event_view& event) {
      versions.push_back(event.version);
      const auto text = as_text(event.payload);
      right = right && text == payload_of(stream, event.version, text.size());
    });
    return true;
  });
  if (!read) FAIL(read.error().to_string());
  CHECK(right);
  return versions;
}

std::uint64_t check_log(partition& p) {
  std::uint64_t next = 1;
  bool gapless = true;
  time_point last{};
  const auto read = p.read_log(1, [&](const commit_view& commit) {
    gapless = gapless && commit.position() == next && commit.recorded_at() > last;
    last = commit.recorded_at();
    next = commit.last_position() + 1;
    return true;
  });
  if (!read) FAIL(read.error().to_string());
  CHECK(gapless);
  CHECK(p.last_position() == next - 1);
  return next - 1;
}

bool eventually(const std::function<bool()>& done) {
  const auto until = std::chrono::steady_clock::now() + deadline;
  while (!done()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::yield();
  }
  return true;
}

} // namespace acta::contract
