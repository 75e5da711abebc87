// simulate: runs the ordering protocol under faults, one seed or scenario after the other.
#include <charconv>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <functional>
#include <map>
#include <string>

#include "tests/simulation/crash_steps.h"
#include "tests/simulation/twins.h"
#include "tests/simulation/world.h"

namespace {

using footproof::consensus::Mutation;
using footproof::simulation::Outcome;
using footproof::simulation::Plan;
using footproof::simulation::TwinsKind;
using footproof::simulation::TwinsScenario;
using footproof::simulation::World;

constexpr const char* kUsage =
    "Usage: simulate --seeds A..B | --seed N            networks under faults (plan.h)\n"
    "       simulate twins 1|2|3|4 --seeds A..B | --seed N  twins T1, T2, T3; 4: T3 over a\n"
    "                                                   change of the set (twins.h)\n"
    "       simulate crashes --seeds A..B | --seed N    S3: at every step of every vote\n"
    "       simulate twins 1|2|3 --count                how many of them are enumerated\n"
    "Of many, those that fail are printed, then sums. Options:\n"
    "  --trace       print every event (of one seed)\n"
    "  --hashes      print the trace hash of every seed\n"
    "  --agreement   look only at what is final, at no other invariant\n"
    "  --first       end with the first that fails\n"
    "  --json        sums as one line of JSON\n"
    "  --mutation K  break rule K of consensus/replica.h on purpose\n"
    "Exit code 0: all passed, 1: a seed failed, 2: wrong usage.\n";

struct Options {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint64_t twins = 0;  // 0: no twins
  std::uint64_t mutation = 0;
  bool given = false;
  bool crashes = false;
  bool count = false;
  bool trace = false;
  bool hashes = false;
  bool agreement = false;
  bool only_first = false;
  bool json = false;
};

bool parse(std::string_view& text, std::uint64_t& value) {
  const auto [next, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(next - text.data()));
  return true;
}

bool parse_number(std::string_view text, std::uint64_t& value) {
  return parse(text, value) && text.empty();
}

bool parse_range(std::string_view text, Options& options) {
  if (!parse(text, options.first) || !text.starts_with("..")) return false;
  text.remove_prefix(2);
  return parse_number(text, options.last) && options.first <= options.last;
}

bool parse_options(int argc, char** argv, Options& options) {
  const std::map<std::string_view, bool*> flags = {{"crashes", &options.crashes},
                                                   {"--count", &options.count},
                                                   {"--trace", &options.trace},
                                                   {"--hashes", &options.hashes},
                                                   {"--agreement", &options.agreement},
                                                   {"--first", &options.only_first},
                                                   {"--json", &options.json}};
  for (int i = 1; i < argc; ++i) {
    const std::string_view option = argv[i];
    if (const auto flag = flags.find(option); flag != flags.end()) {
      *flag->second = true;
      continue;
    }
    if (++i >= argc) return false;
    const std::string_view value = argv[i];
    bool good = false;
    if (option == "twins") {
      good = parse_number(value, options.twins) && options.twins >= 1 && options.twins <= 4;
    } else if (option == "--mutation") {
      good = parse_number(value, options.mutation) &&
             options.mutation < footproof::consensus::kMutations;
    } else if (option == "--seeds") {
      good = options.given = parse_range(value, options);
    } else if (option == "--seed") {
      good = options.given = parse_number(value, options.first);
      options.last = options.first;
    }
    if (!good) return false;
  }
  return options.given || (options.count && options.twins > 0);
}

std::string describe(const Plan& plan) {
  std::string text = "n=" + std::to_string(plan.n);
  for (std::size_t i = 0; i < plan.adversaries.size(); ++i) {
    if (plan.adversaries[i] == footproof::simulation::AdversaryKind::none) continue;
    text += " " + std::to_string(i) + "=" +
            std::string(footproof::simulation::name(plan.adversaries[i]));
  }
  return text;
}

// One run, and what it was.
Outcome run_seed(const Options& options, std::uint64_t seed, std::string& what) {
  const auto mutation = static_cast<Mutation>(options.mutation);
  if (options.twins > 0) {
    const auto scenario = TwinsScenario::make(static_cast<TwinsKind>(options.twins), seed);
    what = scenario.text();
    return run_twins(scenario, mutation, options.agreement, options.trace);
  }
  if (options.crashes) return footproof::simulation::run_crash_steps(seed, mutation);
  const Plan plan = Plan::from_seed(seed, mutation);
  what = describe(plan);
  World world(plan);
  if (options.trace) world.trace_to_stdout();
  if (options.agreement) {
    world.checkers().clear();
    world.checkers().push_back(footproof::simulation::check_agreement());
  }
  return world.run();
}

struct Sums {
  std::uint64_t runs = 0;
  std::uint64_t failed = 0;
  std::uint64_t blocks = 0;
  std::uint64_t batches = 0;
  std::uint64_t events = 0;
  std::uint64_t virtual_ms = 0;
  std::map<std::string, std::uint64_t> counts;

