#include "attest/statement.h"

#include <gtest/gtest.h>

#include "attest/block_record.h"
#include "attest/identifier.h"
#include "tests/attest/ledger_samples.h"
#include "tests/support/golden.h"

namespace footproof {
namespace {

using namespace samples;  // NOLINT: the samples are what this file is about

constexpr std::string_view kSubject = "urn:uuid:6ba7b810-9dad-41d1-80b4-00c04fd430c8";

StatementDraft draft() {
  return {std::string(kVerifier), std::string(kSubject), filled(0xcc), kTime.seconds(),
          attestation()};
}

TEST(Statement, IsGolden) {
  const auto made = sign_statement(draft(), signing_key(2));
  ASSERT_TRUE(made.has_value()) << made.error().detail;
  EXPECT_EQ(to_hex(made->bytes()), to_hex(testing::golden("statement")));
  EXPECT_EQ(to_hex(made->entry_id().view()), to_hex(testing::golden("statement_id")));
  EXPECT_EQ(to_hex(statement_entry(made->bytes()).view()),
            to_hex(testing::golden("statement_entry")));
  EXPECT_EQ(made->statement_hash(), statement_entry(made->bytes()));
}

TEST(Statement, SaysWhatWasSigned) {
  const auto parsed = parse_statement(testing::golden("statement"));
  ASSERT_TRUE(parsed.has_value()) << parsed.error().detail;
  EXPECT_EQ(parsed->issuer(), kVerifier);
  EXPECT_EQ(parsed->subject(), kSubject);
  EXPECT_EQ(parsed->chain_id(), filled(0xcc));
  EXPECT_EQ(parsed->issued_at(), kTime.seconds());
  EXPECT_EQ(parsed->kid(), public_key(2).kid());
  EXPECT_EQ(parsed->kind(), StatementKind::attestation);
  ASSERT_NE(parsed->as<Attestation>(), nullptr);
  EXPECT_EQ(*parsed->as<Attestation>(), attestation());
  EXPECT_EQ(parsed->as<Ballot>(), nullptr);
  EXPECT_TRUE(parsed->verify(public_key(2)).has_value());
  EXPECT_FALSE(parsed->verify(public_key(3)).has_value());
}

TEST(Statement, EveryKindSignsAndParses) {
  for (const Payload& payload :
       {Payload(full_attestation()), Payload(status_change()), Payload(grant()),
        Payload(key_change(KeyAction::rotate)), Payload(ballot(admission())), Payload(dataset())}) {
    StatementDraft one = draft();
    one.payload = payload;
    one.subject = random_subject();
    for (const Algorithm algorithm : {Algorithm::es256, Algorithm::eddsa}) {
      const SigningKey key = SigningKey::generate(algorithm);
      const auto made = sign_statement(one, key);
      ASSERT_TRUE(made.has_value()) << to_text(kind_of(payload)) << made.error().detail;
      EXPECT_EQ(made->payload(), payload);
      EXPECT_EQ(made->algorithm(), algorithm);
      EXPECT_TRUE(made->verify(key.public_key()).has_value());
    }
  }
}

TEST(Statement, EntryIdIsIndependentOfTheSignature) {
  Bytes bytes = testing::golden("statement");
  bytes.back() ^= 1U;
  const auto forged = parse_statement(bytes);
  ASSERT_TRUE(forged.has_value());  // well-formedness looks at no signature
  EXPECT_EQ(to_hex(forged->entry_id().view()), to_hex(testing::golden("statement_id")));
  EXPECT_NE(to_hex(forged->statement_hash().view()), to_hex(testing::golden("statement_entry")));
  EXPECT_FALSE(forged->verify(public_key(2)).has_value());
}

TEST(Statement, ABadDraftGivesItsErrorAndNoBytes) {
  const auto expect_refused = [](const StatementDraft& bad, std::string_view field) {
    const auto made = sign_statement(bad, signing_key(2));
    ASSERT_FALSE(made.has_value()) << field;
    EXPECT_NE(made.error().detail.find(field), std::string::npos) << made.error().detail;
  };
  StatementDraft bad = draft();
  bad.issuer = "Verifier AG";
  expect_refused(bad, "issuer");
  bad = draft();
  bad.issuer = "https://verifier.example/Ä";
  expect_refused(bad, "issuer");
  for (const std::string subject :
       {"", "urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        "urn:uuid:6BA7B810-9dad-41d1-80b4-00c04fd430c8",
        "urn:uuid:6ba7b810-9dad-41d1-c0b4-00c04fd430c8", "urn:uuid:6ba7b810"}) {
    bad = draft();
    bad.subject = subject;
    const auto made = sign_statement(bad, signing_key(2));
    EXPECT_FALSE(made.has_value()) << subject;
  }
  bad = draft();
  bad.payload = ballot(SetParameter{"", 1});
  expect_refused(bad, "parameter");
}

TEST(Statement, AudienceAndContentTypeAreExact) {
  const Bytes golden = testing::golden("statement");
  const auto expect_refused = [&](std::string_view text, std::string_view by,
                                  std::string_view field) {
    ASSERT_EQ(text.size(), by.size());
    Bytes bytes = golden;
    const auto at = as_text(bytes).find(text);
    ASSERT_NE(at, std::string_view::npos) << text;
    std::copy(by.begin(), by.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
    const auto parsed = parse_statement(bytes);
    ASSERT_FALSE(parsed.has_value()) << by;
    EXPECT_NE(parsed.error().detail.find(field), std::string::npos) << parsed.error().detail;
  };
  expect_refused("urn:footproof:", "urn:footprint:", "audience");
  expect_refused("urn:footproof:cc", "urn:footproof:CC", "audience");
  expect_refused("attestation+cbor", "attestatioN+cbor", "content type");
  expect_refused("footproof.attestation", "footproof.accreditati", "content type");
}

TEST(Statement, RandomSubjectsAreFreshUuids) {
  const std::string a = random_subject();
  EXPECT_TRUE(is_uuid_urn(a)) << a;
  EXPECT_NE(a, random_subject());
}

}  // namespace
}  // namespace footproof
