// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What makes processes go: brings them their inputs, does what their steps say, fires their
/// timers.
///
/// One thread follows the journal and sends what its events ask for at once: a step is on disk, so
/// what it asks for is derived again after a crash, under the same command ids. What is not
/// answered soon is noted in the outbox, with how far the journal has been looked through; the rest
/// never gets there. Each target gets its deliveries one after another; whatever is not answered by
/// a receipt or a rejection is sent again after a pause. The order of steps, and a crash at each,
/// is in docs/processes.md.
#pragma once

#include "crash_point.hpp"
#include "lost_commit.hpp"
#include "outbox.hpp"

#include <acta/core/hash.hpp>
#include <acta/domain/model.hpp>
#include <acta/projections/subscription.hpp>
#include <acta/runtime/options.hpp>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <vector>

namespace acta::detail {

class engine;

/// Lifecycle: judge(), start(), stop(), await(). Threads: start() once; the rest from any.
class process_runner {
public:
  process_runner(engine& e, outbox o) : engine_(e), outbox_(std::move(o)) {}
  /// Waits for a key of an input that does not return, without limit.
  ~process_runner();
  process_runner(const process_runner&) = delete;
  process_runner& operator=(const process_runner&) = delete;

  /// Judges whether the outbox and the journal belong together; writes nothing. Errors:
  /// `other_history`, `io`.
  result<void> judge();
  /// Pre: judge() is content. Errors: `io`.
  result<void> start();
  /// Has it end: it sends nothing more.
  void stop();
  /// Waits for the end. Returns whether it has come by then; what is not answered is in the outbox
  /// then.
  bool await(std::chrono::steady_clock::time_point deadline);

  [[nodiscard]] process_figures figures() const;
  [[nodiscard]] std::vector<stuck_delivery> stuck(std::size_t limit) const;
  /// A target was let out of quarantine: what waits for it need not wait any longer.
  void released(std::string_view name);

  /// As runtime::set_aside.
  [[nodiscard]] result<std::vector<set_aside_record>> set_aside(std::size_t limit,
                                                                std::string_view after) const {
    return outbox_.set_aside(limit, after);
  }
  result<void> drop_set_aside(std::string_view id);

  /// As outbox::streams_with_timers.
  [[nodiscard]] result<std::vector<std::string>>
  streams_with_timers(std::string_view prefix, std::string_view after, std::size_t limit) {
    return outbox_.streams_with_timers(prefix, after, limit);
  }

  /// Everything committed before the call has been looked at, nothing waits but for targets that
  /// are stuck, no timer is due, and the outbox says so.
  [[nodiscard]] bool at_rest() const;
  /// Has the clock looked at, and the outbox written.
  void look();

private:
  /// A process of the model, and how far the journal has been looked through for it, by partition.
  struct follower {
    const process_type* process = nullptr;
    std::vector<std::uint64_t> start;     ///< in earlier runs
    std::vector<std::uint64_t> noted;     ///< as the outbox has it
    std::vector<versions_taken> versions; ///< by partition

    [[nodiscard]] bool has_taken(const recorded_event& e) const {
      const auto& at = e.metadata.position;
      return at.number <= start[at.partition] ||
             versions[at.partition].has_taken(e.type, e.schema, at.number);
    }
  };
  /// Whose input an event is.
  /// One of the events of today that a stored one is.
  struct present_event {
    const event_type* type = nullptr;
    bytes_view payload;
    std::uint16_t part = 0; ///< 0 but for one that was split
  };
  struct receiver {
    const follower* of;
    const process_input* input;
    std::size_t input_index;
    [[nodiscard]] const process_type* process() const { return of->process; }
  };
  struct route {
    const follower* stepped = nullptr; ///< whose step it is
    std::vector<receiver> receivers;
  };
  /// Something to be sent, as long as it is in memory.
  struct item {
    delivery_key key;
    delivery what; ///< an event's JSON is made when the outbox wants it
    /// Of an event that is an input: it need not be JSON to be sent.
    std::shared_ptr<const event_type> event;
    byte_buffer payload;
    const receiver* to = nullptr;
    /// Of a timer: its entry in the outbox, where it is until it is answered.
    std::string entry;
    version_number timer_version = 0;
    /// Of those with the same number the later one waits for the earlier one; 0: with all.
    std::uint64_t sender = 0;
    std::size_t bytes = 0;     ///< in memory, about
    bool sent = false;         ///< and not answered
    bool stored = false;       ///< its row is in the outbox
    bool without_json = false; ///< it has none, and so no row
    bool emptied = false;      ///< its text is in the outbox alone
    bool looked = false;       ///< whether an earlier run has had its answer

