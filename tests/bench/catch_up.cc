// How fast a node joins a log: makes one of N statements with real signatures, blocks, certificates
// and checkpoints, then catches up with it once by replay and once by snapshot, without a network
// in between, and tells the figures. Nothing is extrapolated. scripts/catch-up runs it.
//
// usage: catch_up FOLDER STATEMENTS [EACH]      EACH: statements of a block, 256
// The log is kept in FOLDER and taken up again: a larger number later adds to it.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>

#include "attest/check.h"
#include "node/follower.h"
#include "node/snapshot_join.h"
#include "node/verifier_pool.h"
#include "tests/node/chain_maker.h"
#include "tests/node/store_source.h"

namespace footproof::node {
namespace {

namespace fs = std::filesystem;
using Seconds = std::chrono::duration<double>;

class SystemClock final : public Clock {
 public:
  [[nodiscard]] MonoTime now() const override { return std::chrono::steady_clock::now(); }
  [[nodiscard]] std::uint64_t wall_ms() const override { return 0; }
};

double since(MonoTime begun) { return Seconds(std::chrono::steady_clock::now() - begun).count(); }

std::vector<std::unique_ptr<Source>> source_of(const ledger::Store& store) {
  std::vector<std::unique_ptr<Source>> out;
  out.push_back(std::make_unique<test::StoreSource>("log", store));
  return out;
}

double megabytes(const fs::path& folder) {
  double bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) bytes += static_cast<double>(entry.file_size());
  }
  return bytes / 1e6;
}

ledger::StorePaths fresh(const fs::path& folder) {
  fs::remove_all(folder);
  fs::create_directories(folder);
  return {folder / "ledger", folder / "anchor"};
}

void follow(ledger::Store& store, const test::ChainMaker& chain, std::size_t threads) {
  const SystemClock clock;
  VerdictCache verdicts;
  Counters counters;
  EvidenceBook evidence;
  VerifierPool pool(threads);
  Follower follower({store, evidence, clock, verdicts, counters, &pool, [] {},
                     [](const std::string& why) {
                       std::fprintf(stderr, "failed: %s\n", why.c_str());
                       std::exit(3);
                     }},
                    source_of(chain.store()));
  while (store.snapshot()->head().height < chain.head().height) {
    (void)follower.step();
    CHECK(follower.alarm().empty());
  }
  CHECK(store.snapshot()->head() == chain.head());
}

void by_replay(const fs::path& folder, const test::ChainMaker& chain, double statements) {
  const auto store = ledger::Store::create(fresh(folder), chain.network().genesis_result).value();
  const std::size_t threads = std::max(1U, std::thread::hardware_concurrency());
  const auto begun = std::chrono::steady_clock::now();
  follow(*store, chain, threads);
  const double took = since(begun);
  std::printf("replay    %.1f s, %.0f statements/s, %zu threads for signatures, %.0f MB on disk\n",
              took, statements / took, threads, megabytes(folder));
}

void by_snapshot(const fs::path& folder, const test::ChainMaker& chain, double statements) {
  const auto paths = fresh(folder);
  const SystemClock clock;
  const auto begun = std::chrono::steady_clock::now();
  auto join = SnapshotJoin::begin(chain.network(), clock, paths, source_of(chain.store())).value();
  while (!join->is_done()) CHECK(join->step());
  const double fetched = since(begun);
  const auto store = ledger::Store::open(paths, chain.network().chain_id).value();
  const double opened = since(begun);
  follow(*store, chain, 1);
  std::printf(
      "snapshot  %.1f s, %.0f statements/s: %.1f s to fetch and write, %.1f s to open; "
      "%.0f MB on disk\n",
      opened, statements / opened, fetched, opened - fetched, megabytes(folder));
}

int run(const fs::path& folder, std::uint64_t statements, std::size_t each) {
  const auto begun = std::chrono::steady_clock::now();
  test::ChainMaker chain(folder / "log");
  const std::uint64_t before = chain.head().log_size;
  if (before > 0) {
    std::printf("opened    a log of %llu entries in %.2f s, %.0f MB on disk\n",
                static_cast<unsigned long long>(before), since(begun), megabytes(folder / "log"));
    chain.take_up();
  }
  double longest = 0;
  while (chain.head().log_size < statements + statements / each) {
    const auto block_begun = std::chrono::steady_clock::now();
    chain.grow(1, each);
    longest = std::max(longest, since(block_begun));
    if (chain.head().height % 64 == 0) {
      std::fprintf(stderr, "\r%llu entries",
                   static_cast<unsigned long long>(chain.head().log_size));
    }
  }
  const auto head = chain.head();
  std::printf(
      "log       %llu entries in %llu blocks; %llu of them made in %.1f s, no block in more than "
      "%.0f ms\n",
      static_cast<unsigned long long>(head.log_size), static_cast<unsigned long long>(head.height),
      static_cast<unsigned long long>(head.log_size - before), since(begun), longest * 1000);
  std::fflush(stdout);
  const auto logged = static_cast<double>(head.log_size - head.height);
  by_snapshot(folder / "by-snapshot", chain, logged);
  std::fflush(stdout);
  by_replay(folder / "by-replay", chain, logged);
  return 0;
}

}  // namespace
}  // namespace footproof::node

int main(int argc, char** argv) {
  if (argc < 3 || argc > 4) {
    std::fprintf(stderr, "usage: catch_up FOLDER STATEMENTS [EACH]\n");
    return 4;
  }
  const auto statements = std::strtoull(argv[2], nullptr, 10);
  const auto each = argc == 4 ? std::strtoull(argv[3], nullptr, 10) : 256;
  if (statements == 0 || each == 0 || each > 1024) return 4;
  return footproof::node::run(argv[1], statements, each);
}
