// simulate-nodes: runs networks of whole nodes under faults, one seed after the other.
#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <map>
#include <string>

#include "node/log.h"
#include "tests/simulation/whole/crash_calls.h"
#include "tests/support/temp_folder.h"

namespace {

using footproof::whole::Outcome;
using footproof::whole::Plan;
using footproof::whole::World;

constexpr const char* kUsage =
    "Usage: simulate-nodes --seeds A..B | --seed N   networks of whole nodes (whole/plan.h)\n"
    "       simulate-nodes crashes --seeds A..B | --seed N   S3: power lost at every step\n"
    "Of many, those that fail are printed, then sums. Options:\n"
    "  --calm     without faults\n"
    "  --trace    print what happens, and the nodes' own logs (of one seed)\n"
    "  --twice    each seed twice: it must have one trace\n"
    "  --hashes   print the trace hash of every seed\n"
    "  --first    end with the first that fails\n"
    "  --json     sums as one line of JSON\n"
    "Exit code 0: all passed, 1: a seed failed, 2: wrong usage.\n";

struct Options {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  bool given = false;
  bool calm = false;
  bool crashes = false;
  bool twice = false;
  bool trace = false;
  bool hashes = false;
  bool only_first = false;
  bool json = false;
};

bool parse(std::string_view& text, std::uint64_t& value) {
  const auto [next, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(next - text.data()));
  return true;
}

bool parse_range(std::string_view text, Options& options) {
  if (!parse(text, options.first)) return false;
  options.last = options.first;
  if (text.empty()) return true;
  if (!text.starts_with("..")) return false;
  text.remove_prefix(2);
  return parse(text, options.last) && text.empty() && options.first <= options.last;
}

bool parse_options(int argc, char** argv, Options& options) {
  const std::map<std::string_view, bool*> flags = {
      {"--calm", &options.calm},   {"crashes", &options.crashes}, {"--twice", &options.twice},
      {"--trace", &options.trace}, {"--hashes", &options.hashes}, {"--first", &options.only_first},
      {"--json", &options.json}};
  for (int i = 1; i < argc; ++i) {
    const std::string_view option = argv[i];
    if (const auto flag = flags.find(option); flag != flags.end()) {
      *flag->second = true;
    } else if ((option == "--seeds" || option == "--seed") && ++i < argc) {
      options.given = parse_range(argv[i], options);
      if (!options.given) return false;
    } else {
      return false;
    }
  }
  return options.given;
}

struct Sums {
  std::uint64_t runs = 0;
  std::uint64_t failed = 0;
  std::uint64_t blocks = 0;
  std::uint64_t statements = 0;
  std::uint64_t events = 0;
  std::uint64_t virtual_ms = 0;
  std::map<std::string, std::uint64_t> counts;
  std::map<std::string, std::uint64_t> points;

  void add(const Outcome& outcome) {
    ++runs;
    failed += outcome.failure.empty() ? 0U : 1U;
    blocks += outcome.blocks;
    statements += outcome.statements;
    events += outcome.events;
    virtual_ms += outcome.virtual_ms;
    for (const auto& [what, times] : outcome.counts) counts[what] += times;
    for (const auto& [what, times] : outcome.points) points[what] += times;
  }

  void print(bool json) const {
    const double core_seconds = static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
    const double hours = static_cast<double>(virtual_ms) / 3'600'000;
    std::uint64_t hit = 0;
    for (const auto& [what, times] : points) hit += times > 0 ? 1 : 0;
    const auto number = [](std::uint64_t value) { return std::to_string(value); };
    if (json) {
      const std::string text =
          "{\"runs\": " + number(runs) + ", \"failed\": " + number(failed) +
          ", \"blocks\": " + number(blocks) + ", \"statements\": " + number(statements) +
          ", \"events\": " + number(events) + ", \"points\": " + number(points.size()) +
          ", \"points_hit\": " + number(hit) +
          ", \"core_seconds\": " + std::to_string(core_seconds) +
          ", \"simulated_hours\": " + std::to_string(hours) + "}\n";
      std::fputs(text.c_str(), stdout);
      return;
    }
    std::printf("%s seeds, %s failed, %s blocks, %s statements logged, %s events\n",
                number(runs).c_str(), number(failed).c_str(), number(blocks).c_str(),
                number(statements).c_str(), number(events).c_str());
    std::printf("%.1f core-seconds (%.2f a seed), %.3f simulated hours: %.1f an hour of one core\n",
                core_seconds, core_seconds / static_cast<double>(runs), hours,
                hours * 3600 / core_seconds);
    for (const auto& [what, times] : counts) {
      std::printf("  %s: %s\n", what.c_str(), number(times).c_str());
    }
    std::printf("%s points, %s of them hit\n", number(points.size()).c_str(), number(hit).c_str());
    for (const auto& [what, times] : points) {
      std::printf("  %s: %s\n", what.c_str(), number(times).c_str());
    }
  }
};

Outcome run_seed(const Options& options, const Plan& plan, std::uint64_t seed) {
  const footproof::test::TempFolder folder;
  if (options.crashes) return footproof::whole::run_crash_calls(seed, folder.path());
  World world(plan, folder.path(), options.trace);
  return world.run();
}

int run(const Options& options) {
  Sums sums;
  for (std::uint64_t seed = options.first; seed <= options.last; ++seed) {
    const Plan plan = options.calm ? Plan::calm(seed) : Plan::from_seed(seed);
    Outcome outcome = run_seed(options, plan, seed);
    if (options.twice && outcome.failure.empty()) {
      const auto again = run_seed(options, plan, seed);
      if (again.trace_hash != outcome.trace_hash) outcome.failure = "another trace the second time";
    }
    sums.add(outcome);
    if (options.hashes) {
      std::printf("%llu %016llx\n", static_cast<unsigned long long>(seed),
                  static_cast<unsigned long long>(outcome.trace_hash));
    }
    if (outcome.failure.empty() && options.first != options.last) continue;
    std::printf("seed %llu  trace %016llx  %s  virtual %llu ms  %s\n",
                static_cast<unsigned long long>(seed),
                static_cast<unsigned long long>(outcome.trace_hash),
                options.crashes ? "crashes" : plan.text().c_str(),
                static_cast<unsigned long long>(outcome.virtual_ms),
                outcome.failure.empty() ? "passed" : outcome.failure.c_str());
    std::fflush(stdout);
    if (options.only_first && !outcome.failure.empty()) break;
  }
  sums.print(options.json);
  return sums.failed == 0 ? 0 : 1;
}

// The nodes' logs tell of faults by the thousand.
void silence_logs() {
  footproof::node::set_log_level(footproof::node::LogLevel::error);
  const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (null >= 0) ::dup2(null, STDERR_FILENO);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "--help") == 0) {
    std::fputs(kUsage, stdout);
    return 0;
  }
  Options options;
  if (!parse_options(argc, argv, options)) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  if (options.trace) {
    ::dup2(STDOUT_FILENO, STDERR_FILENO);
    footproof::node::set_log_level(footproof::node::LogLevel::info);
  } else {
    silence_logs();
  }
  return run(options);
}
