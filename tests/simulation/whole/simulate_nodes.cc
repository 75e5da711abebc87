// simulate-nodes: runs networks of whole nodes under faults, one seed after the other.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <string>

#include "node/log.h"
#include "tests/simulation/seeds.h"
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
  footproof::simulation::SeedOptions seeds;
  bool calm = false;
  bool crashes = false;
  bool twice = false;
};

bool parse_options(int argc, char** argv, Options& options) {
  return options.seeds.parse(argc, argv,
                             {{"--calm", &options.calm},
                              {"crashes", &options.crashes},
                              {"--twice", &options.twice}}) &&
         options.seeds.given;
}

Outcome run_seed(const Options& options, const Plan& plan, std::uint64_t seed) {
  const footproof::test::TempFolder folder;
  if (options.crashes) return footproof::whole::run_crash_calls(seed, folder.path());
  World world(plan, folder.path(), options.seeds.trace);
  return world.run();
}

int run(const Options& options) {
  return run_seeds(options.seeds, [&](std::uint64_t seed) {
    const Plan plan = options.calm ? Plan::calm(seed) : Plan::from_seed(seed);
    Outcome outcome = run_seed(options, plan, seed);
    if (options.twice && outcome.failure.empty()) {
      const auto again = run_seed(options, plan, seed);
      if (again.trace_hash != outcome.trace_hash) outcome.failure = "another trace the second time";
    }
    return footproof::simulation::SeedRun{outcome.failure,
                                          options.crashes ? "crashes" : plan.text(),
                                          outcome.trace_hash,
                                          outcome.virtual_ms,
                                          {{"blocks", outcome.blocks},
                                           {"statements", outcome.statements},
                                           {"events", outcome.events}},
                                          outcome.counts,
                                          outcome.points};
  });
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
  if (options.seeds.trace) {
    ::dup2(STDOUT_FILENO, STDERR_FILENO);
    footproof::node::set_log_level(footproof::node::LogLevel::info);
  } else {
    silence_logs();
  }
  return run(options);
}
