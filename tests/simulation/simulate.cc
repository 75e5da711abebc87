// simulate: runs the ordering protocol under faults, one seed or scenario after the other.
#include <cstdio>
#include <cstring>
#include <string>

#include "tests/simulation/crash_steps.h"
#include "tests/simulation/seeds.h"
#include "tests/simulation/twins.h"
#include "tests/simulation/world.h"

namespace {

using footproof::consensus::Mutation;
using footproof::simulation::Outcome;
using footproof::simulation::Plan;
using footproof::simulation::SeedRun;
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
  footproof::simulation::SeedOptions seeds;
  std::uint64_t twins = 0;  // 0: no twins
  std::uint64_t mutation = 0;
  bool crashes = false;
  bool count = false;
  bool agreement = false;
};

bool parse_options(int argc, char** argv, Options& options) {
  const bool parsed =
      options.seeds.parse(argc, argv,
                          {{"crashes", &options.crashes},
                           {"--count", &options.count},
                           {"--agreement", &options.agreement}},
                          {{"twins", &options.twins}, {"--mutation", &options.mutation}});
  return parsed && options.twins <= 4 && options.mutation < footproof::consensus::kMutations &&
         (options.seeds.given || (options.count && options.twins > 0));
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
    return run_twins(scenario, mutation, options.agreement, options.seeds.trace);
  }
  if (options.crashes) return footproof::simulation::run_crash_steps(seed, mutation);
  const Plan plan = Plan::from_seed(seed, mutation);
  what = describe(plan);
  World world(plan);
  if (options.seeds.trace) world.trace_to_stdout();
  if (options.agreement) {
    world.checkers().clear();
    world.checkers().push_back(footproof::simulation::check_agreement());
  }
  return world.run();
}

int run(const Options& options) {
  return run_seeds(options.seeds, [&](std::uint64_t seed) {
    std::string what;
    const Outcome outcome = run_seed(options, seed, what);
    return SeedRun{outcome.failure,
                   what,
                   outcome.trace_hash,
                   outcome.virtual_ms,
                   {{"blocks", outcome.blocks_finalized},
                    {"batches", outcome.batches_final},
                    {"events", outcome.events}},
                   outcome.counts};
  });
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
