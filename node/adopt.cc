#include "node/adopt.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "ledger/store.h"
#include "node/core_loop.h"
#include "node/engine.h"
#include "node/epoch_set.h"

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

}  // namespace

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
