#include "consensus/messages.h"

#include "consensus/record.h"
#include "tests/consensus/fixture.h"

namespace footproof::consensus {
namespace {

Block sample_block() {
  const Network network;
  Block block = network.block(3, digest_of(0x77), 5);
  block.batch_refs = {{digest_of(0x10), 3, 400}, {digest_of(0x20), 1, 99}};
  block.header.batch_count = 2;
  block.header.batch_root = batch_root(block.batch_refs);
  return block;
}

Evidence evidence_of(View view, ValidatorIndex signer) {
  const Network network;
  const Proposal one{0, view, 1, digest_of(0x44)};
  const Proposal other{0, view, 1, digest_of(0x45)};
  return {network.vote(VoteType::notarize, one, signer),
          network.vote(VoteType::notarize, other, signer)};
}

Block block_with(std::vector<Evidence> evidence) {
  Block block = sample_block();
  block.evidence = std::move(evidence);
  block.header.evidence_root = evidence_root(block.evidence);
  return block;
}

Block sample_boundary() {
  Block block = sample_block();
  block.header.boundary = 1;
  block.next_members = Bytes(8, 1);
  block.header.next_members_hash = next_members_hash(block.next_members);
  return block;
}

std::vector<Message> samples() {
  const Network network;
  const Proposal proposal{0, 3, 1, digest_of(0x44)};
  const Certificate notarization = network.certificate(VoteType::notarize, proposal);
  const Certificate nullification = network.certificate(VoteType::nullify, {0, 2, 0, {}});
  const Certificate finalization = network.certificate(VoteType::finalize, proposal);
  return {Propose{proposal, sample_block(), {}, {notarization, nullification}},
          network.vote(VoteType::notarize, proposal, 2),
          network.vote(VoteType::nullify, proposal, 1),
          notarization,
          nullification,
          GetCert{0, {{7, Wanted::any}, {6, Wanted::nullification}}},
          GetBlock{{digest_of(1), digest_of(2)}},
          BlockAnswer{sample_block()},
          BlockAnswer{block_with({evidence_of(3, 1), evidence_of(3, 2)})},
          GetChain{2, 17, 64},
          Chain{{sample_block(), sample_block()}, finalization},
          Status{0, 9, 8, finalization, std::nullopt},
          Status{0, 9, 8, std::nullopt, nullification},
          Evidence{network.vote(VoteType::nullify, proposal, 1),
                   network.vote(VoteType::finalize, proposal, 1)},
          EndOfEpoch{sample_boundary(), finalization}};
}

TEST(Messages, RoundTrip) {
  for (const Message& message : samples()) {
    const Bytes bytes = encode(message);
    const auto parsed = parse_message(bytes);
    ASSERT_TRUE(parsed) << name(message) << ": " << parsed.error().detail;
    EXPECT_EQ(*parsed, message) << name(message);
    EXPECT_EQ(encode(*parsed), bytes) << name(message);
  }
}

TEST(Messages, EvidenceInABlockHasOneSpelling) {
  const Block good = block_with({evidence_of(3, 1), evidence_of(3, 2), evidence_of(4, 0)});
  const auto parsed = parse_block(encode_block(good));
  ASSERT_TRUE(parsed) << parsed.error().detail;
  EXPECT_EQ(*parsed, good);
  EXPECT_FALSE(parse_block(encode_block(block_with({evidence_of(4, 0), evidence_of(3, 1)}))));
  EXPECT_FALSE(parse_block(encode_block(block_with({evidence_of(3, 1), evidence_of(3, 1)}))));
  // A root without a list, a list without a root, one too many.
  Block rootless = good;
  rootless.header.evidence_root = {};
  const auto without = parse_block(encode_block(rootless));
  ASSERT_TRUE(without);
  EXPECT_TRUE(without->evidence.empty());
  Block empty = sample_block();
  empty.header.evidence_root = good.header.evidence_root;
  EXPECT_FALSE(parse_block(encode_block(empty)));
  std::vector<Evidence> many;
  for (View view = 1; view <= kBlockEvidenceMax + 1; ++view) many.push_back(evidence_of(view, 1));
  EXPECT_FALSE(parse_block(encode_block(block_with(many))));
  many.pop_back();
  EXPECT_TRUE(parse_block(encode_block(block_with(many))));
  EXPECT_TRUE(evidence_root({}).is_zero());
}

TEST(Messages, EveryShorterOrLongerSpellingIsRefused) {
  for (const Message& message : samples()) {
    Bytes bytes = encode(message);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_FALSE(parse_message(ByteView(bytes).first(size)))
          << name(message) << " cut at " << size;
    }
    bytes.push_back(0);
    EXPECT_FALSE(parse_message(bytes)) << name(message);
  }
}

// A flipped bit is either refused or another message; never the same one, and never a crash.
TEST(Messages, NoTwoSpellings) {
  for (const Message& message : samples()) {
    const Bytes bytes = encode(message);
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
      Bytes flipped = bytes;
      flipped[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
      const auto parsed = parse_message(flipped);
      if (!parsed) continue;
      EXPECT_NE(*parsed, message) << name(message) << " bit " << bit;
      EXPECT_EQ(encode(*parsed), flipped) << name(message) << " bit " << bit;
    }
  }
}

TEST(Messages, RefusesCountsAboveTheirLimits) {
  GetCert many{0, std::vector<CertQuery>(kCertQueriesMax + 1, CertQuery{1, Wanted::any})};
  EXPECT_FALSE(parse_message(encode(many)));
  GetBlock blocks{std::vector<Digest>(kBlockQueriesMax + 1)};
  EXPECT_FALSE(parse_message(encode(blocks)));
  Block block = sample_block();
  block.batch_refs.assign(kBatchRefsMax + 1, {digest_of(1), 1, 1});
  EXPECT_FALSE(parse_block(encode_block(block)));
  block.batch_refs.assign(kBlockPayloadBytesMax / kBatchBytesMax + 1,
                          {digest_of(1), 1, kBatchBytesMax});
  EXPECT_FALSE(parse_block(encode_block(block)));
  block.batch_refs = {{digest_of(1), 0, 1}};
  EXPECT_FALSE(parse_block(encode_block(block)));
  // A count that only claims: nothing is allocated for it.
  ByteWriter liar;
  liar.u8(8).u32(0xffffffff);
  EXPECT_FALSE(parse_message(liar.bytes()));
}

TEST(Messages, NullifyNamesNoBlock) {
  const Network network;
  Vote vote = network.vote(VoteType::nullify, {0, 4, 0, {}}, 1);
  vote.proposal.parent_view = 1;
  EXPECT_FALSE(parse_message(encode(vote)));
  vote.proposal = {0, 4, 0, digest_of(1)};
  EXPECT_FALSE(parse_message(encode(vote)));
}

// An end of an epoch is a boundary block with a finalization of its epoch.
TEST(Messages, AnEndOfEpochIsNothingElse) {
  const Network network;
  const Certificate finalization =
      network.certificate(VoteType::finalize, {0, 3, 1, digest_of(0x44)});
  EXPECT_TRUE(parse_message(encode(EndOfEpoch{sample_boundary(), finalization})));
  EXPECT_FALSE(parse_message(encode(EndOfEpoch{sample_block(), finalization})));
  Certificate other = finalization;
  other.type = VoteType::notarize;
  EXPECT_FALSE(parse_message(encode(EndOfEpoch{sample_boundary(), other})));
  other = finalization;
  other.proposal.epoch = 1;
  EXPECT_FALSE(parse_message(encode(EndOfEpoch{sample_boundary(), other})));
}

TEST(Messages, EveryMessageButGetBlockNamesItsEpoch) {
  for (const Message& message : samples()) {
    const bool named = !std::holds_alternative<GetBlock>(message);
    EXPECT_EQ(epoch_of(message).has_value(), named) << name(message);
  }
  EXPECT_EQ(epoch_of(GetChain{2, 17, 64}), 2U);
  Block block = sample_block();
  block.header.epoch = 5;
  EXPECT_EQ(epoch_of(BlockAnswer{block}), 5U);
}

TEST(Messages, SignedBytesOfDifferentKindsNeverMeet) {
  const Proposal proposal{0, 3, 1, digest_of(0x44)};
  const Digest chain = digest_of(0xc1);
  const Bytes notarize = sign_bytes(chain, VoteType::notarize, proposal);
  const Bytes nullify = sign_bytes(chain, VoteType::nullify, proposal);
  const Bytes finalize = sign_bytes(chain, VoteType::finalize, proposal);
  EXPECT_NE(notarize, finalize);
  EXPECT_NE(notarize, nullify);
  // NULLIFY says nothing of parent or block.
  EXPECT_EQ(nullify, sign_bytes(chain, VoteType::nullify, {0, 3, 2, digest_of(9)}));
  EXPECT_NE(notarize, sign_bytes(digest_of(0xc2), VoteType::notarize, proposal));
  EXPECT_NE(notarize, sign_bytes(chain, VoteType::notarize, {1, 3, 1, digest_of(0x44)}));
}

// These bytes are on disks and in other nodes. They change with a version, or not at all.
TEST(Messages, GoldenBytes) {
  const Proposal proposal{0, 3, 1, digest_of(0x44)};
  EXPECT_EQ(to_hex(sign_bytes(digest_of(0xc1), VoteType::nullify, proposal)),
            to_hex(as_bytes("footproof/consensus/nullify/v1")) + "00" +
                std::string(digest_of(0xc1).hex()) + "0000000000000000" + "0000000000000003");
  EXPECT_EQ(to_hex(sign_bytes(digest_of(0xc1), VoteType::notarize, proposal)),
            to_hex(as_bytes("footproof/consensus/notarize/v1")) + "00" +
                std::string(digest_of(0xc1).hex()) + "0000000000000000" + "0000000000000003" +
                "0000000000000001" + digest_of(0x44).hex());
  EXPECT_EQ(encode_header(sample_block().header).size(), 278U);
  std::vector<std::string> hashes;
  for (const Message& message : samples())
    hashes.push_back(sha256(encode(message)).hex().substr(0, 16));
  const std::vector<std::string> golden = {
      "85c000a5ebf235ec", "9972219a6bcbe557", "8b5854632169ad25", "336e8e60b9e45431",
      "127f21fa7c95e00f", "90e5b459422e656d", "0290af6be1016107", "fb3bf38a956aa2d5",
      "6d1cf7618e9acc2d", "5d37d3c3cc36f61e", "4e9cc74abc04478e", "cc0e2f528bf7bfd0",
      "310e9dc9800da45d", "a59cbd7517f3cdb1", "c09c8a2d91986ae3"};
  EXPECT_EQ(hashes, golden);
  EXPECT_EQ(block_id(sample_block().header).hex(),
            "6872e25c8b748863b8f71387b24133ee408e90567149f64745e08d88a3529649");
  EXPECT_EQ(batch_root({}).hex(),
            "5beb605323f2baeb7f84fe3d231e37dda4cbae820b3cfdd5e8ebab3691073327");
  EXPECT_EQ(batch_digest(as_bytes("batch")).hex(),
            "a844d62bd8c6635ac7c7b3a143bfa7062e257b33105c4ae7f94112eeea8afd15");
}

TEST(Records, RoundTripAndRefuse) {
  const Network network;
  const Proposal proposal{0, 3, 1, digest_of(0x44)};
  const std::vector<Record> records = {network.vote(VoteType::finalize, proposal, 2),
                                       sample_block(),
                                       network.certificate(VoteType::nullify, proposal),
                                       Evidence{network.vote(VoteType::nullify, proposal, 1),
                                                network.vote(VoteType::finalize, proposal, 1)}};
  for (const Record& record : records) {
    Bytes bytes = encode_record(record);
    const auto parsed = parse_record(bytes);
    ASSERT_TRUE(parsed) << parsed.error().detail;
    EXPECT_EQ(*parsed, record);
    ASSERT_TRUE(record_epoch(bytes));
    EXPECT_EQ(*record_epoch(bytes), 0U);
    bytes.push_back(1);
    EXPECT_FALSE(parse_record(bytes));
    bytes.resize(bytes.size() - 2);
    EXPECT_FALSE(parse_record(bytes));
  }
  EXPECT_FALSE(parse_record(Bytes{}));
  EXPECT_FALSE(record_epoch(Bytes{}));
  Block later = sample_block();
  later.header.epoch = 7;
  EXPECT_EQ(*record_epoch(encode_record(later)), 7U);
  EXPECT_EQ(*record_epoch(encode_record(network.vote(VoteType::nullify, {3, 3, 0, {}}, 0))), 3U);
  EXPECT_FALSE(parse_record(Bytes{9, 0, 0}));
}

}  // namespace
}  // namespace footproof::consensus
