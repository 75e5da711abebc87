#include "tests/support/fixture_presentation.h"

#include <utility>

#include "attest/check.h"
#include "attest/disclosure_profile.h"

namespace footproof::testing {
namespace {

constexpr std::string_view kDocument = R"({
  "id": "5c2f9d7e-3b1a-4a57-8f0e-6f2a1c9b8d44",
  "specVersion": "3.0.0",
  "status": "Active",
  "created": "2026-02-20T09:00:00Z",
  "companyName": "Beispiel Steel Co., Ltd.",
  "companyIds": ["urn:company:example:steel-0001"],
  "productDescription": "Cold rolled steel coil",
  "productIds": ["urn:product:example:coil-7788"],
  "productClassifications": ["urn:cn:72091690"],
  "productNameCompany": "Coil 1.2 mm",
  "comment": "",
  "pcf": {
    "declaredUnitOfMeasurement": "kilogram",
    "declaredUnitAmount": "1",
    "productMassPerDeclaredUnit": "1",
    "referencePeriodStart": "2025-01-01T00:00:00Z",
    "referencePeriodEnd": "2026-01-01T00:00:00Z",
    "boundaryProcessesDescription": "Blast furnace, hot and cold rolling",
    "pcfExcludingBiogenicUptake": "1.85",
    "pcfIncludingBiogenicUptake": "1.85",
    "fossilCarbonContent": "0.002",
    "geographyCountry": "KR",
    "crossSectoralStandards": ["ISO14067"],
    "exemptedEmissionsPercent": "2.5",
    "ipccCharacterizationFactors": ["AR6"],
    "packagingEmissionsIncluded": true,
    "primaryDataShare": "83.4"
  }
})";

constexpr std::string_view kReport = "%PDF-1.4\n% verification report of the fixture\n%%EOF\n";

Statement attest_fixture(FixtureLog& log) {
  Statement attestation = log.sign(log.attestation(subject_of(fixture_declaration())));
  log.advance(60);
  log.append({log.sign(log.attestation({sha256(as_bytes("another")), 1})), attestation});
  // Later blocks, so that the own record is not the last one.
  for (int i = 0; i < 3; ++i) {
    log.advance(60);
    log.append({log.sign(log.attestation({sha256(as_bytes("later" + std::to_string(i))), 1}))});
  }
  return attestation;
}

}  // namespace

Bytes fixture_document() { return to_bytes(as_bytes(kDocument)); }
Bytes fixture_report() { return to_bytes(as_bytes(kReport)); }

const SealedDeclaration& fixture_declaration() {
  static const SealedDeclaration sealed = [] {
    SealInput input;
    input.seed = sha256(as_bytes("fixture seed"));
    input.documents = {{"application/json", fixture_document()},
                       {"application/pdf", fixture_report()}};
    auto made = SealedDeclaration::seal(std::move(input));
    CHECK(made);
    return std::move(*made);
  }();
  return sealed;
}

DeclarationTree tree_of(const SealedDeclaration& sealed) {
  return {std::string(sealed.profile()), sealed.tree_size(), sealed.root()};
}

Subject subject_of(const SealedDeclaration& sealed) { return single_subject(tree_of(sealed)); }

Presentation present(const FixtureLog& log, const Statement& attestation,
                     const std::string& profile, const std::set<std::string>& more) {
  return present(log.receipt(attestation), profile, more);
}

Presentation present(Receipt receipt, const std::string& profile,
                     const std::set<std::string>& more) {
  const SealedDeclaration& sealed = fixture_declaration();
  const DisclosureProfile* found = find_disclosure_profile(profile);
  CHECK(found != nullptr);
  std::set<std::string> labels = profile_labels(*found);
  labels.insert(more.begin(), more.end());
  auto openings = open_labels(sealed, labels);
  CHECK(openings);
  Presentation presentation;
  presentation.receipt = std::move(receipt);
  presentation.core_profile = sealed.profile();
  presentation.tree_size = sealed.tree_size();
  presentation.openings = std::move(*openings);
  presentation.disclosure_profile = profile;
  return presentation;
}

VerdictOptions options_at(const FixtureLog& log) {
  VerdictOptions options;
  options.now = Instant{log.now().ms + 60'000};
  return options;
}

Certified::Certified(std::size_t validators)
    : log(validators), attestation(attest_fixture(log)), policy(log.policy()) {}

Verdict Certified::judge(const Presentation& presentation) const {
  return judge(presentation, options_at(log));
}

Verdict Certified::judge(const Presentation& presentation, const VerdictOptions& options) const {
  return judge_presentation(encode_presentation(presentation), policy, options);
}

Verdict Certified::judge_now() const { return judge(present(log, attestation)); }

}  // namespace footproof::testing
