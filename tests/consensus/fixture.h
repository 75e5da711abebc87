// A network of n validators for tests of consensus/: keys that cost nothing, certificates on
// demand, and one replica that is driven by hand.
#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "consensus/record.h"
#include "consensus/replica.h"

namespace footproof::consensus {

// The signature is a hash of key and message: nobody cheats in these tests.
class HashVerifier final : public Verifier {
 public:
  static Signature make(const VoteKey& key, ByteView message) {
    const Digest digest = sha256({key.bytes, message});
    Signature signature{};
    std::copy(digest.bytes.begin(), digest.bytes.end(), signature.begin());
    return signature;
  }
  bool verify(const VoteKey& key, ByteView message, const Signature& signature) const override {
    ++calls;
    return make(key, message) == signature;
  }
  mutable std::size_t calls = 0;
};

class HashSigner final : public Signer {
 public:
  explicit HashSigner(const VoteKey& key) : key_(key) {}
  Signature sign(ByteView message) override { return HashVerifier::make(key_, message); }

 private:
  VoteKey key_;
};

inline Digest digest_of(std::uint8_t value) {
  Digest digest;
  digest.bytes.fill(value);
  return digest;
}

struct Network {
  explicit Network(std::size_t n = 4)
      : membership(*Membership::make(digest_of(0xc1), 0, members(n), digest_of(0x3e))) {
    const Block genesis = genesis_block(digest_of(0xc1), 1'000, digest_of(0x3e));
    root = {block_id(genesis.header), 0, 1'000, {0, 1, digest_of(0x01)}};
  }

  static std::vector<Member> members(std::size_t n) {
    std::vector<Member> list;
    for (std::size_t i = 0; i < n; ++i) {
      VoteKey key;
      key.bytes.fill(static_cast<std::uint8_t>(i + 1));
      list.push_back({std::string(1, static_cast<char>('a' + i)), key});
    }
    return list;
  }

  Vote vote(VoteType type, Proposal proposal, ValidatorIndex signer) const {
    if (type == VoteType::nullify) proposal = {proposal.epoch, proposal.view, 0, {}};
    Vote made{type, proposal, signer, {}};
    made.signature = HashVerifier::make(membership.members()[signer].key,
                                        sign_bytes(membership.chain_id(), type, proposal));
    return made;
  }

  Certificate certificate(VoteType type, const Proposal& proposal) const {
    Certificate made{type, vote(type, proposal, 0).proposal, 0, {}};
    for (std::size_t i = 0; i < membership.q(); ++i) {
      made.signers |= 1U << i;
      made.signatures.push_back(vote(type, proposal, static_cast<ValidatorIndex>(i)).signature);
    }
    return made;
  }

  // An empty block for `view` on the given parent.
  Block block(View view, const Digest& parent, Height height) const {
    Block made;
    made.header.chain_id = membership.chain_id();
    made.header.epoch = membership.epoch();
    made.header.view = view;
    made.header.height = height;
    made.header.parent = parent;
    made.header.time_ms = 1'000 + height;
    made.header.proposer = membership.leader(view);
    made.header.batch_root = batch_root({});
    made.header.checkpoint = root.checkpoint;
    made.header.members_hash = membership.members_hash();
    return made;
  }

  Propose propose(const Block& block, View parent_view,
                  std::vector<Certificate> justification = {}) const {
    const View view = block.header.view;
    const Proposal proposal{membership.epoch(), view, parent_view, block_id(block.header)};
    return {proposal, block, vote(VoteType::notarize, proposal, membership.leader(view)).signature,
            std::move(justification)};
  }

  Membership membership;
  EpochRoot root;
  HashVerifier verifier;
};

// One replica and all that it did.
struct Driven {
  Driven(const Network& network, ValidatorIndex self, const Recovery& recovery = {},
         Parameters parameters = unguarded())
      : signer(network.membership.members()[self].key) {
    auto made = Replica::make(parameters, network.membership, network.root, self, &signer,
                              network.verifier, recovery);
    EXPECT_TRUE(made.has_value()) << (made ? "" : made.error().detail);
    if (made) replica = std::move(*made);
  }

  // Votes at once, and takes the certificates that tests make in its name (own_key_test.cc is about
  // the guard).
  static Parameters unguarded() {
    Parameters parameters;
    parameters.guard_own_key = false;
    parameters.listen_first = false;
    return parameters;
  }

  // Everything that was persisted is durable at once unless `hold` is set.
  void step(const decltype(Event::what)& what) {
    std::uint64_t lsn = 0;
    for (Effect& effect : replica->step({now, what})) {
      if (auto* persist = std::get_if<Persist>(&effect)) {
        lsn = persist->lsn;
        records.push_back(persist->record);
      } else if (auto* send = std::get_if<Send>(&effect)) {
        sent.push_back(*send);
      } else if (auto* deliver = std::get_if<Deliver>(&effect)) {
        delivered.push_back(*deliver);
      } else if (auto* end = std::get_if<EpochEnded>(&effect)) {
        ended.push_back(*end);
      } else if (auto* serve = std::get_if<ServeEpochEnd>(&effect)) {
        ends_to_serve.push_back(*serve);
      } else if (auto* chain = std::get_if<ServeChain>(&effect)) {
        chains_to_serve.push_back(*chain);
      } else if (auto* alarm = std::get_if<Alarm>(&effect)) {
        alarms.push_back(*alarm);
      }
    }
    if (lsn > 0 && !hold) step(Durable{lsn});
  }
  void receive(ValidatorIndex from, const Message& message) { step(Received{from, message}); }
  void start() { step(Started{}); }

  // Own votes of that view that were sent to everybody.
  std::vector<VoteType> voted(View view, ValidatorIndex self) const {
    std::vector<VoteType> types;
    for (const Send& send : sent) {
      const auto* vote = std::get_if<Vote>(&send.message);
      if (vote != nullptr && vote->proposal.view == view && vote->signer == self) {
        types.push_back(vote->type);
      }
    }
    return types;
  }
  template <class T>
  std::size_t count_sent() const {
    std::size_t count = 0;
    for (const Send& send : sent) count += std::holds_alternative<T>(send.message) ? 1U : 0U;
    return count;
  }

  HashSigner signer;
  std::unique_ptr<Replica> replica;
  Now now{1'000'000, 1'000};
  bool hold = false;
  std::vector<Bytes> records;
  std::vector<Send> sent;
  std::vector<Deliver> delivered;
  std::vector<EpochEnded> ended;
  std::vector<ServeEpochEnd> ends_to_serve;
  std::vector<ServeChain> chains_to_serve;
  std::vector<Alarm> alarms;
};

}  // namespace footproof::consensus
