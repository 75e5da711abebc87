#include "attest/payload.h"

#include <gtest/gtest.h>

#include <functional>

#include "attest/cbor.h"
#include "tests/attest/ledger_samples.h"
#include "tests/support/golden.h"

namespace footproof {
namespace {

using namespace samples;  // NOLINT: the samples are what this file is about

struct GoldenCase {
  std::string_view name;
  Payload payload;
};

std::vector<GoldenCase> golden_cases() {
  return {
      {"attestation", attestation()},
      {"attestation_full", full_attestation()},
      {"attestation_countersigned", countersigned_attestation()},
      {"status", status_change()},
      {"status_full", full_status_change()},
      {"grant", grant()},
      {"reduce", reduction()},
      {"withdraw", withdrawal()},
      {"key_add", key_change(KeyAction::add)},
      {"key_rotate", key_change(KeyAction::rotate)},
      {"key_compromised", key_change(KeyAction::compromised)},
      {"ballot_admit_validator", ballot(AdmitValidator{validator()})},
      {"ballot_remove_validator", ballot(RemoveValidator{"kbia-1"}, false)},
      {"ballot_replace_validator", ballot(ReplaceValidator{"kbia-0", validator()})},
      {"ballot_admit_party", ballot(admission())},
      {"ballot_remove_party", ballot(RemoveParty{std::string(kBody)})},
      {"ballot_renew_keys",
       ballot(RenewPartyKeys{std::string(kBody), {{public_key(7), KeyUsage::sign, proof(4)}}})},
      {"ballot_parameter", ballot(SetParameter{"anchoring-days-max", 60})},
      {"ballot_replace_party", ballot(ReplaceParty{std::string(kAssociation), admission()})},
      {"ballot_allow_party", ballot(AllowParty{std::string(kBody), {"cbam"}, {}})},
      {"ballot_set_registrar", ballot(SetRegistrar{std::string(kVerifier), std::string(kBody)})},
      {"dataset", dataset()},
      {"dataset_full", full_dataset()},
  };
}

TEST(Payload, EveryKindIsGolden) {
  for (const GoldenCase& one : golden_cases()) {
    EXPECT_EQ(to_hex(encode_payload(one.payload)), to_hex(testing::golden(one.name))) << one.name;
    const auto parsed = parse_payload(kind_of(one.payload), testing::golden(one.name));
    ASSERT_TRUE(parsed.has_value()) << one.name << ": " << parsed.error().detail;
    EXPECT_EQ(*parsed, one.payload) << one.name;
  }
}

TEST(Payload, WhatParsesHasOneSpelling) {
  for (const GoldenCase& one : golden_cases()) {
    const Bytes bytes = testing::golden(one.name);
    std::size_t refused = 0;
    for (std::size_t i = 0; i < bytes.size() * 8; ++i) {
      Bytes changed = bytes;
      changed[i / 8] = static_cast<std::uint8_t>(changed[i / 8] ^ (1U << (i % 8)));
      const auto parsed = parse_payload(kind_of(one.payload), changed);
      if (parsed) {
        EXPECT_EQ(encode_payload(*parsed), changed) << one.name << " bit " << i;
      }
      if (!parsed) ++refused;
    }
    EXPECT_GT(refused, 0U);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_FALSE(parse_payload(kind_of(one.payload), ByteView(bytes).first(size))) << one.name;
    }
    Bytes longer = bytes;
    longer.push_back(0);
    EXPECT_FALSE(parse_payload(kind_of(one.payload), longer)) << one.name;
  }
}

TEST(Payload, OneKindDoesNotParseAsAnother) {
  for (const GoldenCase& one : golden_cases()) {
    for (std::uint8_t kind = 0; kind < 6; ++kind) {
      const auto parsed =
          parse_payload(static_cast<StatementKind>(kind), testing::golden(one.name));
      EXPECT_EQ(parsed.has_value(), kind == static_cast<std::uint8_t>(kind_of(one.payload)))
          << one.name << " as " << to_text(static_cast<StatementKind>(kind));
    }
  }
}

// A struct that breaks one rule, and the field that the refusal must name.
struct Refusal {
  std::string_view field;
  Payload payload;
};

template <class T>
Refusal broken(std::string_view field, T sample, const std::function<void(T&)>& by) {
  by(sample);
  return {field, std::move(sample)};
}

void expect_refused(const std::vector<Refusal>& refusals) {
  for (const Refusal& one : refusals) {
    const auto parsed = parse_payload(kind_of(one.payload), encode_payload(one.payload));
    ASSERT_FALSE(parsed.has_value()) << one.field;
    EXPECT_NE(parsed.error().detail.find(one.field), std::string::npos)
        << one.field << " is not named in: " << parsed.error().detail;
  }
}

TEST(Payload, AttestationRefusalsNameTheField) {
  const auto bad = [](std::string_view field, const std::function<void(Attestation&)>& by) {
    return broken<Attestation>(field, attestation(), by);
  };
  expect_refused({
      bad("declaration count", [](auto& a) { a.count = 0; }),
      bad("declaration count", [](auto& a) { a.count = 3; }),
      bad("declaration count", [](auto& a) { a.count = kDeclarationCountMax * 2; }),
      bad("accreditation body", [](auto& a) { a.accreditation.body = "HTTPS://KAB.example"; }),
      bad("accreditation body", [](auto& a) { a.accreditation.body = "kab"; }),
      bad("accreditation id", [](auto& a) { a.accreditation.id = ""; }),
      bad("accreditation id", [](auto& a) { a.accreditation.id = "Kim & Co"; }),
      bad("accreditation id", [](auto& a) { a.accreditation.id = "\xff\xfe"; }),
      bad("scope", [](auto& a) { a.scope = std::string(65, 'a'); }),
      bad("scheme id", [](auto& a) { a.scheme.id = "c b"; }),
      bad("scheme version", [](auto& a) { a.scheme.version = "1/2"; }),
      bad("standards", [](auto& a) { a.standards = {}; }),
      bad("standards",
          [](auto& a) {
            a.standards = {"iso14067-2018", "iso14064-3-2019"};
          }),
      bad("standards",
          [](auto& a) {
            a.standards = {"iso14067-2018", "iso14067-2018"};
          }),
      bad("type", [](auto& a) { a.type = static_cast<AttestationType>(3); }),
      bad("assurance", [](auto& a) { a.assurance = static_cast<Assurance>(3); }),
      bad("coverage", [](auto& a) { a.coverage = static_cast<Coverage>(4); }),
      bad("valid until", [](auto& a) { a.valid_until = a.valid_from.plus(-1); }),
  });
}

TEST(Payload, StatusRefusalsNameTheField) {
  const auto bad = [](std::string_view field, const std::function<void(StatusChange&)>& by) {
    return broken<StatusChange>(field, status_change(), by);
  };
  expect_refused({
      bad("action", [](auto& s) { s.action = static_cast<StatusAction>(0); }),
      bad("action", [](auto& s) { s.action = static_cast<StatusAction>(4); }),
  });
}

TEST(Payload, AnUnlistedReasonIsRefused) {
  Bytes bytes = testing::golden("status");
  const std::string_view reason = "data-doubt";
  const auto at = as_text(bytes).find(reason);
  ASSERT_NE(at, std::string_view::npos);
  bytes[at] = 'D';
  const auto parsed = parse_status_change(bytes);
  ASSERT_FALSE(parsed.has_value());
  EXPECT_NE(parsed.error().detail.find("reason"), std::string::npos) << parsed.error().detail;
}

TEST(Payload, AccreditationFieldsFitTheAction) {
  using Change = AccreditationChange;
  const auto bad = [](std::string_view field, Change sample,
                      const std::function<void(Change&)>& by) {
    return broken<Change>(field, std::move(sample), by);
  };
  expect_refused({
      bad("verifier", grant(), [](auto& c) { c.verifier.reset(); }),
      bad("regimes", grant(), [](auto& c) { c.regimes.reset(); }),
      bad("scopes", grant(), [](auto& c) { c.scopes.reset(); }),
      bad("validity", grant(), [](auto& c) { c.validity.reset(); }),
      bad("scopes", grant(), [](auto& c) { c.scopes = std::vector<Scope>{}; }),
      bad("scopes", grant(), [](auto& c) { std::swap(c.scopes->front(), c.scopes->back()); }),
      bad("scopes", grant(), [](auto& c) { c.scopes->push_back(c.scopes->back()); }),
      bad("scope standards", grant(), [](auto& c) { c.scopes->front().standards = {}; }),
      bad("scope assurance", grant(),
          [](auto& c) { c.scopes->front().assurance_max = static_cast<Assurance>(3); }),
      bad("validity", grant(), [](auto& c) { c.validity->until = c.validity->from.plus(-1); }),
      bad("previous", grant(), [](auto& c) { c.previous = filled(1); }),
      bad("reason", grant(), [](auto& c) { c.reason = Reason::cleared; }),
      bad("regimes", grant(),
          [](auto& c) {
            c.regimes = {"b", "a"};
          }),
      bad("scopes", reduction(), [](auto& c) { c.scopes.reset(); }),
      bad("verifier", reduction(), [](auto& c) { c.verifier = kVerifier; }),
      bad("scopes", withdrawal(), [](auto& c) { c.scopes = {steel_scope()}; }),
      bad("reason", withdrawal(), [](auto& c) { c.reason.reset(); }),
      bad("action", withdrawal(), [](auto& c) { c.action = static_cast<AccreditationAction>(6); }),
  });
}

TEST(Payload, KeyFieldsFitTheAction) {
  const auto bad = [](std::string_view field, KeyAction action,
                      const std::function<void(KeyChange&)>& by) {
    return broken<KeyChange>(field, key_change(action), by);
  };
  expect_refused({
      bad("new key", KeyAction::add, [](auto& c) { c.added.reset(); }),
      bad("kid", KeyAction::add, [](auto& c) { c.kid = filled(1); }),
      bad("since", KeyAction::add, [](auto& c) { c.since = Instant{1}; }),
      bad("kid", KeyAction::rotate, [](auto& c) { c.kid.reset(); }),
      bad("new key", KeyAction::compromised,
          [](auto& c) {
            c.added = NewKey{public_key(1), KeyUsage::sign, proof(1)};
          }),
      bad("since", KeyAction::compromised, [](auto& c) { c.since.reset(); }),
      bad("party", KeyAction::add, [](auto& c) { c.party = "urn:"; }),
      bad("usage", KeyAction::add, [](auto& c) { c.added->usage = static_cast<KeyUsage>(2); }),
      bad("x5t", KeyAction::compromised, [](auto& c) { c.certificate_chain = filled(1); }),
  });
}

TEST(Payload, ANewKeyMayComeWithItsCertificateChain) {
  for (const KeyAction action : {KeyAction::add, KeyAction::rotate}) {
    KeyChange change = key_change(action);
    const Bytes without = encode(change);
    change.certificate_chain = filled(9);
    const Bytes with = encode(change);
    // One member more: the map's head counts it, and 9 and the digest follow all others.
    Bytes expected = without;
    expected[0] = static_cast<std::uint8_t>(expected[0] + 1);
    append(expected, from_hex("095820").value());
    append(expected, filled(9).view());
    EXPECT_EQ(to_hex(with), to_hex(expected));
    EXPECT_EQ(parse_key_change(with).value(), change);
  }
}

TEST(Payload, ABadCurvePointIsNoKey) {
  Bytes bytes = testing::golden("key_add");
  const auto at = as_text(bytes).find(as_text(public_key(3).raw()));
  ASSERT_NE(at, std::string_view::npos);
  std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), 32, std::uint8_t{0});
  const auto parsed = parse_key_change(bytes);
  ASSERT_FALSE(parsed.has_value());
  EXPECT_NE(parsed.error().detail.find("Ed25519 key"), std::string::npos) << parsed.error().detail;
}

