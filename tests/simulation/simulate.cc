// simulate: runs the ordering protocol under faults, one seed after the other.
#include <charconv>
#include <cstdio>
#include <cstring>
#include <map>
#include <string>

#include "tests/simulation/world.h"

namespace {

using footproof::simulation::Outcome;
using footproof::simulation::Plan;
using footproof::simulation::World;

constexpr const char* kUsage =
    "Usage: simulate --seeds A..B     run these seeds; print those that fail\n"
    "       simulate --seed N [--trace]  run one; --trace prints every event\n"
    "Before either: --mutation K breaks rule K of consensus/replica.h on purpose.\n"
    "Exit code 0: all passed, 1: a seed failed, 2: wrong usage.\n";

bool parse(const char*& at, const char* end, std::uint64_t& value) {
  const auto [next, error] = std::from_chars(at, end, value);
  const bool good = error == std::errc() && next != at;
  at = next;
  return good;
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

int run(std::uint64_t first, std::uint64_t last, bool trace,
        footproof::consensus::Mutation mutation) {
  std::uint64_t failed = 0;
  std::uint64_t blocks = 0;
  std::uint64_t batches = 0;
  std::uint64_t events = 0;
  std::map<std::string, std::uint64_t> counts;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    const Plan plan = Plan::from_seed(seed, mutation);
    World world(plan);
    if (trace) world.trace_to_stdout();
    const Outcome outcome = world.run();
    blocks += outcome.blocks_finalized;
    batches += outcome.batches_final;
    events += outcome.events;
    for (const auto& [what, times] : outcome.counts) counts[what] += times;
    if (!outcome.failure.empty()) ++failed;
    if (outcome.failure.empty() && first != last) continue;
    std::printf("seed %llu  trace %016llx  %s  virtual %llu ms  %s\n",
                static_cast<unsigned long long>(seed),
                static_cast<unsigned long long>(outcome.trace_hash), describe(plan).c_str(),
                static_cast<unsigned long long>(outcome.virtual_ms),
                outcome.failure.empty() ? "passed" : outcome.failure.c_str());
    std::fflush(stdout);
  }
  std::printf("%llu seeds, %llu failed, %llu blocks finalized, %llu batches, %llu events\n",
              static_cast<unsigned long long>(last - first + 1),
              static_cast<unsigned long long>(failed), static_cast<unsigned long long>(blocks),
              static_cast<unsigned long long>(batches), static_cast<unsigned long long>(events));
  for (const auto& [what, times] : counts) {
    std::printf("  %s: %llu\n", what.c_str(), static_cast<unsigned long long>(times));
  }
  return failed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint64_t mutation = 0;
  bool trace = false;
  bool given = false;
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    if (option == "--help") {
      std::fputs(kUsage, stdout);
      return 0;
    }
    if (option == "--trace") {
      trace = true;
      continue;
    }
    if (i + 1 >= argc) break;
    const char* at = argv[++i];
    const char* end = at + std::strlen(at);
    if (option == "--mutation") {
      if (!parse(at, end, mutation) || mutation >= footproof::consensus::kMutations) break;
      continue;
    }
    given = parse(at, end, first);
    last = first;
    if (given && option == "--seeds") {
      given = end - at > 2 && std::strncmp(at, "..", 2) == 0;
      if (given) given = parse(at += 2, end, last);
    }
    given = given && at == end && first <= last && (option == "--seeds" || option == "--seed");
    if (!given) break;
  }
  if (!given) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  return run(first, last, trace, static_cast<footproof::consensus::Mutation>(mutation));
}
