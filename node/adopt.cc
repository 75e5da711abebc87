#include "node/adopt.h"

#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <span>
#include <system_error>
#include <thread>

#include "attest/hop.h"
#include "attest/policy.h"
#include "ledger/store.h"
#include "node/asio_reactor.h"
#include "node/core_loop.h"
#include "node/engine.h"
#include "node/epoch_set.h"
#include "node/follower_node.h"
#include "node/http_source.h"
#include "node/snapshot_join.h"

namespace footproof::node {
namespace {

// A log that says how far the database reaches already (core_loop.h, kWalReach).
Result<void> make_log(const std::filesystem::path& folder, std::uint64_t epoch,
                      std::uint64_t height, std::size_t segment_size) {
  std::error_code error;
  std::filesystem::remove_all(folder, error);  // of one that was cut off
  if (error) return fail(Errc::io, "cannot delete " + folder.string());
  if (auto made = Wal::create(folder, segment_size); !made) return fail(made.error());
  auto opened = Wal::open(folder, segment_size, [](WalRecord&&) {});
  if (!opened) return fail(opened.error());
  const auto appended = opened->wal->append(epoch, 0, kWalReach, ByteWriter().u64(height).bytes());
  if (!appended) return fail(appended.error());
  if (auto synced = opened->wal->sync(); !synced) return fail(synced.error());
  return {};
}

Result<void> judge_ledger(const ledger::Store& store, const Network& network, const EpochSet& set) {
  const auto unproven = [](const std::string& why) {
    return fail(Errc::bad_proof,
                "the ledger that was followed is not proven from the genesis file: " + why +
                    "; delete the data folder and follow again");
  };
  Policy policy{network.origin, network.chain_id, {}, {}};
  policy.epochs.push_back(make_policy_epoch(network.origin, network.validators));
  for (std::uint64_t epoch = 0; epoch < set.epoch(); ++epoch) {
    const auto hop = store.hop(epoch);
    if (!hop) return fail("database", hop.error());
    if (!*hop) return unproven(fmt::format("the hop out of epoch {} is missing", epoch));
    auto walked = walk_hops(policy, std::span(&**hop, 1));
    if (!walked) return unproven(walked.error().detail);
    policy = *std::move(walked);
  }
  if (policy.newest() != make_policy_epoch(network.origin, set.validators)) {
    return unproven("its set in force is another than hops lead to");
  }
  const auto snapshot = store.snapshot();
  const auto& head = snapshot->head();
  const auto note = store.checkpoint_at(head.log_size);
  if (!note) return fail("database", note.error());
  if (!*note) {
    if (head == network.genesis_result.after.head) return {};
    return unproven("it has no checkpoint; let it follow on until it has");
  }
  const auto trusted = judge_presented_checkpoint(policy, as_bytes(**note));
  if (!trusted) return unproven(trusted.error().detail);
  const auto root = ledger::log_root(*snapshot, trusted->checkpoint.size);
  if (!root) return fail("database", root.error());
  if (*root != trusted->checkpoint.root) return unproven("its log is not that of its checkpoint");
  return {};
}

}  // namespace

Result<void> fetch_snapshot(const DataFolder& folder, const Network& network,
                            const Config& config) {
  const auto marked = folder.has_marker(network.chain_id, kNoKey);
  if (!marked) return fail(marked.error());
  if (!*marked) {
    auto made = make_follower_data(folder, network, CatchUp::snapshot);
    if (!made) return made;
  }
  const auto paths = store_paths(folder.path());
  if (std::filesystem::exists(paths.database)) return {};
  auto sources = make_http_sources(config.follow);
  if (!sources) return fail(sources.error());
  boost::asio::io_context io;
  const AsioReactor clock(io);  // for the time alone
  auto join = SnapshotJoin::begin(network, clock, paths, *std::move(sources));
  if (!join) return fail(join.error());
  while (!(*join)->is_done()) {
    const auto due = (*join)->step();
    if (!due) return fail(due.error());
    std::this_thread::sleep_until(*due);
  }
  return {};
}

Result<void> adopt_followed(const DataFolder& folder, const Network& network, KeyRing& keys,
                            const std::string& id, bool observer, std::size_t wal_segment_size) {
  const auto& data = folder.path();
  auto store = ledger::Store::open(store_paths(data), network.chain_id);
  if (!store) return fail("database", store.error());
  const auto set = epoch_set(network, **store, epoch_in_force(**store), id, keys);
  if (!set) return fail(set.error());
  if (set->self && !observer) {
    return fail(Errc::mismatch,
                fmt::format("the set of epoch {} names the keys of {} already: they may have voted "
                            "before this node followed. footproofd --init-observer, and new keys "
                            "by ballot",
                            set->epoch(), id));
  }
  if (auto proven = judge_ledger(**store, network, *set); !proven) return proven;
  if (observer) {
    const std::string text = observer_text("initialised as observer", keys);
    if (auto wrote = replace_file(data / kObserverFile, as_bytes(text)); !wrote) {
      return fail(wrote.error());
    }
  }
  const auto head = (*store)->snapshot()->head();
  if (auto made = make_log(data / kWalFolder, set->epoch(), head.height, wal_segment_size); !made) {
    return made;
  }
  auto wrote = folder.write_marker(network.chain_id, keys.first().vote.public_key().raw());
  if (!wrote) return fail(wrote.error());
  return {};
}

}  // namespace footproof::node
