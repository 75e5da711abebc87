// What a block costs after its signatures are checked: execution, the store's batch with its
// read-back, and a receipt. Signing and verifying are measured in crypto_bench.
#include <benchmark/benchmark.h>

#include <filesystem>
#include <random>

#include "attest/check.h"
#include "ledger/executor.h"
#include "ledger/state_tree.h"
#include "tests/support/sequencer.h"
#include "tests/support/temp_folder.h"

namespace footproof::testing {
namespace {

// A log with some attestations behind it.
struct Stage {
  test::TempFolder folder;
  Sequencer network{folder.path()};
  std::uint64_t number = 0;

  Stage() { network.admit_verifier(); }

  std::vector<Bytes> statements(std::size_t count) {
    std::vector<Bytes> made;
    for (std::size_t at = 0; at < count; ++at) {
      made.push_back(network.sign(kVerifierUri, network.attestation(number++)).bytes());
    }
    return made;
  }
  [[nodiscard]] ledger::BlockResult execute(const std::vector<Bytes>& statements) const {
    const auto snapshot = network.store().snapshot();
    ledger::OrderedBlock block;
    block.height = snapshot->head().height + 1;
    block.time_ms = snapshot->head().time_ms + 1;
    block.statements = statements;
    return ledger::execute(*snapshot, snapshot->ledger(), block,
                           [](const PublicKey&, const Statement&) { return true; })
        .value();
  }
};

void execute_block(benchmark::State& state) {
  Stage stage;
  const auto statements = stage.statements(static_cast<std::size_t>(state.range(0)));
  for (auto round : state) {
    (void)round;
    benchmark::DoNotOptimize(stage.execute(statements));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(execute_block)->Name("ledger/execute/statements")->Arg(1)->Arg(256);

void apply_block(benchmark::State& state) {
  Stage stage;
  for (auto round : state) {
    (void)round;
    state.PauseTiming();
    const auto block = stage.execute(stage.statements(static_cast<std::size_t>(state.range(0))));
    state.ResumeTiming();
    CHECK(stage.network.store().apply(block, ledger::Durability::buffered));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(apply_block)->Name("ledger/apply/statements")->Arg(1)->Arg(256)->Iterations(100);

void make_receipt(benchmark::State& state) {
  Stage stage;
  const auto statements = stage.statements(4096);
  stage.network.run(statements);
  const auto entry = parse_statement(statements[1234]).value().entry_id();
  const auto snapshot = stage.network.store().published();
  for (auto round : state) {
    (void)round;
    benchmark::DoNotOptimize(snapshot->make_receipt(entry, std::nullopt).value());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(make_receipt)->Name("ledger/make_receipt/log=4096");

void put_state(benchmark::State& state) {
  ledger::StateTree tree;
  std::mt19937_64 random(1);
  const auto key = [&] { return tagged_hash("key", {ByteWriter().u64(random()).bytes()}); };
  for (std::int64_t at = 0; at < state.range(0); ++at) tree.put(key(), Digest{});
  for (auto round : state) {
    (void)round;
    tree.put(key(), Digest{});
    benchmark::DoNotOptimize(tree.root());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(put_state)->Name("ledger/state_tree_put/records")->Arg(1000)->Arg(200000);

}  // namespace
}  // namespace footproof::testing