TEST(Payload, BallotRefusalsNameTheField) {
  const auto party = [](const std::function<void(AdmitParty&)>& by) {
    AdmitParty change = admission();
    by(change);
    return ballot(std::move(change));
  };
  const auto member = [](const std::function<void(ValidatorProposal&)>& by) {
    ValidatorProposal change = validator();
    by(change);
    return ballot(AdmitValidator{std::move(change)});
  };
  AdmitParty by_verifier = admission();
  by_verifier.role = PartyRole::verifier;
  expect_refused({
      {"role", party([](auto& p) { p.role = PartyRole::verifier; })},
      {"legal name", party([](auto& p) { p.legal_name = " padded"; })},
      {"legal name", party([](auto& p) { p.legal_name = "two\nlines"; })},
      {"legal name", party([](auto& p) { p.legal_name = std::string(129, 'x'); })},
      {"keys", party([](auto& p) { p.keys.clear(); })},
      {"keys", party([](auto& p) { p.keys.push_back(p.keys.front()); })},
      {"schemes", party([](auto& p) {
         p.schemes = {"b", "a"};
       })},
      {"validator id", member([](auto& v) { v.id = "a b"; })},
      {"validator keys", member([](auto& v) { v.log_key = v.vote_key; })},
      {"parameter", ballot(SetParameter{"no such/id", 1})},
      {"role", ballot(ReplaceParty{std::string(kBody), by_verifier})},
      {"party", ballot(ReplaceParty{"no uri", admission()})},
      {"schemes", ballot(AllowParty{std::string(kBody), {"b", "a"}, {}})},
      {"regimes", ballot(AllowParty{std::string(kBody), {}, {"b", "b"}})},
      {"registrar", ballot(SetRegistrar{std::string(kVerifier), "no uri"})},
  });
}

TEST(Payload, ANoticeNamesTheEntryItIsAbout) {
  expect_refused(
      {broken<DatasetRelease>("replaces", full_dataset(), [](auto& d) { d.replaces.reset(); })});
}

TEST(Payload, EveryReasonReadsBack) {
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    const auto reason = static_cast<Reason>(i);
    EXPECT_EQ(to_reason(to_text(reason)), reason);
  }
  EXPECT_FALSE(to_reason("because"));
}

}  // namespace
}  // namespace footproof
