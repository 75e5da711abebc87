#include "attest/disclosure_profile.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "attest/core_profile.h"

namespace footproof {
namespace {

// A CBAM declarant declares embedded emissions per CN code and installation, and uses actual values
// only from a report whose verifier was accredited.
constexpr auto kCbamDeclarant = std::to_array<DisclosedSlot>({
    {"product.cn", "the declaration is made per CN code"},
    {"product.name", "tells the goods of one code apart"},
    {"declarant.name", "the operator is named in the declaration"},
    {"declarant.ids", "the operator is identified in the declaration"},
    {"site.id", "the installation is identified in the declaration"},
    {"geo.country", "country of origin"},
    {"period.start", "the figures count for this reporting period"},
    {"period.end", "the figures count for this reporting period"},
    {"unit.measure", "embedded emissions are per unit of goods"},
    {"unit.amount", "how many units the figure is for"},
    {"unit.mass", "conversion to tonnes"},
    {"boundary", "which stages the figure covers"},
    {"value.exclBiogenic", "the figure itself"},
    {"value.direct", "direct emissions are declared separately"},
    {"value.indirect", "indirect emissions are declared separately"},
    {"verif.level", "reasonable assurance is required"},
    {"verif.provider", "the report's verifier is named"},
    {"verif.reportNo", "the report is referred to by its number"},
});

// The reviewer sees what the verification report must contain.
constexpr auto kCbamReview = std::to_array<DisclosedSlot>({
    {"product.cn", "the declaration is made per CN code"},
    {"product.name", "tells the goods of one code apart"},
    {"product.ids", "ties the goods to the consignment papers"},
    {"declarant.name", "the operator is named in the report"},
    {"declarant.ids", "the operator is identified in the report"},
    {"site.id", "the installation is identified in the report"},
    {"geo.country", "country of origin"},
    {"period.start", "the reporting period"},
    {"period.end", "the reporting period"},
    {"unit.measure", "embedded emissions are per unit of goods"},
    {"unit.amount", "how many units the figure is for"},
    {"unit.mass", "conversion to tonnes"},
    {"boundary", "which stages the figure covers"},
    {"value.exclBiogenic", "the figure itself"},
    {"value.direct", "direct emissions are declared separately"},
    {"value.indirect", "indirect emissions are declared separately"},
    {"value.formula", "which parts make up the figure"},
    {"value.fossil", "the part that the method attributes to fuel and process"},
    {"method.standards", "the method of attribution"},
    {"method.rules", "the method of attribution"},
    {"quantity.verified", "goods claimed must not exceed goods verified"},
    {"quantity.unit", "unit of that quantity"},
    {"verif.party", "a third party is required"},
    {"verif.level", "reasonable assurance is required"},
    {"verif.coverage", "what was verified"},
    {"verif.standard", "by which standard"},
    {"verif.provider", "the report's verifier"},
    {"verif.completedAt", "accreditation is judged on that day"},
    {"verif.reportNo", "the report's number"},
    {"verif.siteVisit", "the report states the visit"},
    {"verif.signatory", "the report is signed with a name"},
    {"declaration.id", "which declaration was verified"},
    {"declaration.version", "which version of it"},
});

// Customs checks goods and origin; figures are none of its business.
constexpr auto kBorder = std::to_array<DisclosedSlot>({
    {"product.cn", "customs compares the CN code with the goods"},
    {"geo.country", "customs compares the origin with the papers"},
    {"verif.level", "how far the verification went"},
});

constexpr auto kBatteryPublic = std::to_array<DisclosedSlot>({
    {"product.name", "the battery model"},
    {"product.ids", "the battery model"},
    {"declarant.name", "the manufacturer"},
    {"declarant.ids", "the manufacturer"},
    {"site.id", "the declaration is per model and plant"},
    {"geo.country", "place of the plant"},
    {"unit.measure", "the functional unit"},
    {"unit.amount", "the functional unit"},
    {"boundary", "which stages the figure covers"},
    {"value.exclBiogenic", "the total"},
    {"value.class", "the performance class"},
    {"stage.rawMaterial", "the figure is split by life-cycle stage"},
    {"stage.production", "the figure is split by life-cycle stage"},
    {"stage.distribution", "the figure is split by life-cycle stage"},
    {"stage.endOfLife", "the figure is split by life-cycle stage"},
});

constexpr auto kBatteryAuthority = std::to_array<DisclosedSlot>({
    {"product.name", "the battery model"},
    {"product.ids", "the battery model"},
    {"declarant.name", "the manufacturer"},
    {"declarant.ids", "the manufacturer"},
    {"site.id", "the declaration is per model and plant"},
    {"geo.region", "place of the plant"},
    {"geo.country", "place of the plant"},
    {"period.start", "data must be of the period"},
    {"period.end", "data must be of the period"},
    {"unit.measure", "the functional unit"},
    {"unit.amount", "the functional unit"},
    {"unit.mass", "conversion between units"},
    {"boundary", "which stages the figure covers"},
    {"value.exclBiogenic", "the total"},
    {"value.inclBiogenic", "the total with biogenic uptake"},
    {"value.formula", "which parts make up the total"},
    {"value.class", "the performance class"},
    {"value.fossil", "the supporting study shows the parts"},
    {"value.luc", "the supporting study shows the parts"},
    {"stage.rawMaterial", "the figure is split by life-cycle stage"},
    {"stage.production", "the figure is split by life-cycle stage"},
    {"stage.packaging", "the figure is split by life-cycle stage"},
    {"stage.distribution", "the figure is split by life-cycle stage"},
    {"stage.endOfLife", "the figure is split by life-cycle stage"},
    {"method.standards", "the method is prescribed"},
    {"method.rules", "the method is prescribed"},
    {"method.gwp", "the characterization factors are prescribed"},
    {"method.exemptedPct", "the cut-off is limited"},
    {"method.pds", "company-specific data are mandatory for some processes"},
    {"dqr.te", "data quality is assessed"},
    {"dqr.ge", "data quality is assessed"},
    {"dqr.ti", "data quality is assessed"},
    {"lci", "secondary data sets must be admissible"},
    {"massBalance.used", "attribution must be admissible"},
    {"massBalance.scheme", "attribution must be admissible"},
    {"verif.party", "a third party is required"},
    {"verif.level", "how far the verification went"},
    {"verif.coverage", "what was verified"},
    {"verif.standard", "by which standard"},
    {"verif.provider", "by whom"},
    {"verif.completedAt", "and when"},
    {"verif.reportNo", "the report's number"},
    {"verif.signatory", "who answers for it"},
    {"declaration.id", "which declaration was verified"},
    {"declaration.version", "which version of it"},
});

// A customer calculates on with these figures. Quantities and signatories stay hidden.
constexpr auto kBuyerFull = std::to_array<DisclosedSlot>({
    {"product.name", "the product bought"},
    {"product.ids", "the product bought"},
    {"product.gtin", "the product bought"},
    {"declarant.name", "the supplier"},
    {"declarant.ids", "the supplier"},
    {"site.id", "sites of one supplier differ"},
    {"geo.region", "regional factors follow from it"},
    {"geo.country", "regional factors follow from it"},
    {"period.start", "the figures count for this period"},
    {"period.end", "the figures count for this period"},
    {"validity.start", "until when the figures may be used"},
    {"validity.end", "until when the figures may be used"},
    {"unit.measure", "the declared unit"},
    {"unit.amount", "the declared unit"},
    {"unit.mass", "conversion to mass"},
    {"boundary", "what may be added to it"},
    {"value.exclBiogenic", "goes into the buyer's own footprint"},
    {"value.inclBiogenic", "goes into the buyer's own footprint"},
    {"value.formula", "which parts make up the totals"},
    {"value.fossil", "the buyer reports the parts in turn"},
    {"value.luc", "the buyer reports the parts in turn"},
    {"value.lmFossil", "the buyer reports the parts in turn"},
    {"value.lmEmis", "the buyer reports the parts in turn"},
    {"value.lmRem", "the buyer reports the parts in turn"},
    {"value.bioNonCo2", "the buyer reports the parts in turn"},
    {"value.uptake", "the buyer reports the parts in turn"},
    {"value.aircraft", "the buyer reports the parts in turn"},
    {"stage.packaging", "added only where not counted twice"},
    {"stage.distribution", "added only where not counted twice"},
    {"method.standards", "figures are mixed only within a method"},
    {"method.rules", "figures are mixed only within a method"},
    {"method.gwp", "figures are mixed only within a method"},
    {"method.exemptedPct", "the cut-off is limited"},
    {"method.pds", "goes into the buyer's own share of primary data"},
    {"dqr.te", "goes into the buyer's own data quality"},
    {"dqr.ge", "goes into the buyer's own data quality"},
    {"dqr.ti", "goes into the buyer's own data quality"},
    {"verif.party", "trust in the figure"},
    {"verif.level", "trust in the figure"},
    {"verif.coverage", "what was verified"},
    {"verif.standard", "by which standard"},
    {"verif.provider", "by whom"},
    {"declaration.id", "the buyer refers to it"},
    {"declaration.version", "the buyer refers to it"},
    {"declaration.status", "a deprecated declaration is not used on"},
});

constexpr auto kLabel = std::to_array<DisclosedSlot>({
    {"product.name", "what is labelled"},
    {"product.ids", "what is labelled"},
    {"declarant.name", "whose it is"},
    {"declarant.ids", "whose it is"},
    {"site.id", "where it was made"},
    {"value.class", "the class printed on it"},
    {"verif.level", "how far the verification went"},
});

// An auditor sees every slot; the reason is what the slot means.
std::span<const DisclosedSlot> every_slot() {
  static const auto slots = [] {
    std::vector<DisclosedSlot> all;
    for (const CoreSlot& slot : core_profile().slots) all.push_back({slot.name, slot.meaning});
    return all;
  }();
  return slots;
}

}  // namespace

std::span<const DisclosureProfile> disclosure_profiles() {
  static const auto profiles = std::to_array<DisclosureProfile>({
      {"none", "anybody: only that it is certified", {}},
      {"cbam-declarant", "the EU importer who declares under CBAM", kCbamDeclarant},
      {"cbam-review", "the authority that reviews a CBAM declaration", kCbamReview},
      {"border", "the customs officer at the border", kBorder},
      {"battery-public", "the public part of a battery passport", kBatteryPublic},
      {"battery-authority", "notified body and market surveillance for batteries",
       kBatteryAuthority},
      {"buyer-full", "the customer who calculates on with the figures", kBuyerFull},
      {"label", "the reader of a label on the product", kLabel},
      {"audit", "the auditor or scheme owner", every_slot()},
  });
  return profiles;
}

const DisclosureProfile* find_disclosure_profile(std::string_view id) {
  for (const DisclosureProfile& profile : disclosure_profiles()) {
    if (profile.id == id) return &profile;
  }
  return nullptr;
}

std::set<std::string> profile_labels(const DisclosureProfile& profile) {
  std::set<std::string> labels;
  for (const DisclosedSlot& one : profile.slots) labels.insert("core:" + std::string(one.slot));
  return labels;
}

Completeness completeness(const DisclosureProfile& profile, const Openings& openings) {
  const auto wanted = profile_labels(profile);
  std::set<std::string> opened;
  Completeness result;
  for (const OpenedEntry& entry : openings.entries) {
    opened.insert(entry.label);
    if (is_absent(entry.value) && wanted.contains(entry.label)) {
      result.absent.push_back(entry.label);
    }
  }
  std::set_difference(wanted.begin(), wanted.end(), opened.begin(), opened.end(),
                      std::back_inserter(result.missing));
  std::set_difference(opened.begin(), opened.end(), wanted.begin(), wanted.end(),
                      std::back_inserter(result.extra));
  return result;
}

}  // namespace footproof
