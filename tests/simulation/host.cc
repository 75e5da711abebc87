#include "tests/simulation/host.h"

#include <algorithm>
#include <utility>

#include "attest/check.h"
#include "tests/simulation/world.h"

namespace footproof::simulation {

using consensus::BatchRef;
using consensus::Height;
using consensus::ValidatorIndex;

namespace {

constexpr std::uint64_t kWallStart = 1'800'000'000'000;

// The simulated log: a block with payload appends as many entries as it has batches, and its
// record. The root is any injective function of what was there and the block.
consensus::Checkpoint execute(const consensus::Checkpoint& before, const Digest& id,
                              const consensus::Block& block) {
  consensus::Checkpoint after = before;
  after.height = block.header.height;
  if (block.batch_refs.empty()) return after;
  after.log_size += block.batch_refs.size() + 1;
  for (std::size_t i = 0; i < 32; i += 8) {
    std::uint64_t word = 0;
    for (std::size_t k = 0; k < 8; ++k) {
      word =
          word << 8U | static_cast<std::uint64_t>(before.log_root.bytes[i + k] ^ id.bytes[i + k]);
    }
    word = mix(word + after.log_size + i);
    for (std::size_t k = 0; k < 8; ++k) {
      after.log_root.bytes[i + k] = static_cast<std::uint8_t>(word >> (8 * k));
    }
  }
  return after;
}

}  // namespace

Host::Host(World& world, std::size_t place, Person who, std::unique_ptr<Adversary> adversary)
    : world_(world), place_(place), who_(who), adversary_(std::move(adversary)) {}

consensus::Now Host::now() const {
  const auto wall = static_cast<std::int64_t>(kWallStart + world_.now()) + clock_offset_;
  return {static_cast<std::uint64_t>(wall), world_.now()};
}

consensus::Checkpoint Host::head() const {
  return store_.empty() ? world_.root().checkpoint : store_.back().head;
}

Digest Host::root_at(Height height) const {
  return height == 0 ? world_.root().checkpoint.log_root : store_[height - 1].head.log_root;
}

std::optional<consensus::Block> Host::block_at(Height height) const {
  if (height == 0 || height > store_.size()) return std::nullopt;
  return store_[height - 1].block;
}

std::optional<consensus::Certificate> Host::finalization_at(Height height) const {
  if (height == 0 || height > store_.size()) return std::nullopt;
  return store_[height - 1].finalization;
}

std::vector<Digest> Host::unordered_bodies() const {
  std::set<Digest> ordered;
  for (const auto& kept : store_) {
    for (const BatchRef& ref : kept.block.batch_refs) ordered.insert(ref.digest);
  }
  std::vector<Digest> out;
  for (const auto& [digest, body] : bodies_) {
    if (!ordered.contains(digest)) out.push_back(digest);
  }
  return out;
}

bool Host::body_on_disk(const Digest& digest) const { return disk_bodies_.contains(digest); }
bool Host::block_on_disk(const Digest& id) const { return disk_blocks_.contains(id); }

std::vector<consensus::Record> Host::disk_records() const {
  std::vector<consensus::Record> records;
  for (const DiskRecord& record : wal_) {
    if (record.lsn == 0) continue;
    auto parsed = consensus::parse_record(record.bytes);
    CHECK(parsed.has_value());
    if (consensus::epoch_of(*parsed) == epoch_) records.push_back(std::move(*parsed));
  }
  return records;
}

// ---- life

void Host::start() {
  CHECK(!up());
  up_ = true;
  enter_epoch();
}

void Host::crash() {
  if (!up()) return;
  world_.count("crashes");
  up_ = false;
  replica_.reset();
  ending_.reset();
  ++life_;
  crash_countdown_ = 0;
  sync_running_ = sync_wanted_ = executing_ = false;
  to_execute_.clear();
  cosigners_.clear();
  // Of what was not synced, any beginning may have reached the disk; the torn rest is cut off.
  Random& random = world_.random();
  wal_.resize(wal_synced_ + random.below(wal_.size() - wal_synced_ + 1));
  wal_synced_ = wal_.size();
  store_.resize(store_synced_ + random.below(store_.size() - store_synced_ + 1));
  store_synced_ = store_.size();
  while (hops_.size() > hops_synced_ &&
         (hops_.back().height > store_.size() || random.chance(500))) {
    hops_.pop_back();
  }
  hops_synced_ = hops_.size();
  if (world_.plan().forgets_cosigned) cosigned_ = {};
  disk_bodies_.clear();
  disk_blocks_.clear();
  const auto bodies = std::move(bodies_);
  bodies_.clear();
  for (const DiskRecord& record : wal_) {
    if (record.lsn == 0) {
      bodies_[record.id] = record.bytes;
      disk_bodies_.insert(record.id);
    } else if (!record.id.is_zero()) {
      disk_blocks_.insert(record.id);
    }
  }
  for (const Stored& stored : store_) {
    disk_blocks_.insert(consensus::block_id(stored.block.header));
    for (const BatchRef& ref : stored.block.batch_refs) {
      disk_bodies_.insert(ref.digest);
      if (const auto body = bodies.find(ref.digest); body != bodies.end()) bodies_.insert(*body);
    }
  }
}

void Host::lose_disk() {
  CHECK(!up() && !honest());
  wal_.clear();
  store_.clear();
  hops_.clear();
  hops_synced_ = 0;
  cosigned_ = {};
  wal_synced_ = store_synced_ = 0;
  disk_bodies_.clear();
  disk_blocks_.clear();
  bodies_.clear();
}

bool Host::dies(VoteStep step) {
  if (!doomed_.vote || doomed_.step != step) return false;
  doomed_ = {};
  die();
  return true;
}

void Host::die() {
  crash();
  world_.schedule_restart(*this, world_.random().between(1, 2000));
}

bool Host::carries_doomed(const consensus::Message& message) const {
  if (!doomed_.vote) return false;
  if (const auto* vote = std::get_if<consensus::Vote>(&message)) return *vote == *doomed_.vote;
  const auto* propose = std::get_if<consensus::Propose>(&message);
  return propose != nullptr && doomed_.vote->type == consensus::VoteType::notarize &&
         propose->proposal == doomed_.vote->proposal &&
         propose->signature == doomed_.vote->signature;
}

void Host::link(Person peer, bool up) {
  const auto place = facts().place_of(peer);
  if (!place || !member()) return;
  shown_.erase(peer);
  if (up) {
    step(consensus::Connected{*place});
  } else {
    step(consensus::Disconnected{*place});
  }
}

// ---- events

void Host::step(const decltype(consensus::Event::what)& what) {
  if (!up() || !member() || world_.failed()) return;
  const std::uint64_t life = life_;
  if (const auto* came = std::get_if<consensus::Received>(&what); came && honest()) {
    for (auto& checker : world_.checkers()) checker->received(world_, *this, came->message);
  }
  perform(replica_->step({now(), what}));
  if (up() && member() && life == life_ && honest() && !world_.failed()) {
    for (auto& checker : world_.checkers()) checker->stepped(world_, *this);
  }
}

void Host::receive(Person from, const Wire& wire) {
  switch (wire.kind) {
    case Wire::Kind::consensus: {
      if (!wire.message) return;  // junk: it did not parse, the link would be closed
      const auto place = facts().place_of(from);
      if (!place || !member()) return;  // there is no such link
      if (adversary_ && !adversary_->receive(*this, *place, *wire.message)) return;
      if (consensus::epoch_of(*wire.message) == epoch_ && shown_.insert(from).second) {
        show_batches_of_those_who_left(from);
      }
      step(consensus::Received{*place, *wire.message});
      return;
    }
    case Wire::Kind::batch:
      if (member() && !facts().place_of(from)) return;  // there is no such link
      keep_batch(wire.bytes);
      return;
    case Wire::Kind::get_batch: {
      const auto body = bodies_.find(wire.digest);
      if (body == bodies_.end() || (adversary_ && !adversary_->shares_batch(*this, from))) return;
      auto answer = std::make_shared<Wire>();
      answer->kind = Wire::Kind::batch;
      answer->bytes = body->second;
      world_.transmit(*this, from, answer);
      return;
    }
    case Wire::Kind::cosignature:
      if (member()) count_cosignature(from, wire);
      return;
    case Wire::Kind::get_more:
      serve(from, wire);
      return;
    case Wire::Kind::more:
      take(wire);
      return;
  }
}

// A timer that was set later replaces the earlier ones.
void Host::timer_fired(std::uint64_t at_mono_ms) {
  if (at_mono_ms == timer_at_) step(consensus::TimerFired{});
}

bool Host::keep_batch(const Bytes& body) {
  const Digest digest = consensus::batch_digest(body);
  if (!bodies_.try_emplace(digest, body).second) return false;
  wal_.push_back({0, body, digest});
  ready(digest, body);
  return true;
}

void Host::ready(const Digest& digest, const Bytes& body) {
  const ValidatorIndex producer = facts().place_of(body[0]).value_or(0);
  step(consensus::PayloadReady{
      {digest, 1, static_cast<std::uint32_t>(body.size())}, producer, true});
}

// Nobody else does (consensus/README.md §3).
void Host::show_batches_of_those_who_left(Person peer) {
  if (!honest()) return;
  for (const Digest& digest : unordered_bodies()) {
    if (facts().place_of(maker_of(digest))) continue;
    auto wire = std::make_shared<Wire>();
    wire->kind = Wire::Kind::batch;
    wire->bytes = bodies_.at(digest);
    world_.count("batches of those who left shown");
    world_.transmit(*this, peer, wire);
  }
}

void Host::offer(const Bytes& body) {
  world_.offered(consensus::batch_digest(body));
  keep_batch(body);
  auto wire = std::make_shared<Wire>();
  wire->kind = Wire::Kind::batch;
  wire->bytes = body;
  for (const SetMember& member : Set(facts().set)) {
    if (!up()) return;
    const Person peer = member.who;
    if (peer == who_ || (adversary_ && !adversary_->shares_batch(*this, peer))) continue;
    world_.transmit(*this, peer, wire);
  }
}

void Host::synced(std::uint64_t target) {
  sync_running_ = false;
  for (std::size_t i = wal_synced_; i < target; ++i) {
    const DiskRecord& record = wal_[i];
    if (record.lsn == 0) {
      disk_bodies_.insert(record.id);
    } else {
      if (record.lsn != UINT64_MAX) durable_lsn_ = std::max(durable_lsn_, record.lsn);
      if (!record.id.is_zero()) disk_blocks_.insert(record.id);
    }
  }
  wal_synced_ = std::max<std::size_t>(wal_synced_, target);
  if (honest()) {
    for (auto& checker : world_.checkers()) checker->synced(world_, *this);
  }
  if (doomed_.vote && doomed_.end <= wal_synced_ && dies(VoteStep::synced)) return;
  if (sync_wanted_) start_sync();
  step(consensus::Durable{durable_lsn_});
}

void Host::start_sync() {
  sync_wanted_ = sync_running_;
  if (sync_running_) return;
  sync_running_ = true;
  std::uint64_t longest = world_.plan().disk_ms;
  if (place_ == world_.plan().slow_disk_host) longest *= 100;
  world_.schedule_sync(*this, wal_.size(), world_.random().below(longest + 1));
}

// ---- effects

void Host::perform(const consensus::Effects& effects) {
  const std::uint64_t life = life_;
  for (const consensus::Effect& effect : effects) {
    std::visit([this](const auto& what) { perform(what); }, effect);
    if (!up() || life != life_ || world_.failed()) return;  // crashed in the middle
  }
  for (const consensus::Effect& effect : effects) {
    const auto* persist = std::get_if<consensus::Persist>(&effect);
    if (persist == nullptr || !persist->sync) continue;
    start_sync();
    break;
  }
}

void Host::perform(const consensus::Send& effect) {
  if (adversary_) {
    adversary_->send(*this, effect);
    return;
  }
  const bool doomed = carries_doomed(effect.message);
  if (doomed && dies(VoteStep::leaving)) return;
  for (auto& checker : world_.checkers()) checker->sent(world_, *this, effect);
  if (doomed && doomed_.step == VoteStep::half_sent) {
    for (std::size_t to = 0; to < facts().set.size(); ++to) {
      if (to == index_ || world_.random().chance(500)) continue;
      transmit({static_cast<ValidatorIndex>(to), effect.message});
    }
    dies(VoteStep::half_sent);
    return;
  }
  transmit(effect);
  if (doomed) dies(VoteStep::sent);
}

void Host::transmit(const consensus::Send& send) {
  auto wire = std::make_shared<Wire>();
  wire->bytes = consensus::encode(send.message);
  auto parsed = consensus::parse_message(wire->bytes);
  if (!parsed || *parsed != send.message) {
    world_.fail("message does not survive its encoding: " +
                std::string(consensus::name(send.message)));
    return;
  }
  wire->message = std::move(*parsed);
  const bool status = std::holds_alternative<consensus::Status>(send.message);
  std::optional<Person> to;
  if (send.to) to = person_at(*send.to);
  world_.transmit(*this, to, std::move(wire));
  if (status) cosign();
}

void Host::perform(const consensus::Persist& effect) {
  auto record = consensus::parse_record(effect.record);
  if (!record) {
    world_.fail("record does not parse: " + record.error().detail);
    return;
  }
  Digest id;
  if (const auto* block = std::get_if<consensus::Block>(&*record)) {
    id = consensus::block_id(block->header);
  }
  if (effect.lsn <= last_lsn_) world_.fail("log positions do not rise");
  last_lsn_ = effect.lsn;
  const auto* vote = std::get_if<consensus::Vote>(&*record);
  const bool doomed = vote != nullptr && ++votes_made_ == doomed_.number;
  if (doomed) doomed_.vote = *vote;
  if (doomed && dies(VoteStep::decided)) return;
  if (crash_countdown_ > 0 && --crash_countdown_ == 0) {
    // Before, during or after the append.
    if (world_.random().chance(500)) wal_.push_back({effect.lsn, effect.record, id});
    crash();
    world_.schedule_restart(*this, world_.random().between(1, 2000));
    return;
  }
  wal_.push_back({effect.lsn, effect.record, id});
  if (honest()) {
    for (auto& checker : world_.checkers()) checker->persisted(world_, *this, effect, *record);
  }
  if (doomed) doomed_.end = wal_.size();
  if (doomed) dies(VoteStep::appended);
}

void Host::perform(const consensus::SetTimer& effect) {
  timer_at_ = effect.mono_ms;
  world_.schedule_timer(*this, effect.mono_ms);
}

void Host::perform(const consensus::Fetch& effect) {
  world_.count("batches fetched", effect.batches.size());
  const std::uint64_t life = life_;
  for (const BatchRef& ref : effect.batches) {
    const auto held = bodies_.find(ref.digest);
    if (held != bodies_.end()) {
      // Held all along; the replica has forgotten it after execution. Once an instant: where a rule
      // is broken on purpose, it may go on asking for what it does not take.
      if (std::exchange(handed_in_[ref.digest], world_.now()) == world_.now()) continue;
      const Bytes body = held->second;
      ready(ref.digest, body);
      if (!up() || life != life_) return;
      continue;
    }
    auto wire = std::make_shared<Wire>();
    wire->kind = Wire::Kind::get_batch;
    wire->digest = ref.digest;
    if (effect.ask_first != index_) world_.transmit(*this, person_at(effect.ask_first), wire);
    const auto other = static_cast<ValidatorIndex>(rotation_++ % facts().set.size());
    if (other != index_ && other != effect.ask_first) {
      world_.transmit(*this, person_at(other), wire);
    }
  }
}

void Host::perform(const consensus::Deliver& effect) {
  if (honest()) {
    for (auto& checker : world_.checkers()) checker->delivered(world_, *this, effect);
    world_.delivered(*this, effect);
  }
  for (const BatchRef& ref : effect.block.batch_refs) {
    if (!bodies_.contains(ref.digest)) world_.fail("delivered a block without its bodies");
  }
  to_execute_.push_back(effect);
  if (effect.block.header.boundary == 1 && dies(EpochStep::delivered)) return;
  start_execution();
}

void Host::perform(const consensus::ServeChain& effect) {
  auto chain = consensus::make_chain(*this, effect.epoch, effect.from_height, effect.max);
  if (!chain) return;
  world_.count("chains served");
  perform(consensus::Send{effect.to, std::move(*chain)});
}

void Host::perform(const consensus::EvidenceFound& effect) {
  if (!honest()) return;
  world_.count("evidence found");
  for (auto& checker : world_.checkers()) checker->reported(world_, *this, effect.evidence);
}

void Host::perform(const consensus::Alarm& effect) {
  if (!honest()) return;
  for (auto& checker : world_.checkers()) checker->alarmed(world_, *this, effect);
}

// ---- execution and store

void Host::start_execution() {
  if (executing_ || to_execute_.empty()) return;
  executing_ = true;
  world_.schedule_execution(*this, world_.random().below(world_.plan().execution_ms + 1));
}

void Host::executed() {
  executing_ = false;
  const consensus::Deliver deliver = std::move(to_execute_.front());
  to_execute_.pop_front();
  const consensus::Checkpoint before = head();
  keep(deliver.block, deliver.finalization);
  const consensus::Checkpoint after = head();
  if (deliver.block.header.boundary == 1 && dies(EpochStep::executed)) return;
  start_execution();
  const std::uint64_t life = life_;
  step(consensus::Executed{after, pending(after.height, epoch_)});
  if (!up() || life != life_) return;
  if (after.log_size != before.log_size) cosign();
  if (up() && life == life_ && world_.random().chance(150)) sync_store();
}

// Executes it and puts it into the store.
void Host::keep(const consensus::Block& block, const consensus::Certificate& finalization) {
  consensus::Checkpoint after = execute(head(), consensus::block_id(block.header), block);
  if (after.height >= wrong_from_) after.log_root.bytes[0] ^= 0x80U;
  std::size_t decided = decided_at(store_.size());
  const auto& changes = world_.plan().changes;
  if (decided < changes.size() && !block.batch_refs.empty() &&
      after.height >= changes[decided].from_height) {
    ++decided;
  }
  store_.push_back({block, finalization, after, decided});
  if (!honest()) return;
  for (auto& checker : world_.checkers()) checker->executed(world_, *this, after);
}

// What was cosigned before a crash is not contradicted by what is executed again after it.
bool Host::may_cosign(const Cosigned& now) {
  if (now.size < cosigned_.size || now.time_ms < cosigned_.time_ms) return false;
  if (now.size == cosigned_.size && cosigned_.size != 0 && now.root != cosigned_.root) return false;
  cosigned_ = now;
  return true;
}

void Host::cosign() {
  if (!up() || !member()) return;
  const std::uint64_t time_ms =
      store_.empty() ? world_.root().time_ms : store_.back().block.header.time_ms;
  const Cosigned now{head().log_size, head().log_root, time_ms};
  if (!may_cosign(now)) return;
  if (honest()) {
    for (auto& checker : world_.checkers()) checker->cosigned(world_, *this, now);
  }
  auto wire = std::make_shared<Wire>();
  wire->kind = Wire::Kind::cosignature;
  wire->size = now.size;
  wire->digest = now.root;
  wire->epoch = epoch_;
  wire->signature = world_.keys().sign(key_slot_, cosigned_bytes(epoch_, wire->size, wire->digest));
  world_.transmit(*this, std::nullopt, wire);
  count_cosignature(who_, *wire);
}

void Host::count_cosignature(Person from, const Wire& wire) {
  if (!up() || wire.epoch != epoch_ || !facts().place_of(from)) return;
  auto& signers = cosigners_[{wire.size, wire.digest}];
  const bool news = signers.emplace(from, wire.signature).second;
  if (news && signers.size() == facts().membership.q()) {
    if (honest()) {
      for (auto& checker : world_.checkers()) {
        checker->vouched(world_, *this, wire.size, wire.digest);
      }
    }
    step(consensus::Checkpointed{wire.size, wire.digest});
  }
  while (cosigners_.size() > 64) cosigners_.erase(cosigners_.begin());
  if (news && ending_) try_hop();
}

void Host::sync_store() {
  for (; store_synced_ < store_.size(); ++store_synced_) {
    const consensus::Block& block = store_[store_synced_].block;
    disk_blocks_.insert(consensus::block_id(block.header));
    for (const BatchRef& ref : block.batch_refs) disk_bodies_.insert(ref.digest);
  }
  hops_synced_ = hops_.size();
  if (member() && !ending_ && world_.random().chance(300)) compact();
}

// A new segment with what must live, synced; then the old ones go.
void Host::compact() {
  world_.count("logs compacted");
  std::vector<DiskRecord> kept;
  std::set<Digest> stored;
  for (const Stored& done : store_) {
    for (const BatchRef& ref : done.block.batch_refs) stored.insert(ref.digest);
  }
  std::vector<Digest> dropped;
  for (const DiskRecord& record : wal_) {
    if (record.lsn != 0) continue;
    if (stored.contains(record.id) && !replica_->needs_batch(record.id)) {
      dropped.push_back(record.id);
    } else {
      kept.push_back(record);
    }
  }
  for (Bytes& bytes : replica_->live_records(store_synced_)) {
    auto record = consensus::parse_record(bytes);
    CHECK(record.has_value());
    Digest id;
    if (const auto* block = std::get_if<consensus::Block>(&*record)) {
      id = consensus::block_id(block->header);
    }
    kept.push_back({UINT64_MAX, std::move(bytes), id});
  }
  wal_ = std::move(kept);
  wal_synced_ = wal_.size();
  for (const DiskRecord& record : wal_) {
    if (record.lsn == 0) {
      disk_bodies_.insert(record.id);
    } else if (!record.id.is_zero()) {
      disk_blocks_.insert(record.id);
    }
  }
  durable_lsn_ = last_lsn_;
  sync_running_ = sync_wanted_ = false;
  ++life_;  // what is under way belongs to the old segment
  executing_ = false;
  start_execution();
  if (honest()) {
    for (auto& checker : world_.checkers()) checker->synced(world_, *this);
  }
  for (const Digest& digest : dropped) step(consensus::PayloadDropped{digest});
  step(consensus::Durable{durable_lsn_});
  // An early timer does no harm; the one that was set is gone with the life.
  step(consensus::TimerFired{});
}

consensus::Vote Host::sign(consensus::VoteType type, const consensus::Proposal& proposal) {
  consensus::Proposal said = proposal;
  if (type == consensus::VoteType::nullify) said = {proposal.epoch, proposal.view, 0, {}};
  const Bytes message = consensus::sign_bytes(world_.membership().chain_id(), type, said);
  return {type, said, index_, world_.keys().sign(key_slot_, message)};
}

}  // namespace footproof::simulation
