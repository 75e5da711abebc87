// One class a behaviour, and the table that makes them.
#include <algorithm>

#include "tests/simulation/adversary.h"
#include "tests/simulation/world.h"

namespace footproof::simulation {

using consensus::Message;
using consensus::Proposal;
using consensus::Propose;
using consensus::Send;
using consensus::ValidatorIndex;
using consensus::View;
using consensus::Vote;
using consensus::VoteType;

void Adversary::send(Host& host, const Send& send) { host.transmit(send); }
bool Adversary::receive(Host&, ValidatorIndex, const Message&) { return true; }
bool Adversary::shares_batch(Host&, Person) { return true; }

namespace {

// The same block with another header: a new id, signed as a new proposal of the same view.
Propose resigned(Host& host, const Propose& original, const consensus::BlockHeader& header) {
  Propose changed = original;
  changed.block.header = header;
  changed.proposal.block_id = consensus::block_id(header);
  changed.signature = host.sign(VoteType::notarize, changed.proposal).signature;
  return changed;
}

void to_each(Host& host, const std::function<std::optional<Message>(ValidatorIndex)>& choose) {
  for (std::size_t i = 0; i < host.facts().set.size(); ++i) {
    const auto to = static_cast<ValidatorIndex>(i);
    if (to == host.index()) continue;
    if (auto message = choose(to)) host.transmit({to, std::move(*message)});
  }
}

class Silent final : public Adversary {
  void send(Host&, const Send&) override {}
};

// Gives up every view as soon as it hears of it, and says nothing else.
class NullifyOnly final : public Adversary {
  void send(Host&, const Send&) override {}
  bool receive(Host& host, ValidatorIndex, const Message& message) override {
    View view = 0;
    if (const auto* vote = std::get_if<Vote>(&message)) view = vote->proposal.view;
    if (const auto* propose = std::get_if<Propose>(&message)) view = propose->proposal.view;
    if (const auto* c = std::get_if<consensus::Certificate>(&message)) view = c->proposal.view + 1;
    if (epoch_ != host.epoch()) last_ = 0;
    epoch_ = host.epoch();
    if (view <= last_) return true;
    for (View v = std::max(last_ + 1, view > 4 ? view - 4 : 1); v <= view; ++v) {
      host.transmit({std::nullopt, host.sign(VoteType::nullify, {epoch_, v, 0, {}})});
    }
    last_ = view;
    return true;
  }
  View last_ = 0;
  consensus::Epoch epoch_ = 0;
};

class FinalizeWithholder final : public Adversary {
  void send(Host& host, const Send& send) override {
    const auto* vote = std::get_if<Vote>(&send.message);
    const auto* certificate = std::get_if<consensus::Certificate>(&send.message);
    if (vote != nullptr && vote->type == VoteType::finalize) return;
    if (certificate != nullptr && certificate->type == VoteType::finalize) return;
    host.transmit(send);
  }
};

// As leader, one block for one half and another for the other half.
class EquivocatingProposer final : public Adversary {
  void send(Host& host, const Send& send) override {
    const auto* propose = std::get_if<Propose>(&send.message);
    if (propose == nullptr) {
      host.transmit(send);
      return;
    }
    consensus::BlockHeader header = propose->block.header;
    header.time_ms += 1;
    const Propose other = resigned(host, *propose, header);
    const std::uint64_t cut = host.world().random().next();
    to_each(host, [&](ValidatorIndex to) -> std::optional<Message> {
      return ((cut >> to) & 1U) != 0 ? *propose : other;
    });
  }
};

// Every kind of vote for every proposal, each to whom chance picks.
class DoubleVoter final : public Adversary {
  bool receive(Host& host, ValidatorIndex, const Message& message) override {
    const auto* propose = std::get_if<Propose>(&message);
    if (propose == nullptr) return true;
    Proposal fake = propose->proposal;
    fake.block_id.bytes[0] ^= 1U;
    const std::array<Vote, 4> votes = {host.sign(VoteType::notarize, propose->proposal),
                                       host.sign(VoteType::nullify, propose->proposal),
                                       host.sign(VoteType::finalize, propose->proposal),
                                       host.sign(VoteType::notarize, fake)};
    for (const Vote& vote : votes) {
      to_each(host, [&](ValidatorIndex) -> std::optional<Message> {
        if (host.world().random().chance(400)) return std::nullopt;
        return vote;
      });
    }
    return true;
  }
};

// Names batches whose bodies only some get.
class BodyWithholder final : public Adversary {
  bool shares_batch(Host& host, Person to) override {
    const std::size_t few = host.facts().membership.f() + 1;
    return (to + host.world().plan().seed) % host.facts().set.size() < few &&
           host.world().random().chance(500);
  }
};

// Everything that was ever said may be said again, to anybody, at any time.
class StaleReplayer final : public Adversary {
  bool receive(Host& host, ValidatorIndex, const Message& message) override {
    Random& random = host.world().random();
    if (heard_.size() < 400) {
      heard_.push_back(message);
    } else if (random.chance(100)) {
      heard_[random.below(heard_.size())] = message;
    }
    if (random.chance(300)) {
      const auto to = static_cast<ValidatorIndex>(random.below(host.facts().set.size()));
      if (to != host.index()) host.transmit({to, heard_[random.below(heard_.size())]});
    }
    return true;
  }
  std::vector<Message> heard_;
};

// As leader, names a head that is false, of the future, or of another chain.
class CheckpointLiar final : public Adversary {
  void send(Host& host, const Send& send) override {
    const auto* propose = std::get_if<Propose>(&send.message);
    if (propose == nullptr) {
      host.transmit(send);
      return;
    }
    consensus::BlockHeader header = propose->block.header;
    switch (host.world().random().below(4)) {
      case 0:
        header.checkpoint.log_root.bytes[3] ^= 1U;
        break;
      case 1:
        header.checkpoint.height = header.height + 5;
        break;
      case 2:
        header.checkpoint = {header.height / 2, 1000, header.parent};
        break;
      default:
        header.checkpoint.log_size += 1;
        break;
    }
    host.transmit({send.to, resigned(host, *propose, header)});
  }
};

// As leader, builds on an older parent than the certificates allow, or lies about views.
class ParentForger final : public Adversary {
  void send(Host& host, const Send& send) override {
    const auto* propose = std::get_if<Propose>(&send.message);
    if (propose == nullptr || host.world().random().chance(300)) {
      host.transmit(send);
      return;
    }
    Propose forged = *propose;
    consensus::BlockHeader header = propose->block.header;
    const auto old =
        past_.empty()
            ? past_.end()
            : std::next(past_.begin(),
                        static_cast<std::ptrdiff_t>(host.world().random().below(past_.size())));
    switch (host.world().random().below(3)) {
      case 0:
        header.view += 1;
        break;
      case 1:
        forged.proposal.parent_view = propose->proposal.view / 2;
        break;
      default:
        if (old == past_.end()) break;
        header.parent = old->second.block_id;
        header.height = old->first;
        header.time_ms += 1;
        forged.proposal.parent_view = old->second.view;
        forged.justification.clear();
        break;
    }
    host.transmit({send.to, resigned(host, forged, header)});
  }
  bool receive(Host&, ValidatorIndex, const Message& message) override {
    if (const auto* propose = std::get_if<Propose>(&message)) {
      past_[propose->block.header.height + 1] = propose->proposal;
      if (past_.size() > 8) past_.erase(past_.begin());
    }
    return true;
  }
  std::map<consensus::Height, Proposal> past_;  // height of a child -> its parent
};

// As leader, far in the future, far in the past, or before the parent.
class TimeLiar final : public Adversary {
  void send(Host& host, const Send& send) override {
    const auto* propose = std::get_if<Propose>(&send.message);
    if (propose == nullptr) {
      host.transmit(send);
      return;
    }
    consensus::BlockHeader header = propose->block.header;
    switch (host.world().random().below(3)) {
      case 0:
        header.time_ms = UINT64_MAX;
        break;
      case 1:
        header.time_ms += 1'500;
        break;  // within the drift: allowed
      default:
        header.time_ms -= std::min<std::uint64_t>(header.time_ms, 3'600'000);
        break;
    }
    host.transmit({send.to, resigned(host, *propose, header)});
  }
};

// Certificates that nobody signed, votes in others' names, numbers from nowhere.
class JunkSender final : public Adversary {
  void send(Host& host, const Send& send) override {
    host.transmit(send);
    Random& random = host.world().random();
    if (!random.chance(300)) return;
    Message junk = send.message;
    if (auto* vote = std::get_if<Vote>(&junk)) {
      vote->signer = static_cast<ValidatorIndex>(random.below(host.facts().set.size()));
      if (random.chance(300)) vote->proposal.view += random.next() >> random.below(64);
    } else if (auto* certificate = std::get_if<consensus::Certificate>(&junk)) {
      if (random.chance(500)) certificate->proposal.view = random.next() >> random.below(64);
      if (random.chance(300)) certificate->signers = static_cast<std::uint32_t>(random.next());
      if (random.chance(300)) certificate->type = VoteType::finalize;
      if (certificate->type == VoteType::nullify) {
        certificate->proposal.parent_view = 0;
        certificate->proposal.block_id = {};
      }
    } else if (auto* status = std::get_if<consensus::Status>(&junk)) {
      status->view = status->finalized_height = random.next();
    } else if (auto* propose = std::get_if<Propose>(&junk)) {
      propose->block.header.height = random.next();
    }
    host.transmit({send.to, std::move(junk)});
  }
};

// Says everything to some and nothing to others; whom it favours changes with the view.
class SubsetVoter final : public Adversary {
  void send(Host& host, const Send& send) override {
    const std::uint64_t view = host.replica().info().view;
    if (send.to) {
      host.transmit(send);
      return;
    }
    to_each(host, [&](ValidatorIndex to) -> std::optional<Message> {
      if ((mix(view * 31 + to) & 1U) != 0) return std::nullopt;
      return send.message;
    });
  }
};

class Twin final : public Adversary {};

}  // namespace

std::unique_ptr<Adversary> make_adversary(AdversaryKind kind) {
  switch (kind) {
    case AdversaryKind::none:
      return nullptr;
    case AdversaryKind::silent:
      return std::make_unique<Silent>();
    case AdversaryKind::nullify_only:
      return std::make_unique<NullifyOnly>();
    case AdversaryKind::finalize_withholder:
      return std::make_unique<FinalizeWithholder>();
    case AdversaryKind::equivocating_proposer:
      return std::make_unique<EquivocatingProposer>();
    case AdversaryKind::double_voter:
      return std::make_unique<DoubleVoter>();
    case AdversaryKind::twin:
      return std::make_unique<Twin>();
    case AdversaryKind::body_withholder:
      return std::make_unique<BodyWithholder>();
    case AdversaryKind::stale_replayer:
      return std::make_unique<StaleReplayer>();
    case AdversaryKind::checkpoint_liar:
      return std::make_unique<CheckpointLiar>();
    case AdversaryKind::parent_forger:
      return std::make_unique<ParentForger>();
    case AdversaryKind::time_liar:
      return std::make_unique<TimeLiar>();
    case AdversaryKind::junk_sender:
      return std::make_unique<JunkSender>();
    case AdversaryKind::subset_voter:
      return std::make_unique<SubsetVoter>();
  }
  return nullptr;
}

}  // namespace footproof::simulation
