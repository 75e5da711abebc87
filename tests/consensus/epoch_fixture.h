// A replica that is driven to the last block but one of its epoch, and the network of the next.
#pragma once

#include "tests/consensus/fixture.h"

namespace footproof::consensus {

inline NextSet next_set(std::size_t n, std::uint8_t mark = 1) {
  return {Bytes(8, mark), Network::members(n)};
}

// Every height is executed to one more record. The set is in the state from height `kSetAt` on.
class EpochEndDriven : public ::testing::Test {
 protected:
  static constexpr Height kSetAt = 2;
  static constexpr Height kFixedAt = kSetAt + 8;  // first block that may name that state
  static constexpr Height kBoundaryAt = kFixedAt + 8;

  EpochEndDriven() {
    driven.start();
    for (Height height = 1; height < kBoundaryAt; ++height) {
      finalize(next_block(height), height);
    }
  }
  static Checkpoint head(Height height) {
    return {height, 1 + height, digest_of(static_cast<std::uint8_t>(height))};
  }
  // The block of this height in the view of the same number, chain-valid but for the boundary.
  Block next_block(Height height) const {
    Block block = network.block(height, parent, height);
    if (height >= kFixedAt) block.header.checkpoint = head(kSetAt);
    return block;
  }
  Block boundary_block() const {
    Block block = next_block(kBoundaryAt);
    block.header.boundary = 1;
    block.next_members = set.record;
    block.header.next_members_hash = next_members_hash(set.record);
    return block;
  }
  void finalize(const Block& block, Height height) {
    const Proposal proposal{0, block.header.view, block.header.view - 1, block_id(block.header)};
    driven.receive(other(), network.propose(block, block.header.view - 1));
    driven.receive(other(), network.certificate(VoteType::finalize, proposal));
    ASSERT_EQ(driven.replica->info().delivered_height, height);
    Executed executed{head(height)};
    if (height >= kSetAt) executed.next = set;
    driven.step(executed);
    parent = proposal.block_id;
  }
  // How this replica votes on a block in the view after the last.
  std::vector<VoteType> vote_on(const Block& block) {
    driven.receive(other(), network.propose(block, block.header.view - 1));
    return driven.voted(block.header.view, self);
  }
  ValidatorIndex other() const { return self == 0 ? 1 : 0; }
  // The proposal of a block that is a boundary already, in a later view.
  Propose again(const Block& block, View view, View parent_view) const {
    const Proposal proposal{0, view, parent_view, block_id(block.header)};
    return {proposal,
            block,
            network.vote(VoteType::notarize, proposal, network.membership.leader(view)).signature,
            {network.certificate(VoteType::notarize,
                                 {0, parent_view, parent_view - 1, proposal.block_id})}};
  }
  // Leads neither the view of the boundary block nor the two after it.
  ValidatorIndex pick() const { return network.membership.leader(kBoundaryAt + 3); }

  const std::vector<VoteType> kNotarize{VoteType::notarize};
  const std::vector<VoteType> kNullify{VoteType::nullify};
  Network network;
  NextSet set = next_set(5);
  ValidatorIndex self = pick();
  Driven driven{network, self};
  Digest parent = network.root.block_id;
};

// The network of the epoch that such a boundary block begins.
inline Network next_network(const Network& before, const Block& boundary, std::size_t n,
                            const Checkpoint& head) {
  Network next(n);
  next.membership =
      *Membership::make(before.membership.chain_id(), before.membership.epoch() + 1,
                        Network::members(n), next_members_hash(boundary.next_members));
  next.root = {block_id(boundary.header), boundary.header.height, boundary.header.time_ms, head};
  return next;
}

}  // namespace footproof::consensus