    [[nodiscard]] bool is_timer() const noexcept { return key.kind == delivery_kind::timer; }
  };
  using item_list = std::list<item>;
  /// What comes from one stream stays in order.
  static std::uint64_t sender_of(std::string_view stream) {
    return std::max<std::uint64_t>(process_hash(stream), 1);
  }
  /// Who gets deliveries, in order: of one sender one at a time, of several together; of all one at
  /// a time while it is held up. Its address stays.
  struct target {
    std::string name; ///< `account/1`
    item_list items;
    /// Behind rows that are not in memory: to be written, and read again after those.
    item_list late;
    std::uint64_t on_disk = 0; ///< rows that are not in memory
    std::size_t bytes = 0;     ///< of `items`
    std::size_t in_flight = 0; ///< items that are sent
    bool ready = false;        ///< in ready_
    bool listed = false;       ///< in listed_
    bool reload = false;       ///< in reloads_
    unsigned attempts = 0;     ///< that failed, since one did not
    time_point since{};        ///< the first of them
    std::multimap<std::chrono::steady_clock::time_point, target*>::iterator retry;
    bool waits = false; ///< in retries_, at `retry`

    [[nodiscard]] bool held_up() const noexcept { return attempts > 0; }
    [[nodiscard]] std::uint64_t total() const noexcept {
      return items.size() + late.size() + on_disk;
    }
  };
  struct answer {
    target* from;
    item_list::iterator which;
    std::optional<error> outcome; ///< empty: a receipt
  };
  /// Shared with the callbacks of commands, which may come after the end.
  struct inbox {
    std::mutex mutex;
    std::condition_variable wake;
    std::vector<answer> answers;
    std::vector<std::string> released;
    bool told = false; ///< there may be more events
    bool look = false;
    std::uint64_t looks = 0; ///< asked for
    bool stopping = false;
    bool ended = false;
    std::condition_variable end;
    bool asleep = false;
    /// Pre: the mutex is locked.
    void wake_up() {
      if (std::exchange(asleep, false)) wake.notify_one();
    }
  };

  // -- the loop: process_runner.cpp
  void run();
  void run_until_stopped();
  /// Returns whether there may be more to do at once.
  bool turn(std::vector<answer>& answers, const std::vector<std::string>& released);
  void wait();
  /// What has failed, and is tried again after a pause.
  struct trouble {
    unsigned failures = 0; ///< one after another
    std::chrono::steady_clock::time_point until{};
  };
  /// Whether there may be more to do at once.
  bool attempt(trouble& t, const std::function<result<bool>()>& f);
  result<bool> write_outbox();
  result<bool> fire_due();
  /// When a timer may be due by a clock that may be set.
  [[nodiscard]] std::chrono::steady_clock::time_point look_again(time_point due) const;
  /// Reads on in the journal. Returns whether there was anything.
  result<bool> read_events();
  void publish();
  [[nodiscard]] bool has_room() const;
  [[nodiscard]] bool has_room_for_timers() const;
  [[nodiscard]] bool may_load() const;
  void at(crash_point p) const;

