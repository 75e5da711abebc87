#include "consensus/replica.h"

#include <algorithm>

#include "attest/check.h"
#include "consensus/core.h"

namespace footproof::consensus {

Replica::Core::Core(const Parameters& parameters, Membership membership, const EpochRoot& root,
                    std::optional<ValidatorIndex> self, Signer* signer, const Verifier& verifier)
    : parameters_(parameters),
      membership_(std::move(membership)),
      root_(root),
      self_(self),
      verifier_(verifier),
      finalized_id_(root.block_id),
      safety_(membership_, self, parameters.observer ? nullptr : signer, parameters.mutation),
      pacemaker_(parameters, membership_.n()),
      blocks_(root),
      heads_(root),
      end_known_(root.height),
      heard_(membership_.n(), 0),
      link_closed_(membership_.n(), false),
      peer_heights_(membership_.n(), 0) {
  if (parameters.listen_first) safety_.listen();
}

Effects Replica::Core::step(const Event& event) {
  CHECK(started_ || std::holds_alternative<Started>(event.what) ||
        std::holds_alternative<PayloadReady>(event.what) ||
        std::holds_alternative<PayloadInvalid>(event.what));
  now_ = {event.now.wall_ms, std::max(now_.mono_ms, event.now.mono_ms)};
  if (std::holds_alternative<TimerFired>(event.what)) timer_ = 0;
  std::visit([this](const auto& what) { on(what); }, event.what);
  if (started_) settle();
  Effects effects = std::move(out_);
  out_.clear();
  return effects;
}

void Replica::Core::on(const Received& event) {
  if (event.from >= membership_.n() || is_me(event.from)) return;
  heard_[event.from] = std::max<std::uint64_t>(now_.mono_ms, 1);
  link_closed_[event.from] = false;
  const auto epoch = epoch_of(event.message);
  if (epoch && *epoch != membership_.epoch()) {
    if (*epoch < membership_.epoch()) answer_older(event.message, *epoch, event.from);
    return;  // nothing about a later set is believed
  }
  std::visit([&](const auto& message) { receive(message, event.from); }, event.message);
}

// Whatever an event made possible, in an order that lets one lead to the next.
void Replica::Core::settle() {
  link_and_deliver();
  check_divergence();
  announce_end();
  pacemaker_.work(work_pending(), now_.mono_ms);
  check_timers();
  try_notarize();
  try_propose();
  request_missing();
  arm_timer();
}

void Replica::Core::send(std::optional<ValidatorIndex> to, Message message) {
  if (to && is_me(*to)) return;
  out_.push_back(Send{to, std::move(message)});
}

std::uint64_t Replica::Core::persist(const Record& record, Epoch epoch, View view, bool sync) {
  out_.push_back(Persist{next_lsn_, epoch, view, sync, encode_record(record)});
  return next_lsn_++;
}

std::vector<Evidence> Replica::Core::evidence() const {
  std::vector<Evidence> all;
  for (const auto& [key, evidence] : evidence_) all.push_back(evidence);
  return all;
}

Replica::Info Replica::Core::info() const {
  Info info;
  info.epoch = membership_.epoch();
  info.view = view_;
  info.finalized_view = lf_;
  info.finalized_height = blocks_.linked_tip().height;
  info.delivered_height = blocks_.delivered_height();
  info.executed_height = heads_.executed_height();
  std::vector<Height> heights = peer_heights_;
  std::sort(heights.rbegin(), heights.rend());
  info.peers_height = heights[membership_.f()];
  info.voting = safety_.voting() && !safety_.listening();
  info.listening = safety_.voting() && safety_.listening();
  info.end = end_;
  info.closed = closed_;
  info.proposals_mine = proposals_mine_;
  info.views_nullified = views_nullified_;
  info.messages_refused = refused_;
  info.views_held = views_.size();
  info.blocks_held = blocks_.size();
  info.batches_held = payload_.size();
  info.evidence_held = evidence_.size();
  return info;
}

Result<std::unique_ptr<Replica>> Replica::make(Parameters parameters, Membership membership,
                                               EpochRoot root, std::optional<ValidatorIndex> self,
                                               Signer* signer, const Verifier& verifier,
                                               const Recovery& recovery) {
  if (self && *self >= membership.n()) return fail(Errc::usage, "replica: no such validator");
  if (root.checkpoint.height != root.height) {
    return fail(Errc::usage, "replica: the root's checkpoint is not the head after it");
  }
  if (parameters.mutation == Mutation::quorum_too_small) membership.break_quorum_for_tests();
  auto core =
      std::make_unique<Core>(parameters, std::move(membership), root, self, signer, verifier);
  if (const auto recovered = core->recover(recovery); !recovered) return fail(recovered.error());
  return std::unique_ptr<Replica>(new Replica(std::move(core)));
}

Replica::Replica(std::unique_ptr<Core> core) : core_(std::move(core)) {}
Replica::~Replica() = default;

Effects Replica::step(const Event& event) { return core_->step(event); }
bool Replica::needs_batch(const Digest& digest) const { return core_->needs_batch(digest); }
std::vector<Bytes> Replica::live_records(Height synced_height) const {
  return core_->live_records(synced_height);
}
Replica::Info Replica::info() const { return core_->info(); }
std::vector<Evidence> Replica::evidence() const { return core_->evidence(); }

std::optional<Chain> make_chain(const ChainReader& reader, Epoch epoch, Height from_height,
                                std::uint32_t max) {
  Chain chain;
  std::size_t bytes = 0;
  std::optional<std::size_t> good;  // blocks up to the last one that is named directly
  for (Height height = from_height; chain.blocks.size() < kChainBlocksMax; ++height) {
    auto block = reader.block_at(height);
    auto finalization = block ? reader.finalization_at(height) : std::nullopt;
    if (!finalization || block->header.epoch != epoch) break;
    bytes += encode_block(*block).size();
    if (bytes > kChainBytesMax && good) break;
    const bool direct = finalization->proposal.block_id == block_id(block->header);
    chain.blocks.push_back(std::move(*block));
    if (direct) {
      good = chain.blocks.size();
      chain.finalization = std::move(*finalization);
    }
    if (good && chain.blocks.size() >= max) break;
  }
  if (!good) return std::nullopt;
  chain.blocks.resize(*good);
  return chain;
}

std::optional<EndOfEpoch> make_end_of_epoch(const ChainReader& reader, Epoch epoch,
                                            Height boundary_height) {
  auto block = reader.block_at(boundary_height);
  auto finalization = block ? reader.finalization_at(boundary_height) : std::nullopt;
  if (!finalization || block->header.epoch != epoch || block->header.boundary != 1 ||
      finalization->proposal.block_id != block_id(block->header)) {
    return std::nullopt;
  }
  return EndOfEpoch{std::move(*block), std::move(*finalization)};
}

}  // namespace footproof::consensus