  void add(const Outcome& outcome) {
    ++runs;
    failed += outcome.failure.empty() ? 0U : 1U;
    blocks += outcome.blocks_finalized;
    batches += outcome.batches_final;
    events += outcome.events;
    virtual_ms += outcome.virtual_ms;
    for (const auto& [what, times] : outcome.counts) counts[what] += times;
  }

  void print(bool json) const {
    const double core_seconds = static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
    const double hours = static_cast<double>(virtual_ms) / 3'600'000;
    const auto number = [](std::uint64_t value) { return std::to_string(value); };
    if (json) {
      std::string text = "{\"runs\": " + number(runs) + ", \"failed\": " + number(failed) +
                         ", \"blocks\": " + number(blocks) + ", \"batches\": " + number(batches) +
                         ", \"events\": " + number(events) +
                         ", \"core_seconds\": " + std::to_string(core_seconds) +
                         ", \"simulated_hours\": " + std::to_string(hours) + "}\n";
      std::fputs(text.c_str(), stdout);
      return;
    }
    std::printf("%s seeds, %s failed, %s blocks finalized, %s batches, %s events\n",
                number(runs).c_str(), number(failed).c_str(), number(blocks).c_str(),
                number(batches).c_str(), number(events).c_str());
    std::printf("%.1f core-seconds, %.2f simulated hours\n", core_seconds, hours);
    for (const auto& [what, times] : counts) {
      std::printf("  %s: %s\n", what.c_str(), number(times).c_str());
    }
  }
};

int run(const Options& options) {
  Sums sums;
  for (std::uint64_t seed = options.first; seed <= options.last; ++seed) {
    std::string what;
    const Outcome outcome = run_seed(options, seed, what);
    sums.add(outcome);
    if (options.hashes) {
      std::printf("%llu %016llx\n", static_cast<unsigned long long>(seed),
                  static_cast<unsigned long long>(outcome.trace_hash));
    }
    if (outcome.failure.empty() && options.first != options.last) continue;
    std::printf("seed %llu  trace %016llx  %s  virtual %llu ms  %s\n",
                static_cast<unsigned long long>(seed),
                static_cast<unsigned long long>(outcome.trace_hash), what.c_str(),
                static_cast<unsigned long long>(outcome.virtual_ms),
                outcome.failure.empty() ? "passed" : outcome.failure.c_str());
    std::fflush(stdout);
    if (options.only_first && !outcome.failure.empty()) break;
  }
  sums.print(options.json);
  return sums.failed == 0 ? 0 : 1;
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
  if (options.count) {
    std::printf("%llu\n", static_cast<unsigned long long>(footproof::simulation::twins_enumerated(
                              static_cast<TwinsKind>(options.twins))));
    return 0;
  }
  return run(options);
}
