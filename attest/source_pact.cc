// PACT (WBCSD) data model, versions 2 and 3. Version 3 writes fractions as decimal strings.
#include <array>

#include "attest/source_formats.h"

namespace footproof {
namespace {

constexpr auto kPact3 = std::to_array<MappingRow>({
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
    // At most one of region, country and subdivision is given.
    {"geo.country", "/pcf/geographyCountrySubdivision", Reading::country_part},
    {"geo.subdivision", "/pcf/geographyCountrySubdivision"},
    {"period.start", "/pcf/referencePeriodStart"},
    {"period.end", "/pcf/referencePeriodEnd"},
    {"validity.start", "/validityPeriodStart"},
    {"validity.end", "/validityPeriodEnd"},
    {"unit.measure", "/pcf/declaredUnitOfMeasurement"},
    {"unit.amount", "/pcf/declaredUnitAmount"},
    {"unit.mass", "/pcf/productMassPerDeclaredUnit"},
    {"boundary", "", Reading::constant, "cradle-to-gate"},
    {"value.exclBiogenic", "/pcf/pcfExcludingBiogenicUptake"},
    {"value.inclBiogenic", "/pcf/pcfIncludingBiogenicUptake"},
    {"value.fossil", "/pcf/fossilGhgEmissions"},
    {"value.luc", "/pcf/landUseChangeGhgEmissions"},
    {"value.lmFossil", "/pcf/landManagementFossilGhgEmissions"},
    {"value.lmEmis", "/pcf/landManagementBiogenicCO2Emissions"},
    {"value.lmRem", "/pcf/landManagementBiogenicCO2Removals"},
    {"value.bioNonCo2", "/pcf/biogenicNonCO2Emissions"},
    {"value.uptake", "/pcf/biogenicCO2Uptake"},
    {"value.aircraft", "/pcf/aircraftGhgEmissions"},
    {"stage.packaging", "/pcf/packagingGhgEmissions"},
    {"stage.distribution", "/pcf/outboundLogisticsGhgEmissions"},
    {"method.standards", "/pcf/crossSectoralStandards/*", Reading::standard},
    {"method.rules", "/pcf/productOrSectorSpecificRules/*/ruleNames/*"},
    {"method.gwp", "/pcf/ipccCharacterizationFactors/*"},
    {"method.exemptedPct", "/pcf/exemptedEmissionsPercent"},
    {"method.pds", "/pcf/primaryDataShare"},
    {"dqr.te", "/pcf/dqi/technologicalDQR"},
    {"dqr.ge", "/pcf/dqi/geographicalDQR"},
    {"dqr.ti", "/pcf/dqi/temporalDQR"},
    {"lci", "/pcf/secondaryEmissionFactorSources/*", Reading::name_version},
    {"verif.coverage", "/pcf/verification/coverage"},
    {"verif.standard", "/pcf/verification/standardName"},
    {"verif.provider", "/pcf/verification/providerName"},
    {"verif.completedAt", "/pcf/verification/completedAt"},
    {"declaration.id", "/id"},
    {"declaration.status", "/status"},
    {"declaration.preceding", "/precedingPfIds/*"},
});

constexpr auto kPact2 = std::to_array<MappingRow>({
    {"product.name", "/productNameCompany"},
    {"product.ids", "/productIds/*"},
    {"product.gtin", "/productIds/*", Reading::gtin},
    {"product.cpc", "/productCategoryCpc"},
    {"declarant.name", "/companyName"},
    {"declarant.ids", "/companyIds/*"},
    {"geo.region", "/pcf/geographyRegionOrSubregion"},
    {"geo.country", "/pcf/geographyCountry"},
    // At most one of region, country and subdivision is given.
    {"geo.country", "/pcf/geographyCountrySubdivision", Reading::country_part},
    {"geo.subdivision", "/pcf/geographyCountrySubdivision"},
    {"period.start", "/pcf/referencePeriodStart"},
    {"period.end", "/pcf/referencePeriodEnd"},
    {"validity.start", "/validityPeriodStart"},
    {"validity.end", "/validityPeriodEnd"},
    {"unit.measure", "/pcf/declaredUnit"},
    {"unit.amount", "/pcf/unitaryProductAmount"},
    {"boundary", "", Reading::constant, "cradle-to-gate"},
    {"value.exclBiogenic", "/pcf/pCfExcludingBiogenic"},
    {"value.inclBiogenic", "/pcf/pCfIncludingBiogenic"},
    {"value.fossil", "/pcf/fossilGhgEmissions"},
    {"value.luc", "/pcf/dLucGhgEmissions"},
    {"value.lmEmis", "/pcf/landManagementGhgEmissions"},
    {"value.bioNonCo2", "/pcf/otherBiogenicGhgEmissions"},
    {"value.uptake", "/pcf/biogenicCarbonWithdrawal"},
    {"value.aircraft", "/pcf/aircraftGhgEmissions"},
    {"stage.packaging", "/pcf/packagingGhgEmissions"},
    {"method.standards", "/pcf/crossSectoralStandardsUsed/*", Reading::standard},
    {"method.rules", "/pcf/productOrSectorSpecificRules/*/ruleNames/*"},
    {"method.gwp", "/pcf/characterizationFactors"},
    {"method.gwp", "/pcf/ipccCharacterizationFactorsSources/*"},
    {"method.exemptedPct", "/pcf/exemptedEmissionsPercent"},
    {"method.pds", "/pcf/primaryDataShare"},
    {"dqr.te", "/pcf/dqi/technologicalDQR"},
    {"dqr.ge", "/pcf/dqi/geographicalDQR"},
    {"dqr.ti", "/pcf/dqi/temporalDQR"},
    {"lci", "/pcf/secondaryEmissionFactorSources/*", Reading::name_version},
    {"verif.level", "/pcf/assurance/level"},
    {"verif.coverage", "/pcf/assurance/coverage"},
    {"verif.standard", "/pcf/assurance/standardName"},
    {"verif.provider", "/pcf/assurance/providerName"},
    {"verif.completedAt", "/pcf/assurance/completedAt"},
    {"declaration.id", "/id"},
    {"declaration.version", "/version"},
    {"declaration.status", "/status"},
    {"declaration.preceding", "/precedingPfIds/*"},
});

}  // namespace

const SourceFormat& pact_3_format() {
  static constexpr SourceFormat kFormat = {"pact-3", "PACT 3", kPact3};
  return kFormat;
}

const SourceFormat& pact_2_format() {
  static constexpr SourceFormat kFormat = {"pact-2", "PACT 2", kPact2};
  return kFormat;
}

}  // namespace footproof
