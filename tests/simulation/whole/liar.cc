#include "tests/simulation/whole/liar.h"

#include <algorithm>
#include <utility>

#include "attest/check.h"
#include "attest/note.h"
#include "node/batch.h"
#include "node/batch_store.h"
#include "node/cosignatures.h"

namespace footproof::whole {

using consensus::VoteType;
using node::FrameKind;

namespace {

constexpr std::size_t kGenerationsMax = 3;  // of keys: as many as changes of a plan

}  // namespace

Liar::Liar(Stage stage, const Cast& cast, Network& links, Place place, std::uint64_t seed)
    : stage_(stage), cast_(cast), links_(links), place_(place) {
  for (std::size_t generation = 0; generation <= kGenerationsMax; ++generation) {
    keys_.push_back(Cast::keys(links.person(place), generation));
  }
  simulation::Random random(simulation::mix(seed ^ 0x6c696172U));
  // One habit, or a few at once.
  habits_ = std::uint64_t{1} << random.below(kHabits);
  while (random.chance(400)) habits_ |= std::uint64_t{1} << random.below(kHabits);
  deaf_ = random.next();
}

bool Liar::has(Habit habit) const {
  return ((habits_ >> static_cast<std::uint64_t>(habit)) & 1U) != 0;
}

// The generations of one person are few.
const node::OwnKeys& Liar::keys() const {
  const auto& vote_key = links_.self(place_)->vote_key;
  const auto found = std::ranges::find_if(
      keys_, [&vote_key](const auto& keys) { return keys.vote.public_key() == vote_key; });
  CHECK(found != keys_.end());
  return *found;
}

consensus::Vote Liar::sign(VoteType type, consensus::Proposal proposal) const {
  consensus::Vote vote;
  vote.type = type;
  if (type == VoteType::nullify) {
    proposal.parent_view = 0;
    proposal.block_id = {};
  }
  vote.proposal = proposal;
  vote.signer = index();
  const Bytes signature =
      keys().vote.sign(consensus::sign_bytes(cast_.network().chain_id, type, proposal));
  std::ranges::copy(signature, vote.signature.begin());
  return vote;
}

void Liar::say(Place to, FrameKind kind, const consensus::Message& message) {
  links_.say(place_, to, node::encode_frame(kind, 0, consensus::encode(message)));
}

bool Liar::speak(Place to, const node::Frame& frame) {
  if (has(Habit::silent_to_some) && ((deaf_ >> to) & 1U) != 0 && stage_.random.chance(900)) {
    return lied("kept silent");
  }
  if (has(Habit::repeats)) {
    if (said_.size() < 300) said_.push_back(frame);
    if (stage_.random.chance(100)) {
      links_.say(place_, to, said_[stage_.random.below(said_.size())]);
      (void)lied("said again");
    }
  }
  if (has(Habit::floods) && stage_.random.chance(50)) flood(to);
  const auto envelope = node::parse_envelope(ByteView(*frame).subspan(4));
  if (!envelope) return true;
  if (has(Habit::garbles) && !envelope->body.empty() && stage_.random.chance(30)) {
    Bytes body = envelope->body;
    body[stage_.random.below(body.size())] ^=
        static_cast<std::uint8_t>(1U << stage_.random.below(8));
    links_.say(place_, to, node::encode_frame(envelope->kind, envelope->request_id, body));
    return lied("garbled");
  }
  switch (envelope->kind) {
    case FrameKind::batch:
      if (!has(Habit::hides_batches) || (to + deaf_) % 3 == 0) return true;
      return lied("hid a batch");
    case FrameKind::cosignature:
      return speak_cosignature(to, *envelope);
    case FrameKind::hop:
      return speak_hop(to, *envelope);
    case FrameKind::control:
    case FrameKind::proposal:
    case FrameKind::chain:
      return speak_message(to, *envelope);
    default:
      return true;
  }
}

bool Liar::speak_message(Place to, const node::Envelope& envelope) {
  auto message = consensus::parse_message(envelope.body);
  if (!message) return true;
  if (const auto* vote = std::get_if<consensus::Vote>(&*message)) return speak_vote(to, *vote);
  if (const auto* propose = std::get_if<consensus::Propose>(&*message)) {
    return speak_proposal(to, *propose);
  }
  if (auto* chain = std::get_if<consensus::Chain>(&*message);
      chain != nullptr && has(Habit::forges_chain) && !chain->blocks.empty()) {
    auto& block = chain->blocks[stage_.random.below(chain->blocks.size())];
    if (stage_.random.chance(500)) {
      block.header.time_ms += 1;
    } else {
      chain->blocks.pop_back();
    }
    say(to, envelope.kind, *message);
    return lied("forged a chain");
  }
  if (auto* status = std::get_if<consensus::Status>(&*message);
      status != nullptr && has(Habit::boasts)) {
    status->finalized_height += stage_.random.below(1'000);
    status->view += stage_.random.below(1'000);
    if (stage_.random.chance(300)) status->finalized_height = UINT64_MAX;
    say(to, envelope.kind, *message);
    return lied("boasted");
  }
  if (auto* end = std::get_if<consensus::EndOfEpoch>(&*message);
      end != nullptr && has(Habit::forges_chain)) {
    end->boundary.header.time_ms += 1;
    if (stage_.random.chance(500)) {
      end->finalization.proposal.block_id = consensus::block_id(end->boundary.header);
    }
    say(to, envelope.kind, *message);
    return lied("forged the end of an epoch");
  }
  const auto* certificate = std::get_if<consensus::Certificate>(&*message);
  if (certificate != nullptr && has(Habit::never_finalizes) &&
      certificate->type == VoteType::finalize) {
    return lied("kept a finalization");
  }
  return true;
}

bool Liar::speak_vote(Place to, const consensus::Vote& vote) {
  if (has(Habit::never_finalizes) && vote.type == VoteType::finalize) {
    return lied("kept a vote");
  }
  if (has(Habit::votes_twice) && vote.type != VoteType::nullify) {
    consensus::Proposal other = vote.proposal;
    other.block_id.bytes[0] ^= 1U;
    for (const auto& more :
         {sign(VoteType::notarize, vote.proposal), sign(VoteType::nullify, vote.proposal),
          sign(VoteType::finalize, vote.proposal), sign(VoteType::notarize, other)}) {
      if (stage_.random.chance(500)) continue;
      say(to, FrameKind::control, more);
      (void)lied("voted twice");
    }
  }
  return true;
}

// Towards those it is deaf to: another block of the same view.
bool Liar::speak_proposal(Place to, const consensus::Propose& propose) {
  const bool another = has(Habit::equivocates) && ((deaf_ >> to) & 1U) != 0;
  const bool false_head = has(Habit::false_heads) && stage_.random.chance(500);
  if (!another && !false_head) return true;
  consensus::Propose changed = propose;
  auto& header = changed.block.header;
  if (another) header.time_ms += 1;
  if (false_head) {
    if (stage_.random.chance(500)) {
      header.checkpoint.log_root.bytes[3] ^= 1U;
    } else {
      header.checkpoint.height += stage_.random.below(4);
      header.checkpoint.log_size += stage_.random.below(4);
    }
  }
  changed.proposal.block_id = consensus::block_id(header);
  changed.signature = sign(VoteType::notarize, changed.proposal).signature;
  say(to, FrameKind::proposal, changed);
  return lied(another ? "proposed another block" : "proposed a false head");
}

bool Liar::speak_hop(Place to, const node::Envelope& envelope) {
  if (!has(Habit::forges_chain) || stage_.random.chance(300)) return true;
  Bytes body = envelope.body;
  body[stage_.random.below(body.size())] ^= 1U;
  links_.say(place_, to, node::encode_frame(envelope.kind, envelope.request_id, body));
  return lied("forged a hop");
}

bool Liar::speak_cosignature(Place to, const node::Envelope& envelope) {
  if (!has(Habit::false_heads) || stage_.random.chance(500)) return true;
  auto cosignature = node::parse_cosignature(envelope.body);
  if (!cosignature) return true;
  if (stage_.random.chance(500)) cosignature->size += stage_.random.below(10);
  cosignature->root.bytes[0] ^= 1U;
  const std::string text =
      encode(Checkpoint{cast_.network().origin, cosignature->size, cosignature->root, {}});
  cosignature->signature = keys().cosign.sign(cosignature_message(cosignature->time_s, text));
  links_.say(place_, to,
             node::encode_frame(FrameKind::cosignature, 0, node::encode_cosignature(*cosignature)));
  return lied("cosigned a false head");
}

// Well-formed batches of statements by nobody, and requests for batches that are none.
void Liar::flood(Place to) {
  for (std::size_t i = 0; i < 3; ++i) {
    node::Batch batch;
    batch.producer = index();
    batch.sequence = ++number_;
    batch.statements = {cast_.stranger(number_)};
    const auto bytes = node::encode_batch(batch);
    if (!bytes) return;
    links_.say(place_, to, node::encode_frame(FrameKind::batch, 0, *bytes));
    (void)lied("flooded with batches");
  }
  std::vector<Digest> nothing(node::kGetBatchMax);
  for (auto& digest : nothing) digest.bytes[0] = static_cast<std::uint8_t>(stage_.random.next());
  links_.say(place_, to,
             node::encode_frame(FrameKind::get_batch, 7, node::encode_get_batch(nothing)));
}

}  // namespace footproof::whole
