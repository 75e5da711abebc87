// From one epoch to the next, and following without a place in the set (consensus/README.md §10).
#include <algorithm>

#include "attest/check.h"
#include "tests/simulation/world.h"

namespace footproof::simulation {

using consensus::Epoch;
using consensus::Height;
using consensus::Mutation;
using consensus::ValidatorIndex;

namespace {

constexpr std::uint32_t kServedMax = 16;     // blocks
constexpr std::uint64_t kFollowEvery = 150;  // ms
constexpr std::uint64_t kLookEvery = 1'500;  // of a member, whether its epoch is over
constexpr std::size_t kLooksInVain = 4;      // then it follows, too

}  // namespace

const EpochFacts& Host::facts() const { return world_.epochs().at(epoch_); }

Person Host::person_at(ValidatorIndex index) const { return facts().member(index).who; }

std::size_t Host::decided_at(Height height) const {
  return height == 0 ? 0 : store_[height - 1].decided;
}

// The last set that was decided, where it is not the one that the epoch has.
std::optional<consensus::NextSet> Host::pending(Height height, Epoch epoch) const {
  const std::size_t decided = decided_at(height);
  if (decided == 0) return std::nullopt;
  const Set& last = world_.plan().changes[decided - 1].set;
  Set sorted = last;
  std::sort(sorted.begin(), sorted.end(),
            [](const SetMember& a, const SetMember& b) { return a.who < b.who; });
  if (sorted == world_.epochs().at(epoch).set) return std::nullopt;
  return next_set(last, world_.keys());
}

std::optional<Bytes> Host::pending_at(Height height, Epoch epoch) const {
  auto set = pending(height, epoch);
  if (!set) return std::nullopt;
  return std::move(set->record);
}

bool Host::change_pending() const { return ending_ || pending(store_.size(), epoch_); }

bool Host::hop_on_disk(Epoch epoch) const {
  return epoch < hops_synced_ && hops_[epoch].height <= store_synced_;
}

// ---- into an epoch

// The one that the disk proves: behind as many hops as are there.
void Host::enter_epoch() {
  ++life_;
  replica_.reset();
  ending_.reset();
  sync_running_ = sync_wanted_ = executing_ = false;
  to_execute_.clear();
  cosigners_.clear();
  shown_.clear();
  epoch_ = hops_.size();
  if (epoch_ > 0) {
    const Stored& last = store_[hops_.back().height - 1];
    const std::string wrong = world_.epochs().begin(last.block, last.head);
    if (!wrong.empty()) return world_.fail("I8: " + wrong);
  }
  last_lsn_ = durable_lsn_ = 0;
  for (DiskRecord& record : wal_) {
    if (record.lsn != 0) record.lsn = UINT64_MAX;  // of an earlier life
  }
  const auto place = facts().place_of(who_);
  if (!place) return;  // it follows
  index_ = *place;
  std::uint8_t which = facts().member(index_).keys;
  if (world_.plan().parameters.mutation == Mutation::old_keys_in_next_epoch) which = 0;
  key_slot_ = world_.keys().slot(who_, which);
  signer_.emplace(world_.keys(), key_slot_);
  if (!make_replica()) return;
  if (epoch_ > 0 && dies(EpochStep::made)) return;
  if (honest()) {
    for (auto& checker : world_.checkers()) checker->started(world_, *this);
  }
  const std::uint64_t life = life_;
  std::set<Digest> ordered;
  for (const Stored& stored : store_) {
    for (const auto& ref : stored.block.batch_refs) ordered.insert(ref.digest);
  }
  const auto bodies = bodies_;
  for (const auto& [digest, body] : bodies) {
    if (epoch_ == 0 ? disk_bodies_.contains(digest) : !ordered.contains(digest)) {
      ready(digest, body);
    }
  }
  step(consensus::Started{});
  if (up() && life == life_ && epoch_ > 0) dies(EpochStep::started);
}

bool Host::make_replica() {
  consensus::Membership membership = facts().membership;
  if (world_.plan().parameters.mutation == Mutation::old_keys_in_next_epoch) {
    Set old = facts().set;
    for (SetMember& member : old) member.keys = 0;
    membership = *consensus::Membership::make(membership.chain_id(), epoch_,
                                              next_set(old, world_.keys()).members,
                                              membership.members_hash());
  }
  auto parameters = world_.plan().parameters;
  // Who is Byzantine signs with its key wherever it likes.
  if (!honest()) parameters.guard_own_key = parameters.listen_first = false;
  auto made = consensus::Replica::make(parameters, membership, facts().root, index_, &*signer_,
                                       world_.keys(), recovery());
  if (!made) {
    world_.fail("host " + std::to_string(place_) + " does not start: " + made.error().detail);
    return false;
  }
  replica_ = std::move(*made);
  return true;
}

consensus::Recovery Host::recovery() const {
  const Height root = facts().root.height;
  const auto& parameters = world_.plan().parameters;
  consensus::Recovery recovery;
  for (const DiskRecord& record : wal_) {
    if (record.lsn != 0) recovery.records.push_back(record.bytes);
  }
  for (Height height = root; height <= store_.size(); ++height) {
    auto next = pending(height, epoch_);
    const bool before = !recovery.next_sets.empty() && recovery.next_sets.back().second;
    if (next || before) recovery.next_sets.emplace_back(height, std::move(next));
    if (height == root) continue;
    const Stored& stored = store_[height - 1];
    recovery.heads.push_back(stored.head);
    for (const auto& one : stored.block.evidence) {
      recovery.evidence.push_back(consensus::key_of(one));
    }
    const auto held = pending(stored.block.header.checkpoint.height, epoch_);
    recovery.end = consensus::end_after(recovery.end, stored.block.header, held ? &*held : nullptr,
                                        parameters.boundary_delay);
  }
  if (store_.size() > root) {
    recovery.applied = consensus::Applied{store_.back().block, store_.back().finalization};
  }
  return recovery;
}

bool Host::dies(EpochStep step) {
  const Epoch leaving = step >= EpochStep::made ? epoch_ - 1 : epoch_;
  if (!doomed_end_ || *doomed_end_ != std::pair(leaving, step)) return false;
  doomed_end_.reset();
  world_.count("died between epochs");
  die();
  return true;
}

// ---- out of one

void Host::perform(const consensus::EpochEnded& effect) {
  if (effect.boundary.header.height != store_.size()) {
    return world_.fail("I8: the end of an epoch is announced before it is executed");
  }
  world_.count("epochs ended at a host");
  ending_ = effect;
  if (dies(EpochStep::announced)) return;
  cosign();
  try_hop();
}

void Host::perform(const consensus::ServeEpochEnd& effect) {
  if (effect.epoch >= hops_.size()) return world_.fail("I8: asked for the end of no older epoch");
  auto end = consensus::make_end_of_epoch(*this, effect.epoch, hops_[effect.epoch].height);
  if (!end) return world_.fail("I8: the store lacks the end of an epoch that is over");
  world_.count("ends of epochs told");
  perform(consensus::Send{effect.to, std::move(*end)});
}

// Once q of the old set have cosigned the head after its last block.
void Host::try_hop() {
  if (!ending_ || hops_.size() > epoch_) return;
  Hop hop{epoch_, ending_->boundary.header.height, head().log_size, head().log_root, {}};
  const auto signers = cosigners_.find({hop.log_size, hop.log_root});
  if (signers != cosigners_.end()) {
    hop.cosignatures.assign(signers->second.begin(), signers->second.end());
  }
  const bool skipped = world_.plan().parameters.mutation == Mutation::next_epoch_without_hop;
  if (skipped || facts().verify(hop, world_.keys())) adopt(hop);
}

void Host::adopt(const Hop& hop) {
  hops_.push_back(hop);
  if (dies(EpochStep::hop_made)) return;
  if (world_.plan().parameters.mutation == Mutation::next_epoch_without_hop) return enter_epoch();
  std::uint64_t longest = world_.plan().disk_ms;
  if (place_ == world_.plan().slow_disk_host) longest *= 100;
  world_.schedule_hop(*this, world_.random().below(longest + 1));
}

void Host::hop_synced() {
  sync_store();
  if (dies(EpochStep::hop_synced)) return;
  enter_epoch();
}

// ---- over HTTP

// Anybody may ask anybody: who has no place in the set for everything, a member for what its own
// set no longer tells it.
void Host::poll() {
  if (!up()) return world_.schedule_poll(*this, kFollowEvery);
  world_.schedule_poll(*this, member() && !ending_ ? kLookEvery : kFollowEvery);
  ask_more();
}

void Host::ask_more() {
  const auto peer = static_cast<Person>(world_.random().below(world_.plan().hosts()));
  if (peer == who_) return;
  auto wire = std::make_shared<Wire>();
  wire->kind = Wire::Kind::get_more;
  wire->epoch = epoch_;
  wire->size = store_.size();
  world_.transmit(*this, peer, wire);
}

void Host::serve(Person to, const Wire& request) {
  auto answer = std::make_shared<Wire>();
  answer->kind = Wire::Kind::more;
  answer->epoch = request.epoch;
  answer->chain = consensus::make_chain(*this, request.epoch, request.size + 1, kServedMax);
  if (answer->chain) {
    for (const auto& block : answer->chain->blocks) {
      for (const auto& ref : block.batch_refs) {
        const auto body = bodies_.find(ref.digest);
        if (body != bodies_.end()) answer->bodies.push_back(body->second);
      }
    }
  }
  if (request.epoch < hops_synced_) {
    answer->hop = hops_[request.epoch];
    answer->end = consensus::make_end_of_epoch(*this, request.epoch, answer->hop->height);
  }
  if (adversary_ && world_.random().chance(500)) {  // a source that lies
    if (answer->hop) answer->hop->cosignatures.resize(1);
    if (answer->end) answer->end->finalization.signatures[0][0] ^= 1U;
    if (answer->chain) {
      if (world_.random().chance(500)) answer->chain->finalization.signatures[0][0] ^= 1U;
      answer->chain->blocks.front().header.time_ms += 1;
    }
  }
  world_.transmit(*this, to, answer);
}

void Host::take(const Wire& more) {
  if (more.epoch != epoch_ || hops_.size() > epoch_) return;
  if (!member()) {
    if (follow(more) && up() && !member()) ask_more();
    return;
  }
  if (ending_) {
    if (more.hop && more.hop->height == store_.size() && more.hop->log_root == head().log_root &&
        facts().verify(*more.hop, world_.keys())) {
      adopt(*more.hop);
    }
    return;
  }
  // Its epoch is over. If it has no place in the next set, or in none of those who could tell it
  // more, nobody who votes has a link to it.
  if (!more.end || !facts().membership.verify(more.end->finalization, world_.keys()) ||
      consensus::block_id(more.end->boundary.header) != more.end->finalization.proposal.block_id) {
    return;
  }
  const Set next = parse_set(more.end->boundary.next_members);
  const bool stays = std::any_of(next.begin(), next.end(),
                                 [this](const SetMember& one) { return one.who == who_; });
  if (height_looked_at_ != store_.size()) looks_in_vain_ = 0;
  height_looked_at_ = store_.size();
  if (stays && ++looks_in_vain_ < kLooksInVain) return;
  looks_in_vain_ = 0;
  world_.count("gave up voting to follow");
  ++life_;
  executing_ = sync_running_ = sync_wanted_ = false;
  to_execute_.clear();
  replica_.reset();
}

bool Host::proves(const consensus::Chain& chain) const {
  if (chain.blocks.empty() || chain.finalization.type != consensus::VoteType::finalize)
    return false;
  Digest expected = chain.finalization.proposal.block_id;
  for (auto block = chain.blocks.rbegin(); block != chain.blocks.rend(); ++block) {
    if (consensus::block_id(block->header) != expected) return false;
    expected = block->header.parent;
  }
  const Digest tip =
      store_.empty() ? world_.root().block_id : consensus::block_id(store_.back().block.header);
  return expected == tip && facts().membership.verify(chain.finalization, world_.keys());
}

// True if that was news.
bool Host::follow(const Wire& more) {
  bool news = false;
  if (more.chain && proves(*more.chain)) {
    for (const Bytes& body : more.bodies) bodies_.emplace(consensus::batch_digest(body), body);
    for (const auto& block : more.chain->blocks) {
      for (const auto& ref : block.batch_refs) {
        if (!bodies_.contains(ref.digest)) return news;
      }
      keep(block, more.chain->finalization);
      world_.count("blocks followed");
      news = true;
    }
    if (world_.random().chance(300)) sync_store();
  }
  const bool over = !store_.empty() && store_.back().block.header.boundary == 1 &&
                    store_.back().block.header.epoch == epoch_;
  if (over && more.hop && more.hop->height == store_.size() &&
      more.hop->log_size == head().log_size && more.hop->log_root == head().log_root &&
      facts().verify(*more.hop, world_.keys())) {
    adopt(*more.hop);
  }
  return news;
}

}  // namespace footproof::simulation
