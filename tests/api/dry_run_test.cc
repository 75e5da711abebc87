// A dry run of every kind of statement: what it says is what submitting then says, with the rule's
// name and the remedy, and nothing of it is remembered.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "api/client/client.h"
#include "attest/cose.h"
#include "attest/seal.h"
#include "ledger/refusal.h"
#include "tests/api/cli_stage.h"

namespace footproof::api {
namespace {

using testing::kAccreditationId;
using testing::kBodyUri;
using testing::kOperatorUri;
using testing::kVerifierUri;
using testing::Sequencer;

struct Row {
  StatementKind kind;
  std::string_view issuer;
  std::function<Payload(Sequencer&)> good;
  std::function<Payload(Sequencer&)> bad;
  std::string_view reason;  // of the bad one
};

StatusChange status_of(Sequencer& network, StatusAction action) {
  StatusChange change;
  change.target = network.accept(network.sign(kVerifierUri, network.attestation(7)));
  change.action = action;
  change.reason = action == StatusAction::reinstate ? Reason::cleared : Reason::misstatement;
  change.effective = utc_day(network.now());
  return change;
}

Ballot ballot_of(Sequencer& network, std::uint64_t value) {
  return {Proposal{{7}, SetParameter{"anchoring-days-max", value}, utc_day(network.now()).plus(30)},
          true};
}

DatasetRelease release_of(Sequencer& network, std::int64_t days_ahead) {
  DatasetRelease release;
  release.database = "kr-lci";
  release.release = "2026.1";
  release.released_on = utc_day(network.now()).plus(days_ahead);
  return release;
}

KeyChange key_of(Sequencer& network, std::string_view proven_for) {
  const SigningKey fresh = testing::key_from("fresh", Algorithm::eddsa);
  KeyChange change = network.add_key(proven_for, fresh, KeyUsage::sign);
  change.party = kVerifierUri;
  return change;
}

std::vector<Row> rows() {
  return {
      {StatementKind::attestation, kVerifierUri,
       [](Sequencer& network) { return network.attestation(1); },
       [](Sequencer& network) {
         Attestation attestation = network.attestation(2);
         attestation.scope = "battery.cfb";
         return attestation;
       },
       "scope-not-covered"},
      {StatementKind::status, kVerifierUri,
       [](Sequencer& network) { return status_of(network, StatusAction::revoke); },
       [](Sequencer& network) { return status_of(network, StatusAction::reinstate); },
       "illegal-transition"},
      {StatementKind::accreditation, kBodyUri,
       [](Sequencer& network) { return network.grant("https://third.example", "KOLAS-PCF-003"); },
       [](Sequencer& network) { return network.grant(kVerifierUri, kAccreditationId); },
       "accreditation-exists"},
      {StatementKind::key, kBodyUri,
       [](Sequencer& network) { return key_of(network, kVerifierUri); },
       [](Sequencer& network) { return key_of(network, kBodyUri); }, "bad-possession"},
      {StatementKind::ballot, "https://association-0.example",
       [](Sequencer& network) { return ballot_of(network, 60); },
       [](Sequencer& network) {
         Ballot ballot = ballot_of(network, 60);
         ballot.proposal.lapses = utc_day(network.now()).plus(-30);
         return ballot;
       },
       "lapses-out-of-range"},
      {StatementKind::dataset, kOperatorUri,
       [](Sequencer& network) { return release_of(network, 0); },
       [](Sequencer& network) { return release_of(network, 9); }, "effective-out-of-range"},
  };
}

// With 64 zero bytes for a signature, as somebody asks who has not signed yet.
Bytes unsigned_bytes(const Statement& statement) {
  Bytes bytes = statement.bytes();
  std::fill(bytes.end() - static_cast<std::ptrdiff_t>(kSignatureSize), bytes.end(), 0);
  return bytes;
}

class DryRunTest : public CliStage, public ::testing::WithParamInterface<Row> {
 protected:
  DryRunTest() { network().admit_verifier(); }

