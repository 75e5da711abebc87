#include "node/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include "node/chain_store.h"
#include "node/log.h"

namespace footproof::node {
namespace {

constexpr std::size_t kAlarmSizeMax = std::size_t{64} * 1024;

Result<void> become_observer(const std::filesystem::path& data, const KeyRing& keys,
                             const std::string& why) {
  const std::string text = observer_text(why, keys);
  auto wrote = replace_file(data / kObserverFile, as_bytes(text));
  if (!wrote) return fail(wrote.error());
  return {};
}

Result<void> move_aside(const std::filesystem::path& data) {
  std::error_code error;
  std::filesystem::path aside = data / "wal.damaged";
  for (int i = 1; std::filesystem::exists(aside); ++i) {
    aside = data / fmt::format("wal.damaged.{}", i);
  }
  if (std::filesystem::exists(data / "wal")) std::filesystem::rename(data / "wal", aside, error);
  if (error) return fail(Errc::io, "cannot move the damaged log aside: " + error.message());
  return {};
}

// What the log gave back. A log that is not to be trusted is moved aside, and the node only follows
// from here on: it may have voted for what it no longer remembers. That is also a log that does not
// reach as far as the database (`height`): somebody put an older copy in its place.
Result<CoreRecovery> recover(const std::filesystem::path& data, const KeyRing& keys,
                             const ChainStore& chain, std::uint64_t height,
                             std::size_t segment_size) {
  CoreRecovery out;
  const auto folder = data / kWalFolder;
  const auto visit = [&](WalRecord&& record) {
    if (record.type == kWalReplica) {
      out.replica_records.push_back(std::move(record.body));
    } else if (record.type == kWalBatch) {
      auto held = hold_batch(std::move(record.body));
      if (held && !chain.batch(held->ref.digest)) out.batches.push_back(*std::move(held));
    } else if (record.type == kWalReach) {
      ByteReader in(record.body);
      out.reach = std::max(out.reach, in.u64());
    }
  };
  auto opened = Wal::open(folder, segment_size, visit);
  if (!opened) return fail(opened.error());
  std::string doubt = opened->trusted ? "" : opened->reason;
  if (opened->trusted && out.reach < height) {
    doubt = fmt::format("it reaches height {} and the database {}: it is an older copy", out.reach,
                        height);
  }
  if (!doubt.empty()) {
    log(LogLevel::error, "log_not_trusted",
        {{"why", doubt}, {"effect", "this node follows as observer and never votes"}});
    if (auto marked = become_observer(data, keys, "write-ahead log: " + doubt); !marked) {
      return fail(marked.error());
    }
    opened->wal.reset();
    if (auto moved = move_aside(data); !moved) return fail(moved.error());
    out = {};
    if (auto made = Wal::create(folder, segment_size); !made) return fail(made.error());
    opened = Wal::open(folder, segment_size, visit);
    if (!opened) return fail(opened.error());
  }
  if (opened->bytes_cut > 0) {
    log(LogLevel::info, "log_tail_cut", {{"bytes", opened->bytes_cut}});
  }
  out.wal = std::move(opened->wal);
  out.observer = std::filesystem::exists(data / kObserverFile);
  const auto alarm = read_file(data / kAlarmFile, kAlarmSizeMax);
  if (!alarm && alarm.error().code != Errc::not_found) return fail(alarm.error());
  if (alarm) {
    out.alarm = as_text(*alarm).substr(0, as_text(*alarm).find('\n'));
    log(LogLevel::error, "alarm",
        {{"what", out.alarm},
         {"since", "an earlier start"},
         {"effect", "this node votes and cosigns no more; compare it with others"}});
  }
  return out;
}

}  // namespace

ledger::StorePaths store_paths(const std::filesystem::path& data) {
  return {data / kDatabaseFolder, data / kAnchorFile};
}

Result<void> make_data(const DataFolder& folder, const Network& network, const KeyRing& keys,
                       bool observer, std::size_t wal_segment_size) {
  constexpr std::array<std::string_view, 4> kMade = {kDatabaseFolder, kAnchorFile, kWalFolder,
                                                     kObserverFile};
  if (auto begun = folder.begin_init(observer ? "observer" : "validator", kMade); !begun) {
    return fail(begun.error());
  }
  auto store = ledger::Store::create(store_paths(folder.path()), network.genesis_result);
  if (!store) return fail(store.error());
  if (observer) {
    const std::string text = observer_text("initialised as observer", keys);
    const auto wrote = replace_file(folder.path() / kObserverFile, as_bytes(text));
    if (!wrote) return fail(wrote.error());
  }
  if (auto made = Wal::create(folder.path() / kWalFolder, wal_segment_size); !made) {
    return fail(made.error());
  }
  auto wrote = folder.write_marker(network.chain_id, keys.first().vote.public_key().raw());
  if (!wrote) return fail(wrote.error());
  if (auto ended = folder.end_init(); !ended) return fail(ended.error());
  return {};
}

Engine::Engine(const EngineParts& parts, std::unique_ptr<ledger::Store> store, EpochSet set,
               bool observer)
    : store_(std::move(store)),
      mempool_(parts.config.mempool_statements_max),
      core_({parts.outside, parts.config, parts.network, parts.keys, *store_, evidence_, mempool_,
             refusals_, waiters_, facts_, counters_, verdicts_, parts.fatal},
            std::move(set)),
      port_({parts.outside, parts.config, parts.network, *store_, evidence_, mempool_, refusals_,
             waiters_, facts_, verdicts_, counters_, [this] { core_.submitted(); }}),
      observer_(observer) {}

Result<std::unique_ptr<Engine>> Engine::start(EngineParts parts) {
  const auto& data = parts.config.data;
  // Marker and observer file may be known to the page cache alone, of a life that was killed.
  if (auto synced = sync_directory(data); !synced) return fail(synced.error());
  auto opened = ledger::Store::open(store_paths(data), parts.network.chain_id);
  if (!opened) return fail("database", opened.error());
  auto store = *std::move(opened);
  const auto head = store->snapshot()->head();
  auto set =
      epoch_set(parts.network, *store, epoch_in_force(*store), parts.config.validator, parts.keys);
  if (!set) return fail(set.error());
  if (auto right = check_keys(*set, parts.config.validator, parts.keys); !right) {
    return fail(right.error());
  }
  if (auto ours = speak_as(data, parts.network, *set); !ours) return fail(ours.error());
  auto recovery =
      recover(data, parts.keys, ChainStore(*store), head.height, parts.wal_segment_size);
  if (!recovery) return fail(recovery.error());
  std::unique_ptr<Engine> engine(
      new Engine(parts, std::move(store), *std::move(set), recovery->observer));
  if (auto loaded = engine->evidence_.load(*engine->store_); !loaded) {
    return fail("database", loaded.error());
  }
  auto port = engine->core_.start(*std::move(recovery));
  if (!port && port.error().code == Errc::corrupt) {
    // Whole records that make no sense: the next start follows as observer, without them.
    auto marked = become_observer(data, parts.keys, port.error().detail);
    if (!marked) return fail(marked.error());
    if (auto moved = move_aside(data); !moved) return fail(moved.error());
    return fail(Errc::corrupt, port.error().detail +
                                   "; the log was moved aside, start again to follow as observer");
  }
  if (!port) return fail(port.error());
  engine->mesh_port_ = *port;
  return engine;
}

void Engine::refuse_requests() {
  waiters_.stop();
  mempool_.stop();
}

void Engine::stop() { core_.stop(); }

void Engine::finish() { core_.stop_storage(); }

}  // namespace footproof::node
