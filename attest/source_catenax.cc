// Catena-X io.catenax.pcf 7 and 8: flat, quantities are JSON numbers.
#include <array>

#include "attest/source_formats.h"

namespace footproof {
namespace {

constexpr auto kCatenax7 = std::to_array<MappingRow>({
    {"product.name", "/productName"},
    {"product.ids", "/productIds/*"},
    {"product.gtin", "/productIds/*", Reading::gtin},
    {"product.cpc", "/extWBCSD_productCodeCpc"},
    {"declarant.name", "/companyName"},
    {"declarant.ids", "/companyIds/*"},
    {"geo.region", "/pcf/geographyRegionOrSubregion"},
    {"geo.country", "/pcf/geographyCountry"},
    {"geo.subdivision", "/pcf/geographyCountrySubdivision"},
    {"period.start", "/pcf/referencePeriodStart"},
    {"period.end", "/pcf/referencePeriodEnd"},
    {"validity.start", "/validityPeriodStart"},
    {"validity.end", "/validityPeriodEnd"},
    {"unit.measure", "/pcf/declaredUnit"},
    {"unit.amount", "/pcf/unitaryProductAmount"},
    {"unit.mass", "/pcf/productMassPerDeclaredUnit"},
    {"boundary", "/partialFullPcf"},
    {"value.exclBiogenic", "/pcf/pcfExcludingBiogenic"},
    {"value.inclBiogenic", "/pcf/pcfIncludingBiogenic"},
    {"value.fossil", "/pcf/fossilGhgEmissions"},
    {"value.luc", "/pcf/dlucGhgEmissions"},
    {"value.lmEmis", "/pcf/extTFS_luGhgEmissions"},
    {"value.bioNonCo2", "/pcf/biogenicCarbonEmissionsOtherThanCO2"},
    {"value.uptake", "/pcf/biogenicCarbonWithdrawal"},
    {"value.aircraft", "/pcf/aircraftGhgEmissions"},
    {"stage.packaging", "/pcf/extWBCSD_packagingGhgEmissions"},
    {"stage.distribution", "/pcf/distributionStagePcfExcludingBiogenic"},
    {"method.standards", "/pcf/crossSectoralStandardsUsed/*/crossSectoralStandard",
     Reading::standard},
    {"method.rules", "/pcf/productOrSectorSpecificRules/*/productOrSectorSpecificRules/*/ruleName"},
    {"method.gwp", "/pcf/extWBCSD_characterizationFactors"},
    {"method.exemptedPct", "/pcf/exemptedEmissionsPercent"},
    {"method.pds", "/pcf/primaryDataShare"},
    {"dqr.te", "/pcf/dataQualityRating/technologicalDQR"},
    {"dqr.ge", "/pcf/dataQualityRating/geographicalDQR"},
    {"dqr.ti", "/pcf/dataQualityRating/temporalDQR"},
    {"lci", "/pcf/secondaryEmissionFactorSources/*/secondaryEmissionFactorSource", Reading::name},
    {"declaration.id", "/id"},
    {"declaration.version", "/version"},
    {"declaration.status", "/extWBCSD_pfStatus"},
    {"declaration.preceding", "/precedingPfIds/*/id"},
});

constexpr auto kCatenax8 = std::to_array<MappingRow>({
    {"product.cn", "/productClassifications/*", Reading::cn},
    {"product.name", "/productNameCompany"},
    {"product.ids", "/productIds/*"},
    {"product.gtin", "/productIds/*", Reading::gtin},
    {"product.gtin", "/productClassifications/*", Reading::gtin},
    {"product.cpc", "/productClassifications/*", Reading::cpc},
    {"declarant.name", "/companyName"},
    {"declarant.ids", "/companyIds/*"},
    {"geo.region", "/pcf/geographyRegionOrSubregion"},
    {"geo.country", "/pcf/geographyCountry"},
    {"geo.subdivision", "/pcf/geographyCountrySubdivision"},
    {"period.start", "/pcf/referencePeriodStart"},
    {"period.end", "/pcf/referencePeriodEnd"},
    {"validity.start", "/validityPeriodStart"},
    {"validity.end", "/validityPeriodEnd"},
    {"unit.measure", "/pcf/declaredUnitOfMeasurement"},
    {"unit.amount", "/pcf/declaredUnitAmount"},
    {"unit.mass", "/pcf/productMassPerDeclaredUnit"},
    {"boundary", "/partialFullPcf"},
    {"value.exclBiogenic", "/pcf/pcfExcludingBiogenicUptake"},
    {"value.inclBiogenic", "/pcf/pcfIncludingBiogenicUptake"},
    {"value.fossil", "/pcf/fossilGhgEmissions"},
    {"value.luc", "/pcf/landUseChangeGhgEmissions"},
    {"value.lmEmis", "/pcf/landManagementBiogenicCO2Emissions"},
    {"value.lmRem", "/pcf/landManagementBiogenicCO2Removals"},
    {"value.bioNonCo2", "/pcf/biogenicNonCO2Emissions"},
    {"value.uptake", "/pcf/biogenicCO2Uptake"},
    {"value.aircraft", "/pcf/aircraftGhgEmissions"},
    {"stage.production", "/pcf/pcfExcludingBiogenicUptake"},
    {"stage.packaging", "/pcf/packagingPcfExcludingBiogenicUptake"},
    {"stage.distribution", "/pcf/distributionStagePcfExcludingBiogenicUptake"},
    {"method.standards", "/pcf/crossSectoralStandards/*", Reading::standard},
    {"method.rules", "/pcf/productOrSectorSpecificRules/*"},
    {"method.gwp", "/pcf/ipccCharacterizationFactors"},
    {"method.exemptedPct", "/pcf/exemptedEmissionsPercent"},
    {"method.pds", "/pcf/primaryDataShare"},
    {"dqr.te", "/pcf/dataQualityRating/technologicalDQR"},
    {"dqr.ge", "/pcf/dataQualityRating/geographicalDQR"},
    {"dqr.ti", "/pcf/dataQualityRating/temporalDQR"},
    {"lci", "/pcf/secondaryEmissionFactorSources/*", Reading::name},
    {"massBalance.used", "/pcf/massBalancingUsed"},
    {"massBalance.scheme", "/pcf/massBalancingCertificateScheme"},
    {"verif.party", "/attestationOfConformance/*/attestationType", Reading::attestation},
    {"verif.coverage", "/attestationOfConformance/*/attestationType", Reading::attestation},
    {"verif.standard", "/attestationOfConformance/*/attestationStandard"},
    {"verif.provider", "/attestationOfConformance/*/providerName"},
    {"verif.completedAt", "/attestationOfConformance/*/completedAt"},
    {"verif.reportNo", "/attestationOfConformance/*/attestationOfConformanceId"},
    {"declaration.id", "/id"},
    {"declaration.version", "/version"},
    {"declaration.status", "/status"},
    {"declaration.preceding", "/precedingPfIds/*/id"},
});

}  // namespace

const SourceFormat& catenax_7_format() {
  static constexpr SourceFormat kFormat = {"catenax-7", "Catena-X PCF 7", kCatenax7};
  return kFormat;
}

const SourceFormat& catenax_8_format() {
  static constexpr SourceFormat kFormat = {"catenax-8", "Catena-X PCF 8", kCatenax8};
  return kFormat;
}

}  // namespace footproof
