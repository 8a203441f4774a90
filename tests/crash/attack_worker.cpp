// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// The victim of the attack: it works on a store to which its judge has done something, and must
// either refuse it with a reason or answer rightly.
//
//   crash_attack_worker load FOLDER SEED CLOCK_SECONDS   sends commands until it is killed
//   crash_attack_worker settle FOLDER                    ends once every view shows every event
//   crash_attack_worker judge FOLDER SEED                reads the store, and says what is wrong
//
// Exit code 3 says: the store was refused, with the reason on stderr.
#include "client.hpp"
#include "eventually.hpp"
#include "journal_judge.hpp"
#include "views.hpp"

#include <algorithm>
#include <fstream>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

namespace {

constexpr int refused = 3;

[[noreturn]] void refuse(const acta::error& why) {
  std::cerr << "refused: " << why.to_string() << std::endl;
  _exit(refused);
}

acta::runtime open(const std::string& folder, std::chrono::seconds clock_offset) {
  acta::runtime_options options;
  options.resident_max = 32;
  options.index_delay_max = 40ms;
  options.clock = [clock_offset] { return acta::system_now() + clock_offset; };
  options.log = [log = std::make_shared<std::ofstream>(folder + "/log", std::ios::app),
                 mutex = std::make_shared<std::mutex>()](acta::log_level, std::string_view line) {
    const std::lock_guard lock(*mutex);
    *log << line << std::endl;
  };
  auto opened = acta::runtime::open(folder + "/store", crash::view_model(), options);
  if (!opened) refuse(opened.error());
  return std::move(*opened);
}

std::vector<crash::acknowledgement> acknowledged_to(std::uint32_t client,
                                                    const std::string& folder) {
  auto all = crash::read_acknowledged(folder);
  std::erase_if(all, [&](const auto& a) { return a.client != client; });
  return all;
}

/// A typed error is an answer, a wrong receipt is not: the client notes errors and goes on.
class attacked_client {
public:
  attacked_client(acta::runtime& runtime, const std::string& folder, std::uint64_t seed,
                  std::uint32_t client, int log, int errors)
      : runtime_(runtime), seed_(seed), client_(client), log_(log), errors_(errors),
        known_(acknowledged_to(client, folder)), random_(crash::mix(seed + client)) {}

  [[noreturn]] void run() {
    if (!known_.empty()) repeat(known_.back());
    for (auto n = known_.empty() ? 1 : known_.back().n + 1;; ++n) {
      if (n % 32 == 0 && !known_.empty()) repeat(known_[random_() % known_.size()]);
      on_their_way_.emplace_back(n, send(n));
      if (on_their_way_.size() < crash::window) continue;
      auto& [oldest, reply] = on_their_way_.front();
      take(oldest, reply.wait());
      on_their_way_.pop_front();
    }
  }

private:
  acta::pending send(std::uint64_t n) {
    const auto s = crash::plan(seed_, client_, n);
    return runtime_.ask<test::counter>(s.stream_id, test::add_many{s.amount, s.events},
                                       {.command_id = s.command_id});
  }
  /// A retry gets the first receipt, whatever has been done to clocks and derived data.
  void repeat(const crash::acknowledgement& first) {
    const auto again = send(first.n).wait();
    if (!again) return note(again.error());
    if (again->version != first.version || again->position.number != first.position)
      crash::give_up("command " + std::to_string(first.n) + " of client " +
                     std::to_string(client_) + " had version " + std::to_string(first.version) +
                     " at " + std::to_string(first.position) + ", its retry got version " +
                     std::to_string(again->version) + " at " + again->position.to_string());
  }
  void take(std::uint64_t n, const acta::result<acta::receipt>& receipt) {
    if (!receipt) return note(receipt.error());
    const crash::acknowledgement a{client_, 0, n, receipt->version, receipt->position.number};
    if (write(log_, &a, sizeof a) != sizeof a) crash::give_up("cannot write the log");
  }
  void note(const acta::error& e) {
    // A store that answers nothing else: it has shown what it does, and the kill comes.
    while (noted_ == noted_max) ::pause();
    ++noted_;
    const auto line = e.to_string() + '\n';
    if (write(errors_, line.data(), line.size()) < 0) crash::give_up("cannot write the errors");
  }

  acta::runtime& runtime_;
  std::uint64_t seed_;
  std::uint32_t client_;
  int log_;
  int errors_;
  static constexpr int noted_max = 200;
  int noted_ = 0;
  std::vector<crash::acknowledgement> known_; ///< from earlier lives
  std::mt19937_64 random_;
  std::deque<std::pair<std::uint64_t, acta::pending>> on_their_way_;
};

int load(const std::string& folder, std::uint64_t seed, std::chrono::seconds clock_offset) {
  const int log = crash::open_log(folder + "/acknowledged");
  const int errors = crash::open_log(folder + "/errors");
  if (log < 0 || errors < 0) crash::give_up("cannot open the log");
  auto runtime = open(folder, clock_offset);
  if (write(errors, "open\n", 5) != 5) crash::give_up("cannot write the errors");
  std::vector<std::thread> clients;
  for (std::uint32_t c = 0; c < crash::clients; ++c)
    clients.emplace_back([&, c] { attacked_client(runtime, folder, seed, c, log, errors).run(); });
  for (auto& c : clients) c.join();
  return 0;
}

int settle(const std::string& folder) {
  auto runtime = open(folder, 0s);
  const auto is_settled = [](const acta::view_status& s) {
    return s.serving && !s.building && s.serving->behind == 0;
  };
  if (!test::eventually([&] { return std::ranges::all_of(runtime.views(), is_settled); }, 60s)) {
    for (const auto& s : runtime.views())
      if (!is_settled(s)) {
        std::cerr << "view " << s.view << " does not settle";
        if (s.serving && s.serving->trouble) std::cerr << ": " << s.serving->trouble->to_string();
        std::cerr << std::endl;
      }
    return 1;
  }
  if (!runtime.stop()) crash::give_up("it does not stop");
  return 0;
}

int judge(const std::filesystem::path& folder, std::uint64_t seed) {
  const auto verdict = crash::judge_journal(folder, seed);
  if (!verdict) refuse(verdict.error());
  if (verdict->empty()) return 0;
  std::cerr << *verdict << std::endl;
  return 1;
}

} // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const std::string mode = argv[1];
  const std::string folder = argv[2];
  if (mode == "load" && argc == 5)
    return load(folder, std::stoull(argv[3]), std::chrono::seconds(std::stoll(argv[4])));
  if (mode == "settle") return settle(folder);
  if (mode == "judge" && argc == 4) return judge(folder, std::stoull(argv[3]));
  return 2;
}
