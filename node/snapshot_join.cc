#include "node/snapshot_join.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <system_error>

#include "attest/hop.h"
#include "attest/merkle.h"
#include "attest/state_check.h"
#include "ledger/state_part.h"
#include "ledger/tiles.h"
#include "node/chain_check.h"
#include "node/chain_store.h"
#include "node/data_folder.h"
#include "node/epoch_set.h"
#include "node/evidence_book.h"
#include "node/key_verifier.h"
#include "node/log.h"
#include "node/unserved.h"

namespace footproof::node {
namespace {

namespace fs = std::filesystem;
using ledger::kTileWidth;

constexpr std::string_view kBuilding = ".building";
constexpr std::size_t kTileBytes = kTileWidth * Digest::kSize;
constexpr std::size_t kBundleBytesMax = kTileWidth * (kStatementSizeMax + 4);
// The state is complete: behind every prefix.
constexpr std::string_view kAllDone = "g";

fs::path building(const ledger::StorePaths& paths) {
  fs::path folder = paths.database;
  folder += kBuilding;
  return folder;
}

// The last key below a prefix, so that prefixes are compared by where they end.
std::string end_of(std::string_view prefix) {
  std::string out(prefix);
  out.resize(64, 'f');
  return out;
}

// What a source calls a wrong question here, it has not (any more).
Fault snapshot_fault_of(Errc code) { return code == Errc::usage ? Fault::lacking : fault_of(code); }

Result<std::vector<Digest>> parse_tile(ByteView bytes, std::uint64_t width) {
  if (bytes.size() != width * Digest::kSize) return fail(Errc::bad_length, "tile: wrong length");
  std::vector<Digest> out;
  for (ByteReader in(bytes); in.remaining() > 0;) {
    out.push_back(to_digest(in.take(Digest::kSize)).value());
  }
  return out;
}

// The entries of a bundle, and the leaves that they make.
struct Bundle {
  std::vector<Bytes> entries;
  std::vector<Digest> leaves;
};
Result<Bundle> parse_bundle(ByteView bytes, std::uint64_t width) {
  constexpr std::uint8_t kStatementHead = 0xd2;  // CBOR tag 18; a record is an array
  Bundle out;
  ByteReader in(bytes);
  for (std::uint64_t i = 0; i < width; ++i) {
    const ByteView entry = in.sized(kStatementSizeMax);
    if (in.failed() || entry.empty()) return fail(Errc::malformed, "bundle: cut off");
    const Digest hash =
        entry.front() == kStatementHead ? statement_entry(entry) : block_record_entry(entry);
    out.leaves.push_back(leaf_hash(hash.view()));
    out.entries.push_back(to_bytes(entry));
  }
  if (!in.exhausted()) return fail(Errc::malformed, "bundle: bytes left");
  return out;
}

}  // namespace

class SnapshotJoin::Hashes final : public ledger::HashSource {
 public:
  explicit Hashes(std::uint64_t size) : size_(size) {}

  // What to ask for next; none: all are here.
  [[nodiscard]] std::optional<ledger::TileName> missing() const {
    const std::uint64_t full = size_ / kTileWidth;
    if (bundles_.size() < full) {
      const std::uint64_t index = bundles_.size() / kTileWidth;
      return ledger::TileName{
          ledger::TileKind::hashes, 1, index,
          static_cast<std::uint32_t>(std::min(kTileWidth, full - index * kTileWidth))};
    }
    const std::uint64_t rest = size_ % kTileWidth;
    if (last_.size() == rest) return std::nullopt;
    return ledger::TileName{ledger::TileKind::hashes, 0, full, static_cast<std::uint32_t>(rest)};
  }
  void take(const ledger::TileName& name, const std::vector<Digest>& hashes) {
    auto& to = name.level == 1 ? bundles_ : last_;
    to.insert(to.end(), hashes.begin(), hashes.end());
  }
  // Once all are here; then they may be believed, if it is the root.
  [[nodiscard]] Result<Digest> root() {
    levels_.assign(1, bundles_);
    while (levels_.back().size() >= kTileWidth) {
      const std::vector<Digest>& below = levels_.back();
      std::vector<Digest> level;
      for (std::size_t at = 0; at + kTileWidth <= below.size(); at += kTileWidth) {
        level.push_back(tree_root(Leaves(below).subspan(at, kTileWidth)));
      }
      levels_.push_back(std::move(level));
    }
    return ledger::log_root(*this, size_);
  }
  [[nodiscard]] bool holds(std::uint64_t bundle, const std::vector<Digest>& leaves) const {
    if (bundle < bundles_.size()) return tree_root(leaves) == bundles_[bundle];
    return leaves == last_;
  }
  [[nodiscard]] Result<std::vector<Digest>> tile_hashes(std::uint32_t level, std::uint64_t first,
                                                        std::size_t count) const override {
    const std::uint64_t before = level == 0 ? size_ - size_ % kTileWidth : 0;
    if (first < before || level > levels_.size()) return fail(Errc::usage, "tile: not held");
    const auto& from = level == 0 ? last_ : levels_[level - 1];
    const std::uint64_t begin = first - before;
    if (begin + count > from.size()) return fail(Errc::usage, "tile: beyond the log");
    return std::vector<Digest>(from.begin() + static_cast<std::ptrdiff_t>(begin),
                               from.begin() + static_cast<std::ptrdiff_t>(begin + count));
  }