  // -- what events ask for: process_events.cpp
  /// What the outbox says is worth nothing beside a journal that was put back: commands that count
  /// as answered have no effect there, and new steps stand where others were.
  [[nodiscard]] result<void> check_history(std::uint32_t partition,
                                           const persistence::checkpoint& at) const;
  void make_routes();
  /// Which versions of events this release takes; goes back to those that an older one has passed
  /// over.
  result<void> find_versions();
  /// Notes them before an event of a new version can be stored: a release that does not know it may
  /// run next. Without room on the disk the first flush does.
  result<void> note_versions();
  void take_event(const recorded_event& e);
  void take_step(const recorded_event& e, bytes_view payload);
  void bring(const recorded_event& e, const present_event& today,
             const std::vector<receiver>& receivers);
  void set_step_aside(const recorded_event& e, std::string_view why);
  /// Passes over a damaged commit: nobody knows what it asked for, or of whom, so each process that
  /// had not taken it keeps a record of what it may have lost.
  result<bool> pass_over_commit();
  void set_commit_aside(const lost_commit& lost);
  void take_timers(const metadata& m, process_step& step, const uuid& correlation);
  void change_timer(std::string row, timer_change c);
  /// The input that tells a process of a rejection; nothing if it has none for that command.
  [[nodiscard]] std::optional<delivery> rejection_for(std::string_view process, const delivery& d,
                                                      const rejection& no) const;
  result<bool> fire();
  [[nodiscard]] bool is_held_up(const std::string& name) const;
  /// Whether a timer is left alone for now: the process does not take its input, or a schedule's
  /// target does not take its commands, which would only get a longer queue.
  [[nodiscard]] bool is_held_up(const pending_timer& t) const;

  // -- who gets what, and when: process_deliveries.cpp
  void add(item i);
  static std::size_t bytes_of(const item& i);
  /// Into and out of a target's items.
  void count_in(target& t, item& i);
  void count_out(target& t, const item& i);
  /// The text of one that was emptied. Errors: those of outbox::find.
  result<void> refill(target& t, item& i);
  [[nodiscard]] bool may_send() const;
  target& find_target(std::string name);
  void take_answer(answer& a);
  /// The input that tells of it, if anybody is to be told.
  [[nodiscard]] std::optional<item> told_of(const item& i, const rejection& no) const;
  void failed(target& t, item& i, const error& why);
  /// Makes the JSON that the outbox wants. False if there can be none: the process's step would
  /// need it too.
  static bool make_json(item& i);
  /// Takes an item out that nobody can take, and keeps it where an operator finds it.
  item_list::iterator set_aside(target& t, item_list& from, item_list::iterator i,
                                std::string_view why);
  /// Keeps something that was not even to be sent, and says so.
  void put_aside(const std::string& target, const delivery_key& key, delivery d,
                 std::string_view why);
  /// Keeps it where an operator finds it.
  void keep_aside(const std::string& target, const delivery_key& key, delivery d,
                  std::string_view why);
  /// Takes an item out.
  item_list::iterator pop(target& t, item_list::iterator i);
  void recovered(target& t);
  /// Sends what may be sent.
  void dispatch(target& t);
  /// Errors: `decode_failed`: it cannot be read, and was not sent.
  result<void> send(target& t, item_list::iterator i);
  void dispatch_ready();
  void retry_due();
  /// What is known of its answer in an earlier run that nobody noted.
  enum class past_answer : std::uint8_t {
    none,       ///< it may be sent
    given,      ///< it must not be sent again
    unreadable, ///< the process's own stream, which would tell, is damaged
  };
  result<past_answer> answered_before(item& i);
  /// Whether an earlier run had this command of `from` committed.
  result<bool> was_taken(std::string_view stream, const uuid& command_id, position from);
  void list(target& t);
  void forget_if_empty(target& t);

