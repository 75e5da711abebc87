#include "attest/attested.h"

#include <gtest/gtest.h>

#include "attest/statement.h"

namespace footproof {
namespace {

Statement sign(const Payload& payload, const SigningKey& key) {
  StatementDraft draft;
  draft.issuer = "https://verifier.example";
  draft.subject = "urn:uuid:00000000-0000-4000-8000-000000000001";
  draft.chain_id = sha256(as_bytes("chain"));
  draft.issued_at = 1'795'000'000;
  draft.payload = payload;
  auto statement = sign_statement(draft, key);
  EXPECT_TRUE(statement) << statement.error().detail;
  return std::move(*statement);
}

Attestation attestation() {
  Attestation a;
  a.root = sha256(as_bytes("root"));
  a.accreditation = {"https://body.example", "A-1"};
  a.scope = "steel.cbam";
  a.scheme = {"cbam", "2025-2546"};
  a.standards = {"iso14067-2018"};
  a.assurance = Assurance::limited;
  a.issued_on = *Date::parse("2026-11-01");
  a.valid_from = a.issued_on;
  a.valid_until = *Date::parse("2027-10-31");
  return a;
}

class AttestedTest : public testing::Test {
 protected:
  AttestedTest() {
    attested_.statement = sign(attestation(), key_).bytes();
    attested_.tree_root = sha256(as_bytes("tree"));
    attested_.nodes = {"http://127.0.0.1:8101"};
  }
  const SigningKey key_ = SigningKey::generate(Algorithm::es256);
  Attested attested_;
};

TEST_F(AttestedTest, WhatParsesEncodesBackToTheSameBytes) {
  const Bytes bytes = encode_attested(attested_);
  const auto parsed = parse_attested(bytes);
  ASSERT_TRUE(parsed) << parsed.error().detail;
  EXPECT_EQ(*parsed, attested_);
  EXPECT_EQ(encode_attested(*parsed), bytes);
}

TEST_F(AttestedTest, ReceiptIsKeptAndMustBeOfTheSameStatement) {
  Receipt receipt;
  receipt.statement = attested_.statement;
  receipt.checkpoint = "text";
  receipt.last_record.record = {1};
  attested_.receipt = receipt;
  const Bytes bytes = encode_attested(attested_);
  const auto parsed = parse_attested(bytes);
  ASSERT_TRUE(parsed) << parsed.error().detail;
  EXPECT_EQ(*parsed, attested_);

  Attestation other = attestation();
  other.scope = "battery.cfb";
  attested_.receipt->statement = sign(other, key_).bytes();
  EXPECT_EQ(parse_attested(encode_attested(attested_)).error().code, Errc::mismatch);
}

TEST_F(AttestedTest, RefusesAStatementThatIsNoAttestation) {
  StatusChange change;
  change.effective = *Date::parse("2026-11-01");
  attested_.statement = sign(change, key_).bytes();
  EXPECT_FALSE(parse_attested(encode_attested(attested_)));
}

// Made once; a change of these bytes is a change of the format.
TEST_F(AttestedTest, GoldenBytes) {
  const auto key = SigningKey::from_ed25519_seed(Bytes(32, 7));
  Attested attested;
  attested.statement = sign(attestation(), *key).bytes();
  attested.tree_root = sha256(as_bytes("tree"));
  attested.position = 1;
  attested.subject_path = {sha256(as_bytes("sibling"))};
  attested.nodes = {"http://127.0.0.1:8101", "https://node.example"};
  const Bytes bytes = encode_attested(attested);
  EXPECT_EQ(to_hex(ByteView(bytes).first(28)),
            "8775666f6f7470726f6f662f61747465737465642f76315901dad284");
  EXPECT_EQ(sha256(bytes).hex(),
            "6a6288408e9b8038dd28a8ed398680ede0341d8f91f145d4b8eb1fd3b29c0522");
}

TEST_F(AttestedTest, EveryCutIsRefused) {
  const Bytes bytes = encode_attested(attested_);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(parse_attested(ByteView(bytes).first(size))) << size;
  }
  Bytes longer = bytes;
  longer.push_back(0);
  EXPECT_FALSE(parse_attested(longer));
}

}  // namespace
}  // namespace footproof
