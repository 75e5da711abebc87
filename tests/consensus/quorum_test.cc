#include "consensus/quorum.h"

#include "tests/consensus/fixture.h"

namespace footproof::consensus {
namespace {

// docs/formats.md §1: q = n - f, f = (n-1)/3.
TEST(Quorum, Table) {
  struct Row {
    std::size_t n, f, q;
  };
  for (const Row row : {Row{4, 1, 3}, Row{5, 1, 4}, Row{6, 1, 5}, Row{7, 2, 5}, Row{8, 2, 6},
                        Row{9, 2, 7}, Row{10, 3, 7}, Row{13, 4, 9}, Row{31, 10, 21}}) {
    EXPECT_EQ(faulty_max(row.n), row.f) << row.n;
    EXPECT_EQ(quorum(row.n), row.q) << row.n;
  }
}

TEST(Quorum, AnyTwoShareAnHonestValidator) {
  for (std::size_t n = kValidatorsMin; n <= kValidatorsMax; ++n) {
    EXPECT_GE(2 * quorum(n), n + faulty_max(n) + 1) << n;
    EXPECT_LE(quorum(n), n - faulty_max(n)) << n;  // the honest ones suffice
  }
}

TEST(Membership, RefusesBadLists) {
  const auto make = [](std::vector<Member> members) {
    return Membership::make(digest_of(1), 0, std::move(members), digest_of(2)).has_value();
  };
  EXPECT_FALSE(make(Network::members(3)));
  EXPECT_TRUE(make(Network::members(4)));
  EXPECT_TRUE(make(Network::members(31)));
  EXPECT_FALSE(make(Network::members(32)));
  auto same_id = Network::members(4);
  same_id[2].id = same_id[0].id;
  EXPECT_FALSE(make(same_id));
  auto same_key = Network::members(4);
  same_key[2].key = same_key[0].key;
  EXPECT_FALSE(make(same_key));
}

TEST(Membership, IsSortedByIdAndLeadersTakeTurns) {
  auto members = Network::members(5);
  std::swap(members[0], members[4]);
  const auto membership = Membership::make(digest_of(1), 0, members, digest_of(2));
  ASSERT_TRUE(membership);
  EXPECT_EQ(membership->members()[0].id, "a");
  EXPECT_EQ(membership->index_of("e"), ValidatorIndex{4});
  EXPECT_EQ(membership->index_of("x"), std::nullopt);
  for (View view = 1; view < 20; ++view) {
    EXPECT_EQ(membership->leader(view + 1), (membership->leader(view) + 1) % 5);
  }
  EXPECT_LT(membership->leader(UINT64_MAX), 5);
}

TEST(Certificates, ExactlyQGoodSignaturesOfTheRightEpoch) {
  const Network network(7);
  const Membership& membership = network.membership;
  const Proposal proposal{0, 3, 1, digest_of(0x44)};
  const Certificate good = network.certificate(VoteType::notarize, proposal);
  EXPECT_TRUE(membership.verify(good, network.verifier));

  Certificate bad;
  for (std::size_t i = 0; i < good.signatures.size(); ++i) {  // each of them, the last one, too
    bad = good;
    bad.signatures[i][0] ^= 1U;
    EXPECT_FALSE(membership.verify(bad, network.verifier)) << i;
  }

  bad = good;  // one more than q
  bad.signers |= 1U << 6U;
  bad.signatures.push_back(network.vote(VoteType::notarize, proposal, 6).signature);
  EXPECT_FALSE(membership.verify(bad, network.verifier));

  bad = good;  // one less
  bad.signers &= ~1U;
  bad.signatures.erase(bad.signatures.begin());
  EXPECT_FALSE(membership.verify(bad, network.verifier));

  bad = good;  // a signer that does not exist
  bad.signers = (bad.signers & ~1U) | 1U << 7U;
  EXPECT_FALSE(membership.verify(bad, network.verifier));

  bad = good;  // bitmap and signatures do not fit
  bad.signers = (bad.signers & ~1U) | 1U << 6U;
  EXPECT_FALSE(membership.verify(bad, network.verifier));

  bad = good;  // one signature twice
  bad.signatures[1] = bad.signatures[0];
  EXPECT_FALSE(membership.verify(bad, network.verifier));

  bad = good;
  bad.type = VoteType::finalize;
  EXPECT_FALSE(membership.verify(bad, network.verifier));

  EXPECT_FALSE(
      membership.verify(network.certificate(VoteType::nullify, {1, 3, 0, {}}), network.verifier));
  EXPECT_FALSE(
      membership.verify(network.certificate(VoteType::nullify, {0, 0, 0, {}}), network.verifier));
}

TEST(Votes, AreJudgedBySignerAndSignatureAlone) {
  const Network network;
  Vote vote = network.vote(VoteType::notarize, {0, 3, 1, digest_of(0x44)}, 2);
  EXPECT_TRUE(network.membership.verify(vote, network.verifier));
  vote.signer = 1;
  EXPECT_FALSE(network.membership.verify(vote, network.verifier));
  vote.signer = 30;
  EXPECT_FALSE(network.membership.verify(vote, network.verifier));
}

// README.md §11, (a) to (d); and what is no offence.
TEST(Offences, Table) {
  const Network network;
  const Proposal p{0, 3, 1, digest_of(0x44)};
  const Proposal other{0, 3, 2, digest_of(0x44)};
  const Vote notarize = network.vote(VoteType::notarize, p, 1);
  const Vote nullify = network.vote(VoteType::nullify, p, 1);
  const Vote finalize = network.vote(VoteType::finalize, p, 1);
  EXPECT_TRUE(is_offence(notarize, network.vote(VoteType::notarize, other, 1)));
  EXPECT_TRUE(is_offence(nullify, finalize));
  EXPECT_TRUE(is_offence(finalize, nullify));
  EXPECT_TRUE(is_offence(finalize, network.vote(VoteType::finalize, other, 1)));
  EXPECT_FALSE(is_offence(notarize, nullify));
  EXPECT_FALSE(is_offence(notarize, finalize));
  EXPECT_FALSE(is_offence(notarize, network.vote(VoteType::finalize, other, 1)));
  EXPECT_FALSE(is_offence(notarize, notarize));
  EXPECT_FALSE(is_offence(nullify, network.vote(VoteType::finalize, p, 2)));
  EXPECT_FALSE(is_offence(nullify, network.vote(VoteType::finalize, {0, 4, 1, {}}, 1)));
  EXPECT_TRUE(network.membership.verify(Evidence{nullify, finalize}, network.verifier));
  Evidence forged{nullify, finalize};
  forged.second.signature[0] ^= 1U;
  EXPECT_FALSE(network.membership.verify(forged, network.verifier));
}

}  // namespace
}  // namespace footproof::consensus