  // -- memory and outbox: process_outbox.cpp
  void note_change(std::chrono::milliseconds delay);
  /// Of what the outbox does not have yet.
  void count_change(std::size_t bytes);
  /// Takes the text of a stored item out of memory, when it is much.
  void empty(target& t, item& i);
  result<void> flush();
  void collect_added();
  void collect_checkpoints();
  void after_flush();
  /// Items of those who are held up leave memory, but for the first.
  void spill(target& t);
  result<void> load_more();
  result<void> reload(target& t);
  void want_reload(target& t);
  /// A row of the outbox comes to memory; false if it cannot be read.
  bool load_row(target& t, const outbox::stored& row);
  /// Rows for an aggregate or process that this program does not have: they stay where they are, as
  /// one that is stuck.
  struct absent_target {
    explicit absent_target(const outbox::stored& row);
    std::string target, command, sender; ///< of the first one
    std::uint64_t deliveries = 0;
  };
  void show_absent(const std::string& aggregate, const absent_target& a);
  /// Says at the start what waits that this program cannot read. It is tried like all others, and
  /// shows as stuck.
  result<void> tell_unreadable();
  /// Takes back what was loaded, when not all could be read: none may be there twice.
  /// Returns how many.
  std::size_t unload(target& t);
  [[nodiscard]] bool is_beyond_loaded(std::string_view name) const;

  engine& engine_;
  outbox outbox_;
  std::optional<subscription> events_;
  std::shared_ptr<inbox> inbox_ = std::make_shared<inbox>();
  std::thread thread_;

  // The thread's own.
  std::deque<follower> followers_; ///< their addresses stay
  std::unordered_map<const event_type*, route> routes_;
  std::unordered_map<std::string, target, process_text_hash> targets_; ///< with something in memory
  std::multimap<std::chrono::steady_clock::time_point, target*> retries_;
  std::deque<target*> ready_;    ///< wait for others' answers only
  std::vector<target*> listed_;  ///< the next flush has to do with them
  std::vector<target*> reloads_; ///< empty, with more in the outbox
  std::size_t in_flight_ = 0;
  std::size_t in_flight_max_ = 0;
  std::size_t in_flight_bytes_ = 0;
  std::size_t active_ = 0; ///< items of targets that are not held up
  std::size_t active_bytes_ = 0;
  std::size_t held_up_ = 0; ///< targets
  std::size_t held_up_bytes_ = 0;
  std::uint64_t waiting_ = 0;
  std::uint64_t waiting_stuck_ = 0; ///< of them, for targets that are stuck
  std::vector<std::uint64_t> start_positions_;
  /// Of the stream that was last looked through for what is forgotten: many rows may wait for one.
  struct past_commands {
    std::string stream;
    std::vector<uuid> ids; ///< of earlier runs' deliveries, sorted
  };
  past_commands past_commands_;

  std::vector<position> scanned_; ///< taken, with all before
  std::uint64_t looks_ = 0;       ///< asked for, and had
  bool subscribed_ = false;       ///< will be told of more

  outbox_changes changes_;
  std::size_t changes_count_ = 0;
  std::size_t changes_bytes_ = 0;
  std::optional<std::chrono::steady_clock::time_point> flush_at_;
  trouble journal_trouble_, outbox_trouble_, timer_trouble_;
  std::string load_from_; ///< target; what the outbox has for it and those after is not in memory
  bool loading_ = true;

  std::unordered_map<std::string, version_number, process_text_hash> fired_; ///< entries in memory
  /// Answered, and still in the outbox.
  std::vector<std::pair<std::string, version_number>> fired_done_;
  std::string fire_after_;             ///< entry; what is due before it is in fired_, or left out
  bool left_out_ = false;              ///< timers of those who are held up
  std::optional<time_point> next_due_; ///< in the outbox
  std::optional<time_point> next_due_unwritten_;

  mutable std::mutex figures_mutex_;
  std::uint64_t dropped_ = 0; ///< of what was set aside
  process_figures figures_;   ///< as of the last turn; counters by the thread
  std::map<std::string, stuck_delivery, std::less<>> stuck_;
  std::vector<position> published_scanned_;
  std::optional<time_point> published_due_;
  std::uint64_t published_looks_ = 0;
  bool published_rest_ = false;
  process_figures counted_; ///< the thread's own
};

} // namespace acta::detail
