#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "tests/ledger/ballot_stage.h"
#include "tests/ledger/rules_cases.h"

namespace footproof::testing {

const std::map<R, Case>& envelope_cases() {
  static const std::map<R, Case> cases = {
      {R::malformed,
       [](RulesStage& it) {
         const Bytes whole = it.network.sign(kVerifierUri, it.attestation()).bytes();
         Bytes cut = whole;
         cut.pop_back();
         EXPECT_EQ(it.code_of(it.offer(cut)), "malformed");
         // Well-formed COSE_Sign1 with nothing in it.
         const Bytes empty = from_hex("d28440a04040").value();
         EXPECT_EQ(it.code_of(it.offer(empty)), "malformed");
         EXPECT_EQ(it.code_of(it.offer(whole)), kAccepted);
       }},
      {R::wrong_network,
       [](RulesStage& it) {
         auto draft = it.draft(kVerifierUri, it.attestation());
         draft.chain_id.bytes[0] ^= 1;
         EXPECT_EQ(it.offer_draft(draft), "wrong-network");
         draft.chain_id.bytes[0] ^= 1;
         EXPECT_EQ(it.offer_draft(draft), kAccepted);
       }},
      {R::stale,
       [](RulesStage& it) {
         const Statement first = it.network.sign(kVerifierUri, it.attestation());
         const Statement second = it.network.sign(kVerifierUri, it.attestation());
         it.network.advance(7 * 86400);
         EXPECT_EQ(it.code_of(it.offer(first)), kAccepted);
         it.network.advance(1);
         EXPECT_EQ(it.code_of(it.offer(second)), "stale");
       }},
      {R::from_the_future,
       [](RulesStage& it) {
         auto draft = it.draft(kVerifierUri, it.attestation());
         draft.issued_at += 301;
         EXPECT_EQ(it.offer_draft(draft), "from-the-future");
         draft.issued_at -= 1;
         EXPECT_EQ(it.offer_draft(draft), kAccepted);
         // Nor may a key be compromised from a time that has not come.
         const Instant later{it.network.now().ms + 1};
         EXPECT_EQ(it.by(kVerifierUri, compromised(sign_key().public_key().kid(), later)),
                   "from-the-future");
       }},
      {R::subject_used,
       [](RulesStage& it) {
         auto draft = it.draft(kVerifierUri, it.attestation());
         EXPECT_EQ(it.offer_draft(draft), kAccepted);
         draft.payload = it.attestation();
         EXPECT_EQ(it.offer_draft(draft), "subject-used");
         // Another issuer may use it.
         draft.issuer = kBodyUri;
         draft.payload = it.network.grant("https://third.example", "KOLAS-PCF-003");
         EXPECT_EQ(it.offer_draft(draft), kAccepted);
       }},
  };
  return cases;
}
const std::map<R, Case>& issuer_key_cases() {
  static const std::map<R, Case> cases = {
      {R::unknown_key,
       [](RulesStage& it) {
         const SigningKey stranger = key_from("stranger", Algorithm::es256);
         EXPECT_EQ(it.code_of(it.offer(it.network.sign(kVerifierUri, stranger, it.attestation()))),
                   "unknown-key");
         it.logged(kBodyUri, it.network.add_key(kVerifierUri, stranger, KeyUsage::sign));
         EXPECT_EQ(it.code_of(it.offer(it.network.sign(kVerifierUri, stranger, it.attestation()))),
                   kAccepted);
       }},
      {R::wrong_issuer,
       [](RulesStage& it) {
         EXPECT_EQ(
             it.code_of(it.offer(it.network.sign(kOtherVerifierUri, sign_key(), it.attestation()))),
             "wrong-issuer");
         EXPECT_EQ(it.attest(it.attestation()), kAccepted);
       }},
      {R::wrong_usage,
       [](RulesStage& it) {
         const SigningKey status = party_key(kVerifierUri, KeyUsage::status);
         EXPECT_EQ(it.code_of(it.offer(it.network.sign(kVerifierUri, status, it.attestation()))),
                   "wrong-usage");
         const Digest entry = it.logged(kVerifierUri, it.attestation());
         const auto suspend = it.status(entry, StatusAction::suspend);
         EXPECT_EQ(it.code_of(it.offer(it.network.sign(kVerifierUri, sign_key(), suspend))),
                   "wrong-usage");
         EXPECT_EQ(
             it.code_of(it.offer(it.network.sign(kBodyUri, party_key(kBodyUri, KeyUsage::status),
                                                 it.network.grant(kVerifierUri, "KOLAS-PCF-002")))),
             "wrong-usage");
         EXPECT_EQ(it.by(kVerifierUri, suspend), kAccepted);
       }},
      {R::wrong_algorithm,
       [](RulesStage& it) {
         Bytes bytes = it.network.sign(kVerifierUri, it.attestation()).bytes();
         const Bytes real = bytes;
         const Bytes es256 = from_hex("0126").value();  // the first member: alg (1) = −7
         const auto alg = std::search(bytes.begin(), bytes.end(), es256.begin(), es256.end());
         ASSERT_NE(alg, bytes.end());
         *(alg + 1) = 0x27;  // −8
         ASSERT_EQ(parse_statement(bytes).value().algorithm(), Algorithm::eddsa);
         EXPECT_EQ(it.code_of(it.offer(bytes)), "wrong-algorithm");
         EXPECT_EQ(it.code_of(it.offer(real)), kAccepted);
       }},
      {R::key_rotated,
       [](RulesStage& it) {
         const SigningKey fresh = key_from("fresh", Algorithm::eddsa);
         it.logged(kVerifierUri,
                   rotation(it, sign_key().public_key().kid(), fresh, KeyUsage::sign));
         EXPECT_EQ(it.attest(it.attestation()), "key-rotated");
         EXPECT_EQ(it.code_of(it.offer(it.network.sign(kVerifierUri, fresh, it.attestation()))),
                   kAccepted);
       }},
      {R::key_compromised,
       [](RulesStage& it) {
         const SigningKey spare = key_from("spare", Algorithm::eddsa);
         it.logged(kVerifierUri, it.network.add_key(kVerifierUri, spare, KeyUsage::sign));
         it.logged(kVerifierUri, compromised(sign_key().public_key().kid(), it.network.now()));
         EXPECT_EQ(it.attest(it.attestation()), "key-compromised");
         EXPECT_EQ(it.code_of(it.offer(it.network.sign(kVerifierUri, spare, it.attestation()))),
                   kAccepted);
         // A compromised status key reports nothing more, either.
         const SigningKey status = party_key(kVerifierUri, KeyUsage::status);
         it.logged(kVerifierUri, compromised(status.public_key().kid(), it.network.now()));
         EXPECT_EQ(it.by(kVerifierUri, compromised(spare.public_key().kid(), it.network.now())),
                   "key-compromised");
       }},
      {R::bad_signature,
       [](RulesStage& it) {
         const Bytes real = it.network.sign(kVerifierUri, it.attestation()).bytes();
         Bytes junk = real;
         junk[junk.size() - 5] ^= 0x10;
         EXPECT_EQ(it.code_of(it.offer(junk)), "bad-signature");
         EXPECT_EQ(it.code_of(it.offer(real)), kAccepted);
       }},
      {R::party_removed,
       [](RulesStage& it) {
         const auto grant = [&](std::string_view id) {
           return it.network.grant("https://third.example", id, {});
         };
         EXPECT_EQ(it.by(kOtherBodyUri, grant("KAB-002")), kAccepted);
         decide(it, RemoveParty{std::string(kOtherBodyUri)});
         EXPECT_EQ(it.by(kOtherBodyUri, grant("KAB-003")), "party-removed");
         // In every capacity: as the registrar of the verifier that it made, too.
         EXPECT_EQ(it.by(kOtherBodyUri,
                         it.network.add_key("https://third.example",
                                            key_from("third", Algorithm::es256), KeyUsage::sign)),
                   "party-removed");
         EXPECT_EQ(it.by(kBodyUri, grant("KOLAS-PCF-003")), kAccepted);
       }},
  };
  return cases;
}

}  // namespace footproof::testing