  // What the dry run says must be what submitting says, and it must change nothing.
  std::optional<Refusal> compared(const Statement& statement) {
    auto client = Client::make({url_}).value();
    const auto before = network().store().snapshot()->head();
    const auto asked = client.dry_run(statement.bytes());
    const auto asked_unsigned = client.dry_run(unsigned_bytes(statement));
    EXPECT_TRUE(asked && asked_unsigned);
    if (!asked || !asked_unsigned) return Refusal{};
    EXPECT_EQ(network().store().snapshot()->head(), before);
    EXPECT_EQ(client.poll(statement.entry_id()).error().code, Errc::not_found);
    EXPECT_EQ(asked->refusal.has_value(), asked_unsigned->refusal.has_value());
    EXPECT_FALSE(asked_unsigned->signature_verifies);
    const auto submitted = client.submit(statement.bytes(), std::chrono::seconds(8));
    EXPECT_TRUE(submitted);
    const bool refused = submitted && submitted->what == Submitted::What::refused;
    EXPECT_EQ(asked->refusal.has_value(), refused);
    if (asked->refusal && refused) {
      EXPECT_EQ(asked->refusal->reason, submitted->refusal.reason);
      EXPECT_EQ(asked->refusal->rule, submitted->refusal.rule);
      EXPECT_EQ(asked->refusal->remedy, submitted->refusal.remedy);
      EXPECT_EQ(asked->refusal->detail, submitted->refusal.detail);
      EXPECT_FALSE(asked->refusal->final);
    }
    return asked->refusal;
  }
};

TEST_P(DryRunTest, SaysWhatSubmittingWouldSay) {
  const Row& row = GetParam();
  const Statement bad = network().sign(row.issuer, row.bad(network()));
  ASSERT_EQ(bad.kind(), row.kind);
  const auto refusal = compared(bad);
  ASSERT_TRUE(refusal.has_value());
  EXPECT_EQ(refusal->reason, row.reason);
  bool in_table = false;
  for (const auto& entry : ledger::reason_table()) {
    if (entry.code != refusal->reason) continue;
    in_table = true;
    EXPECT_EQ(refusal->rule, entry.rule);
    EXPECT_EQ(refusal->remedy, entry.remedy);
  }
  EXPECT_TRUE(in_table) << refusal->reason;
  const auto passed = compared(network().sign(row.issuer, row.good(network())));
  EXPECT_FALSE(passed.has_value()) << passed->reason << ": " << passed->detail;
}

INSTANTIATE_TEST_SUITE_P(EveryKind, DryRunTest, ::testing::ValuesIn(rows()),
                         [](const auto& row) { return std::string(to_text(row.param.kind)); });

TEST(DryRunRows, HaveEveryKindOfStatement) {
  std::size_t kinds = 0;
  for (std::size_t kind = 0; kind < std::variant_size_v<Payload>; ++kind, ++kinds) {
    EXPECT_EQ(static_cast<std::size_t>(rows().at(kind).kind), kind);
  }
  EXPECT_EQ(rows().size(), kinds);
}

// --check of the command, for every group that signs: accepted, or the rule's name and remedy.
class CheckTest : public CliStage {
 protected:
  CheckTest() { network().admit_verifier(); }

  void expect_accepted(const Ran& ran) {
    EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
    EXPECT_EQ(json_of(ran)["accepted"], true) << ran.out << ran.err;
  }
  void expect_refused(const Ran& ran, std::string_view reason) {
    EXPECT_EQ(ran.code, 2) << ran.out << ran.err;
    const auto shown = json_of(ran);
    EXPECT_EQ(shown["reason"], reason);
    EXPECT_FALSE(shown.value("rule", "").empty());
    EXPECT_FALSE(shown.value("remedy", "").empty());
  }
};

TEST_F(CheckTest, EveryCommandThatSigns) {
  const Digest entry = network().accept(network().sign(kVerifierUri, network().attestation(1)));
  const auto size = network().store().snapshot()->head().log_size;

  const auto status = [&](const std::string& action, const std::string& reason) {
    return as(kVerifierUri, KeyUsage::status, {action, entry.hex(), "--reason", reason, "--check"});
  };
  expect_accepted(status("revoke", "misstatement"));
  expect_refused(status("reinstate", "cleared"), "illegal-transition");

  const auto grant = [&](const std::string& id) {
    return as(kBodyUri, KeyUsage::sign,
              {"accredit", "grant", id, "--verifier", "https://third.example", "--scope",
               "steel.cbam:cbam:iso14067-2018:limited", "--until", "2099-12-31", "--check"});
  };
  expect_accepted(grant("KOLAS-PCF-003"));
  expect_refused(grant(std::string(kAccreditationId)), "accreditation-exists");

  const auto compromised = [&](const Digest& kid) {
    return as(kVerifierUri, KeyUsage::status,
              {"register", "compromised", "--party", std::string(kVerifierUri), "--kid", kid.hex(),
               "--since", network().now().text(), "--check"});
  };
  expect_accepted(compromised(testing::party_key(kVerifierUri, KeyUsage::sign).public_key().kid()));
  expect_refused(compromised(testing::party_key(kBodyUri, KeyUsage::sign).public_key().kid()),
                 "nothing-to-replace");

  SealInput input;
  input.seed = *to_digest(random_bytes(32));
  input.documents.push_back({"application/json", to_bytes(as_bytes(R"({"a":1})"))});
  write("coil.sealed", SealedDeclaration::seal(std::move(input))->encode());
  const auto attest = [&](const std::string& scope) {
    return as(kVerifierUri, KeyUsage::sign,
              {"attest", path("coil.sealed"), "--body", std::string(kBodyUri), "--accreditation",
               std::string(kAccreditationId), "--scope", scope, "--scheme", "cbam",
               "--scheme-version", "2025-2546", "--standard", "iso14067-2018", "--until",
               utc_day(network().now()).plus(365).text(), "--check"});
  };
  expect_accepted(attest("steel.cbam"));
  expect_refused(attest("battery.cfb"), "scope-not-covered");
  EXPECT_FALSE(std::filesystem::exists(path("coil.attested")));

  const auto ballot = [&](const std::string& days) {
    return as("https://association-0.example", KeyUsage::sign,
              {"ballot", "propose", "parameter", "anchoring-days-max", days, "--check"});
  };
  expect_accepted(ballot("60"));
  expect_refused(ballot("90"), "nothing-to-change");

  write("lci/flow.xml", as_bytes("<flow/>"));
  const auto release = [&](const std::string& date) {
    return as(kOperatorUri, KeyUsage::sign,
              {"dataset", "release", "kr-lci", "2026.1", path("lci"), "--date", date, "--check"});
  };
  expect_accepted(release(utc_day(network().now()).text()));
  expect_refused(release("2999-01-01"), "effective-out-of-range");

  EXPECT_EQ(network().store().snapshot()->head().log_size, size);
}

}  // namespace
}  // namespace footproof::api