 private:
  std::uint64_t size_;
  std::vector<Digest> bundles_;              // a root for each full bundle
  std::vector<Digest> last_;                 // leaves of the last one, if it is not full
  std::vector<std::vector<Digest>> levels_;  // from level 1 up
};

Result<std::unique_ptr<SnapshotJoin>> SnapshotJoin::begin(
    const Network& network, const Clock& clock, ledger::StorePaths paths,
    std::vector<std::unique_ptr<Source>> sources) {
  const fs::path folder = building(paths);
  auto builder = ledger::StoreBuilder::open(folder, network.chain_id);
  if (!builder) return fail("snapshot", builder.error());
  std::unique_ptr<SnapshotJoin> join(new SnapshotJoin(network, clock, std::move(paths), folder,
                                                      *std::move(builder), std::move(sources)));
  if (join->builder_->is_finished()) {
    const auto head = join->builder_->complete(join->paths_.anchor);
    if (!head) return fail("snapshot", head.error());
    if (auto placed = join->put_in_place(*head); !placed) return fail("snapshot", placed.error());
    return join;
  }
  if (auto known = join->take_hops(); !known) return fail("snapshot", known.error());
  join->take_up();
  join->tell();
  return join;
}

bool SnapshotJoin::is_begun(const ledger::StorePaths& paths) {
  std::error_code ignored;
  return fs::exists(building(paths), ignored);
}

Result<void> SnapshotJoin::check_cut_off(const ledger::StorePaths& paths, CatchUp catch_up) {
  std::error_code ignored;
  if (catch_up == CatchUp::snapshot || !is_begun(paths) || fs::exists(paths.database, ignored)) {
    return {};
  }
  return fail(Errc::usage,
              building(paths).string() +
                  ": a snapshot was begun here and cut off. [node] catch_up = \"snapshot\" goes on "
                  "with it; to begin otherwise delete the data folder");
}

SnapshotJoin::SnapshotJoin(const Network& network, const Clock& clock, ledger::StorePaths paths,
                           fs::path folder, std::unique_ptr<ledger::StoreBuilder> builder,
                           std::vector<std::unique_ptr<Source>> sources)
    : network_(network),
      clock_(clock),
      paths_(std::move(paths)),
      folder_(std::move(folder)),
      builder_(std::move(builder)),
      sources_(std::move(sources)) {
  policy_.origin = network.origin;
  policy_.chain_id = network.chain_id;
  policy_.epochs.push_back(make_policy_epoch(network.origin, network.validators));
}

SnapshotJoin::~SnapshotJoin() = default;

// --- where it stands ----------------------------------------------------------------------------

Bytes SnapshotJoin::note(std::string_view done) const {
  ByteWriter out;
  out.sized(encode_snapshot_offer(target_->offer)).sized(as_bytes(done));
  return std::move(out).take();
}

// Those of an earlier life: our own bytes, judged all the same.
Result<void> SnapshotJoin::take_hops() {
  for (;;) {
    const auto hop = builder_->hop(policy_.newest().epoch);
    if (!hop) return fail(hop.error());
    if (!*hop) return {};
    auto walked = walk_hops(policy_, std::span(&**hop, 1));
    if (!walked) return {};  // it is fetched again
    policy_ = *std::move(walked);
  }
}

// What an earlier life has noted: likewise.
void SnapshotJoin::take_up() {
  if (builder_->note().empty()) return;
  ByteReader in(builder_->note());
  auto offer = parse_snapshot_offer(in.sized(kSnapshotOfferBytesMax));
  const std::string done(as_text(in.sized(64)));
  if (!in.exhausted() || !offer) return;
  auto target = judge_offer(*std::move(offer));
  if (!target) return;
  aim(*std::move(target));
  done_ = done;
  if (done_ == kAllDone) phase_ = Phase::hashes;
}

void SnapshotJoin::aim(Target target) {
  target_ = std::move(target);
  parts_ = {{"", target_->record.state_root}};
  done_.clear();
  phase_ = Phase::state;
}

Result<SnapshotJoin::Target> SnapshotJoin::judge_offer(SnapshotOffer offer) const {
  const auto head = verify_head(policy_, offer.checkpoint, offer.last_record);
  if (!head) return fail(head.error());
  const auto& checkpoint = head->checkpoint.checkpoint;
  if (checkpoint.size < builder_->log().size()) {
    return fail(Errc::not_found, "snapshot: of a smaller log than is here");
  }
  if (head->last_record.height <= blockless_ && blockless_ > 0) {
    return fail(Errc::not_found, "snapshot: no source has the block at its end");
  }
  return Target{std::move(offer), checkpoint.size, checkpoint.root, head->last_record};
}

Result<ValidatorsRecord> SnapshotJoin::set_of(std::uint64_t epoch) const {
  if (epoch == 0) return network_.validators;
  const auto hop = builder_->hop(epoch - 1);
  if (!hop) return fail(hop.error());
  if (!*hop) return fail(Errc::corrupt, "database-damaged: a hop is missing");
  return parse_validators_record((*hop)->validators);
}

// Nobody has the block at the end of this one. The log stays.
Result<void> SnapshotJoin::abandon() {
  log(LogLevel::warning, "snapshot_abandoned",
      {{"height", target_->record.height}, {"why", "no source has its last block"}});
  if (auto forgot = builder_->forget_state(); !forgot) return forgot;
  blockless_ = target_->record.height;
  target_.reset();
  offered_by_ = nullptr;
  parts_.clear();
  done_.clear();
  hashes_.reset();
  lack_block_.clear();
  block_misses_ = 0;
  phase_ = Phase::state;
  return {};
}

// --- asking -------------------------------------------------------------------------------------

Result<MonoTime> SnapshotJoin::step() {
  const MonoTime begun = clock_.now();
  if (is_done()) return begun;
  Source* source = sources_.pick(begun);
  if (source == nullptr) {
    tell();
    return sources_.due();
  }
  const auto asked = ask(*source);
  if (!asked) return fail("snapshot", asked.error());
  const MonoTime got = clock_.now();
  MonoTime due = got;
  if (!*asked) {
    waits_ = 0;
    sources_.answered();
    measure(*source, got);
  } else if (const auto again = wait_for(*source, **asked, begun, got)) {
    sources_.stay((*asked)->why);
    due = *again;
  } else {
    waits_ = 0;
    sources_.leave((*asked)->fault, (*asked)->why, got, got - begun);
  }
  if (*asked && phase_ == Phase::block && !lack_block_.empty() &&
      (lack_block_.size() == sources_.size() || ++block_misses_ >= 4 * sources_.size())) {
    if (auto left = abandon(); !left) return fail("snapshot", left.error());
  }
  tell();
  return due;
}

std::optional<MonoTime> SnapshotJoin::wait_for(const Source& source, const Trouble& trouble,
                                               MonoTime begun, MonoTime now) {
  const bool is_passing = trouble.fault == Fault::busy || trouble.fault == Fault::unreachable;
  if (phase_ != Phase::state || offered_by_ != &source || !is_passing || waits_ == kWaitsMax) {
    return std::nullopt;
  }
  const auto due = now + std::min(SourceBook::kBusyPause * (1 << waits_++), kWaitMax);
  waited_ += due - begun;
  return due;
}

void SnapshotJoin::measure(const Source& source, MonoTime now) {
  if (measured_ != &source) {
    measured_ = &source;
    measured_since_ = now;
    waited_ = {};
    gained_ = 0;
    return;
  }
  const auto time = now - measured_since_ - std::min<MonoTime::duration>(waited_, kWaitedMax);
  const auto whole = static_cast<std::size_t>(time / std::chrono::seconds(1));
  if (sources_.size() > 1 && time >= measured_for_) {
    measured_ = nullptr;
    if (gained_ >= kBytesPerSecondMin * whole) return;
    measured_for_ *= 2;
    sources_.leave(Fault::slow,
                   fmt::format("slow: less than {} KiB a second", kBytesPerSecondMin / 1024), now,
                   std::chrono::seconds(1));
  } else if (phase_ == Phase::log && time >= kTurn) {
    measured_ = nullptr;
    sources_.go_on();
  }
}

SnapshotJoin::Asked SnapshotJoin::ask(Source& source) {
  switch (phase_) {
    case Phase::state:
      // A state is of the node that offered it: another keeps another.
      if (offered_by_ == &source) return ask_part(source);
      if (hops_by_ == &source && policy_.newest().epoch < hops_to_) return ask_hop(source);
      return ask_offer(source);
    case Phase::hashes:
      return ask_hashes(source);
    case Phase::log:
      return ask_bundle(source);
    case Phase::block:
      return ask_block(source);
    case Phase::done:
      break;
  }
  return std::optional<Trouble>();
}

SnapshotJoin::Asked SnapshotJoin::ask_offer(Source& source) {
  const auto body = source.get("/v1/snapshot", kSnapshotOfferBytesMax);
  if (!body) return Trouble{snapshot_fault_of(body.error().code), body.error().detail};
  auto offer = parse_snapshot_offer(*body);
  if (!offer) return Trouble{Fault::wrong, offer.error().detail};
  const auto record = parse_block_record(offer->last_record.record);
  if (!record) return Trouble{Fault::wrong, record.error().detail};
  if (record->epoch > policy_.newest().epoch) {  // by its own word
    hops_to_ = record->epoch;
    hops_by_ = &source;
    return std::optional<Trouble>();
  }
  auto target = judge_offer(*std::move(offer));
  if (!target) {
    const bool lacks = target.error().code == Errc::not_found;
    return Trouble{lacks ? Fault::lacking : Fault::wrong, target.error().detail};
  }
  offered_by_ = &source;
  if (target_ && target_->record.state_root == target->record.state_root) {
    const std::string done = done_;
    aim(*std::move(target));  // what is here of the state is of this one, too
    done_ = done;
    return std::optional<Trouble>();
  }
  if (auto forgot = builder_->forget_state(); !forgot) return fail(forgot.error());
  aim(*std::move(target));
  log(LogLevel::info, "snapshot_begun",
      {{"source", source.name()}, {"size", target_->size}, {"height", target_->record.height}});
  return std::optional<Trouble>();
}

// The next one. Whoever offers a snapshot of a later epoch has the hops to it.
SnapshotJoin::Asked SnapshotJoin::ask_hop(Source& source) {
  const auto epoch = policy_.newest().epoch;
  const auto body = source.get(fmt::format("/v1/epochs/{}", epoch), kHopSizeMax);
  if (!body) {
    if (body.error().code == Errc::not_found) hops_by_ = nullptr;
    return Trouble{snapshot_fault_of(body.error().code), body.error().detail};
  }
  const auto hop = parse_hop(*body);
  if (!hop) return Trouble{Fault::wrong, hop.error().detail};
  auto walked = walk_hops(policy_, std::span(&*hop, 1));
  if (!walked) return Trouble{Fault::wrong, walked.error().detail};
  if (walked->newest().epoch == epoch) return Trouble{Fault::wrong, "gives another hop than asked"};
  if (auto kept = builder_->add_hop(epoch, *hop); !kept) return fail(kept.error());
  policy_ = *std::move(walked);
  gained_ += body->size();
  return std::optional<Trouble>();
}

SnapshotJoin::Asked SnapshotJoin::ask_part(Source& source) {
  // Prefixes whose keys are all here already, from an earlier life.
  while (!parts_.empty() && !done_.empty() && end_of(parts_.back().prefix) <= end_of(done_)) {
    parts_.pop_back();
  }
  if (parts_.empty()) {
    done_ = kAllDone;
    if (auto kept = builder_->add_state({}, note(done_)); !kept) return fail(kept.error());
    phase_ = Phase::hashes;
    return std::optional<Trouble>();
  }
  const Part wanted = parts_.back();
  const auto body =
      source.get(fmt::format("/v1/snapshot/state?size={}&prefix={}", target_->size, wanted.prefix),
                 ledger::kStatePartBytesMax);
  if (!body) {
    if (body.error().code == Errc::not_found) offered_by_ = nullptr;  // it may offer another
    return Trouble{snapshot_fault_of(body.error().code), body.error().detail};
  }
  const auto part = ledger::parse_state_part(*body);
  if (!part) return Trouble{Fault::wrong, part.error().detail};
  if (auto good = ledger::check_state_part(*part, wanted.prefix, wanted.hash); !good) {
    return Trouble{Fault::wrong, good.error().detail};
  }
  parts_.pop_back();
  if (part->branches.empty()) {
    done_ = wanted.prefix.empty() ? std::string(kAllDone) : wanted.prefix;
    if (auto kept = builder_->add_state(part->records, note(done_)); !kept) {
      return fail(kept.error());
    }
    gained_ += body->size();
    return std::optional<Trouble>();
  }
  for (std::size_t digit = part->branches.size(); digit-- > 0;) {
    const auto& branch = part->branches[digit];
    if (branch.kind == ledger::StateTree::Subtree::Kind::empty) continue;
    parts_.push_back({wanted.prefix + "0123456789abcdef"[digit], branch.hash});
  }
  return std::optional<Trouble>();
}

SnapshotJoin::Asked SnapshotJoin::ask_hashes(Source& source) {
  // All from one source, so that it is known who lied.
  if (!hashes_ || hashes_by_ != &source) hashes_ = std::make_unique<Hashes>(target_->size);
  hashes_by_ = &source;
  if (const auto name = hashes_->missing()) {
    const auto body = source.get('/' + ledger::tile_path(*name), kTileBytes);
    if (!body) return Trouble{snapshot_fault_of(body.error().code), body.error().detail};
    const auto tile = parse_tile(*body, name->width);
    if (!tile) return Trouble{Fault::wrong, tile.error().detail};
    hashes_->take(*name, *tile);
    gained_ += body->size();
    if (hashes_->missing()) return std::optional<Trouble>();
  }
  const auto root = hashes_->root();
  if (!root || *root != target_->root) {
    hashes_.reset();
    return Trouble{Fault::wrong, "hash tiles do not lead to the root of the checkpoint"};
  }
  phase_ = Phase::log;
  return std::optional<Trouble>();
}

SnapshotJoin::Asked SnapshotJoin::ask_bundle(Source& source) {
  const std::uint64_t have = builder_->log().size();
  if (have == target_->size) {
    if (builder_->log().root() != target_->root) {
      return fail(Errc::corrupt, "the log that was fetched earlier is another one; delete " +
                                     folder_.string() + " and start again");
    }
    phase_ = Phase::block;
    return std::optional<Trouble>();
  }
  const std::uint64_t index = have / kTileWidth;
  const std::uint64_t begin = index * kTileWidth;
  const auto width = std::min(kTileWidth, target_->size - begin);
  const auto path = ledger::tile_path(
      {ledger::TileKind::statements, 0, index, static_cast<std::uint32_t>(width)});
  const auto body = source.get('/' + path, kBundleBytesMax);
  if (!body) return Trouble{snapshot_fault_of(body.error().code), body.error().detail};
  const auto bundle = parse_bundle(*body, width);
  if (!bundle || !hashes_->holds(index, bundle->leaves)) {
    return Trouble{Fault::wrong,
                   fmt::format("bundle {} of the log is not that of its hash", index)};
  }
  const auto fresh = std::span(bundle->entries).subspan(static_cast<std::size_t>(have - begin));
  if (auto added = builder_->add_entries(fresh); !added) return fail(added.error());
  gained_ += body->size();
  return std::optional<Trouble>();
}

SnapshotJoin::Asked SnapshotJoin::ask_block(Source& source) {
  const auto height = target_->record.height;
  std::vector<ledger::OrderingBlob> ordering{first_height_blob(std::max<std::uint64_t>(height, 1))};
  if (height > 0) {
    const auto body = source.get(fmt::format("/v1/chain?from={}", height), kChainAnswerBytesMax);
    if (!body && body.error().code == Errc::not_found) {
      lack_block_.insert(&source);
      return Trouble{Fault::busy, body.error().detail};
    }
    if (!body) return Trouble{snapshot_fault_of(body.error().code), body.error().detail};
    auto answer = parse_chain_answer(*body);
    if (!answer) return Trouble{Fault::wrong, answer.error().detail};
    // Not executed there yet, or not up to the block that its certificate names.
    if (answer->blocks.empty()) return Trouble{Fault::busy, "has not that block yet"};
    const auto& header = answer->blocks.front().applied.block.header;
    if (header.height != height || consensus::block_id(header) != target_->record.block_id) {
      return Trouble{Fault::wrong, "gives another block than the record names"};
    }
    // What it must follow is not known here, and its id is: that is all that is asked of it.
    const ChainTip tip{header.parent, height - 1, header.time_ms - 1};
    const auto set = set_of(target_->record.epoch);
    if (!set) return fail(set.error());
    const auto membership = make_membership(network_.chain_id, *set);
    if (!membership) return fail(membership.error());
    const auto blocks = check_stretch(*std::move(answer), tip, *membership, KeyVerifier(*set));
    if (!blocks) return Trouble{Fault::wrong, blocks.error().detail};
    const auto& block = blocks->front();
    ordering.push_back(block_blob(block.block, block.finalization));
    for (const auto& held : block.batches) ordering.push_back(batch_blob(held));
    // What earlier blocks brought is not in a snapshot.
    for (auto& blob : EvidenceBook().add(block.block)) ordering.push_back(std::move(blob));
  }
  if (auto done = finish(std::move(ordering)); !done) return fail(done.error());
  return std::optional<Trouble>();
}

Result<void> SnapshotJoin::finish(std::vector<ledger::OrderingBlob> ordering) {
  const auto head = builder_->finish(target_->offer.checkpoint, ordering, paths_.anchor);
  if (!head) return fail(head.error());
  return put_in_place(*head);
}

Result<void> SnapshotJoin::put_in_place(const ledger::Head& head) {
  builder_.reset();
  std::error_code error;
  fs::rename(folder_, paths_.database, error);
  if (error) return fail(Errc::io, "cannot rename " + folder_.string() + ": " + error.message());
  if (auto synced = sync_directory(paths_.database.parent_path()); !synced) {
    return fail(synced.error());
  }
  phase_ = Phase::done;
  log(LogLevel::info, "snapshot_done", {{"height", head.height}, {"size", head.log_size}});
  return {};
}

void SnapshotJoin::tell() {
  const MonoTime now = clock_.now();
  api::FollowFacts facts;
  facts.sources = sources_.facts(now);
  facts.behind = target_ ? target_->record.height : 0;
  const std::uint64_t size = target_ ? target_->size : 0;
  const std::uint64_t have = builder_ ? builder_->log().size() : size;
  if (phase_ == Phase::state) {
    facts.doing = fmt::format("snapshot: state up to '{}', of a log of {} entries", done_, size);
  } else {
    facts.doing = fmt::format("snapshot: log {} of {} entries", have, size);
  }
  if (now - told_at_ >= kTellEvery && phase_ != Phase::done) {
    told_at_ = now;
    if (const auto why = why_unserved(facts); !why.empty()) {
      log(LogLevel::warning, "snapshot", {{"doing", facts.doing}, {"why", why}});
    } else {
      log(LogLevel::info, "snapshot", {{"doing", facts.doing}});
    }
  }
  const std::lock_guard lock(mutex_);
  facts_ = std::move(facts);
}

api::FollowFacts SnapshotJoin::facts() const {
  const std::lock_guard lock(mutex_);
  return facts_;
}

}  // namespace footproof::node
