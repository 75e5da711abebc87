#include "tests/node/chain_maker.h"

#include <algorithm>
#include <utility>

#include "attest/check.h"
#include "ledger/next_set.h"
#include "node/chain_store.h"
#include "node/serve_chain.h"

namespace footproof::node::test {

ChainMaker::ChainMaker(const std::filesystem::path& folder, std::size_t validators,
                       const std::string& network) {
  std::filesystem::create_directories(folder);
  sequencer_ = std::make_unique<testing::Sequencer>(folder, validators, network, this);
}

Digest ChainMaker::genesis_id(ByteView genesis_file) {
  network_ = std::make_unique<Network>(make_network(to_bytes(genesis_file)).value());
  return consensus::block_id(network_->genesis_block.header);
}

const ValidatorsRecord& ChainMaker::set() const {
  const auto epoch = sequencer_->epoch();
  if (!set_ || set_->epoch != epoch) set_ = sequencer_->set_in_force();
  return *set_;
}

consensus::Certificate ChainMaker::certify(const consensus::Block& block) const {
  const auto& header = block.header;
  consensus::Certificate out;
  out.type = consensus::VoteType::finalize;
  out.proposal = {header.epoch, header.view, header.view - 1, consensus::block_id(header)};
  const Bytes message = consensus::sign_bytes(network_->chain_id, out.type, out.proposal);
  const auto& members = set().members;
  for (std::size_t i = 0; i < quorum_of(members.size()); ++i) {
    out.signers |= 1U << i;
    consensus::Signature signature{};
    std::ranges::copy(testing::Sequencer::secret_of(members[i].vote_key).sign(message),
                      signature.begin());
    out.signatures.push_back(signature);
  }
  return out;
}

consensus::Block ChainMaker::make_block(const ledger::Head& before, std::uint64_t time_ms,
                                        const std::vector<HeldBatch>& batches) const {
  consensus::Block block;
  for (const auto& held : batches) block.batch_refs.push_back(held.ref);
  auto& header = block.header;
  header.chain_id = network_->chain_id;
  header.epoch = set().epoch;
  header.height = before.height + 1;
  header.view = header.height;
  header.parent = before.block_id;
  header.time_ms = time_ms;
  header.batch_root = consensus::batch_root(block.batch_refs);
  header.batch_count = static_cast<std::uint32_t>(block.batch_refs.size());
  header.checkpoint = {before.height, before.log_size, before.log_root};
  header.members_hash = members_hash(set().members);
  return block;
}

std::vector<HeldBatch> ChainMaker::cut(const std::vector<Bytes>& statements) {
  constexpr std::size_t kEach = 256;
  std::vector<HeldBatch> out;
  for (std::size_t first = 0; first < statements.size(); first += kEach) {
    const auto begin = statements.begin() + static_cast<std::ptrdiff_t>(first);
    const auto end =
        begin + static_cast<std::ptrdiff_t>(std::min(kEach, statements.size() - first));
    out.push_back(hold_batch(encode_batch({0, 0, ++sequence_, {begin, end}}).value()).value());
  }
  return out;
}

ChainMaker::Ordered ChainMaker::next(const ledger::Head& before, std::uint64_t time_ms,
                                     const std::vector<Bytes>& statements, bool boundary) {
  if (planned_.empty()) {
    Planned first;
    first.batches = cut(statements);
    first.block = make_block(before, time_ms, first.batches);
    if (boundary) {
      const auto decided = ledger::next_validators(*store().snapshot()).value().value();
      first.block.header.boundary = 1;
      first.block.next_members = encode_members(decided.members);
      first.block.header.next_members_hash = consensus::next_members_hash(first.block.next_members);
    }
    first.finalization = certify(first.block);
    planned_.push_back(std::move(first));
    for (auto more = std::exchange(more_, 0); more > 0; --more) finalise_later();
  }
  Planned now = std::move(planned_.front());
  planned_.pop_front();
  Ordered out{consensus::block_id(now.block.header), {}};
  out.blobs.push_back(block_blob(now.block, now.finalization));
  for (const auto& held : now.batches) out.blobs.push_back(batch_blob(held));
  return out;
}

void ChainMaker::begin_stretch(const std::vector<Bytes>& first, std::size_t more) {
  more_ = more;
  add(first);
}

void ChainMaker::go_on() {
  CHECK(!planned_.empty());
  add({});
}

void ChainMaker::finalise_later() {
  const auto& last = planned_.back().block.header;
  ledger::Head after;
  after.height = last.height;
  after.block_id = consensus::block_id(last);
  Planned later;
  later.block = make_block(after, last.time_ms + 1, {});
  later.block.header.checkpoint = last.checkpoint;  // what it could have named
  planned_.push_back(std::move(later));
  const auto finalization = certify(planned_.back().block);
  for (auto& one : planned_) one.finalization = finalization;
}

void ChainMaker::finalise_next() {
  planned_.front().finalization = certify(planned_.front().block);
}

Bytes ChainMaker::attestation() {
  return sequencer_->sign(testing::kVerifierUri, sequencer_->attestation(++attestations_)).bytes();
}

void ChainMaker::grow(std::size_t blocks, std::size_t each) {
  if (attestations_ == 0) sequencer_->admit_verifier();
  for (std::size_t block = 0; block < blocks; ++block) {
    std::vector<Bytes> statements;
    for (std::size_t i = 0; i < each; ++i) statements.push_back(attestation());
    add(statements);
  }
}

Bytes ChainMaker::answer(consensus::Height from) const {
  const auto answer = serve_chain(store(), from);
  CHECK(answer);
  return encode_chain_answer(*answer);
}

}  // namespace footproof::node::test
