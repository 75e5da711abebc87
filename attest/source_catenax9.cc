// Catena-X io.catenax.pcf 9: the content of 8, nested, and every node is an array. Its emissions
// are those of the production stage.
#include <array>

#include "attest/source_formats.h"

namespace footproof {
namespace {

constexpr auto kCatenax9 = std::to_array<MappingRow>({
    {"product.cn", "/companyAndProductInformation/*/productInformation/*/productClassifications/*",
     Reading::cn},
    {"product.name", "/companyAndProductInformation/*/productInformation/*/productNameCompany"},
    {"product.ids", "/companyAndProductInformation/*/productInformation/*/productIds/*"},
    {"product.gtin", "/companyAndProductInformation/*/productInformation/*/productIds/*",
     Reading::gtin},
    {"product.gtin",
     "/companyAndProductInformation/*/productInformation/*/productClassifications/*",
     Reading::gtin},
    {"product.cpc", "/companyAndProductInformation/*/productInformation/*/productClassifications/*",
     Reading::cpc},
    {"declarant.name", "/companyAndProductInformation/*/companyInformation/*/companyName"},
    {"declarant.ids", "/companyAndProductInformation/*/companyInformation/*/companyIds/*"},
    {"geo.region",
     "/pcfAssessmentAndMethodology/*/pcfAssessmentInformation/*/geography/*/"
     "geographyRegionOrSubregion"},
    {"geo.country",
     "/pcfAssessmentAndMethodology/*/pcfAssessmentInformation/*/geography/*/geographyCountry"},
    {"geo.subdivision",
     "/pcfAssessmentAndMethodology/*/pcfAssessmentInformation/*/geography/*/"
     "geographyCountrySubdivision"},
    {"period.start",
     "/pcfAssessmentAndMethodology/*/pcfAssessmentInformation/*/time/*/referencePeriodStart"},
    {"period.end",
     "/pcfAssessmentAndMethodology/*/pcfAssessmentInformation/*/time/*/referencePeriodEnd"},
    {"validity.start",
     "/pcfAssessmentAndMethodology/*/pcfAssessmentInformation/*/time/*/validityPeriodStart"},
    {"validity.end",
     "/pcfAssessmentAndMethodology/*/pcfAssessmentInformation/*/time/*/validityPeriodEnd"},
    {"unit.measure",
     "/companyAndProductInformation/*/productInformation/*/declaredUnitOfMeasurement"},
    {"unit.amount", "/companyAndProductInformation/*/productInformation/*/declaredUnitAmount"},
    {"unit.mass",
     "/companyAndProductInformation/*/productInformation/*/productMassPerDeclaredUnit"},
    {"boundary", "/scopeOfPcfForm/*/partialFullPcf"},
    {"value.exclBiogenic",
     "/productLifeCycleStagesAndEmissions/*/productionStage/*/pcfExcludingBiogenicUptake"},
    {"value.inclBiogenic",
     "/productLifeCycleStagesAndEmissions/*/productionStage/*/pcfIncludingBiogenicUptake"},
    {"value.fossil", "/productLifeCycleStagesAndEmissions/*/productionStage/*/fossilGhgEmissions"},
    {"value.luc",
     "/productLifeCycleStagesAndEmissions/*/productionStage/*/landUseChangeGhgEmissions"},
    {"value.lmEmis",
     "/productLifeCycleStagesAndEmissions/*/productionStage/*/landManagementBiogenicCO2Emissions"},
    {"value.lmRem",
     "/productLifeCycleStagesAndEmissions/*/productionStage/*/landManagementBiogenicCO2Removals"},
    {"value.bioNonCo2",
     "/productLifeCycleStagesAndEmissions/*/productionStage/*/biogenicNonCO2Emissions"},
    {"value.uptake", "/productLifeCycleStagesAndEmissions/*/productionStage/*/biogenicCO2Uptake"},
    {"value.aircraft",
     "/productLifeCycleStagesAndEmissions/*/productionStage/*/aircraftGhgEmissions"},
    {"stage.production",
     "/productLifeCycleStagesAndEmissions/*/productionStage/*/pcfExcludingBiogenicUptake"},
    {"stage.packaging",
     "/productLifeCycleStagesAndEmissions/*/packagingStage/*/packagingPcfExcludingBiogenicUptake"},
    {"stage.distribution",
     "/productLifeCycleStagesAndEmissions/*/distributionStage/*/"
     "distributionStagePcfExcludingBiogenicUptake"},
    {"method.standards",
     "/pcfAssessmentAndMethodology/*/pcfMethodology/*/standards/*/crossSectoralStandards/*",
     Reading::standard},
    {"method.rules",
     "/pcfAssessmentAndMethodology/*/pcfMethodology/*/standards/*/productOrSectorSpecificRules/*"},
    {"method.gwp",
     "/pcfAssessmentAndMethodology/*/pcfMethodology/*/gwpCharacterizationFactorDetails/*/"
     "ipccCharacterizationFactors"},
    {"method.exemptedPct",
     "/pcfAssessmentAndMethodology/*/pcfAssessmentInformation/*/boundarySpecifications/*/"
     "exemptedEmissionsPercent"},
    {"method.pds", "/pcfAssessmentAndMethodology/*/dataSourcesAndQuality/*/primaryDataShare"},
    {"dqr.te", "/pcfAssessmentAndMethodology/*/dataSourcesAndQuality/*/technologicalDQR"},
    {"dqr.ge", "/pcfAssessmentAndMethodology/*/dataSourcesAndQuality/*/geographicalDQR"},
    {"dqr.ti", "/pcfAssessmentAndMethodology/*/dataSourcesAndQuality/*/temporalDQR"},
    {"lci",
     "/pcfAssessmentAndMethodology/*/dataSourcesAndQuality/*/secondaryEmissionFactorSources/*",
     Reading::name},
    {"massBalance.used",
     "/pcfAssessmentAndMethodology/*/pcfMethodology/*/massBalancingInformation/*/"
     "massBalancingUsed"},
    {"massBalance.scheme",
     "/pcfAssessmentAndMethodology/*/pcfMethodology/*/massBalancingInformation/*/"
     "massBalancingCertificateScheme"},
    {"verif.party", "/attestationOfConformance/*/attestationType", Reading::attestation},
    {"verif.coverage", "/attestationOfConformance/*/attestationType", Reading::attestation},
    {"verif.standard", "/attestationOfConformance/*/attestationStandard"},
    {"verif.provider", "/attestationOfConformance/*/providerName"},
    {"verif.completedAt", "/attestationOfConformance/*/completedAt"},
    {"verif.reportNo", "/attestationOfConformance/*/attestationOfConformanceId"},
    {"declaration.id",
     "/pcfAssessmentAndMethodology/*/pcfAssessmentInformation/*/idAndVersion/*/id"},
    {"declaration.version",
     "/pcfAssessmentAndMethodology/*/pcfAssessmentInformation/*/idAndVersion/*/version"},
    {"declaration.status",
     "/pcfAssessmentAndMethodology/*/pcfAssessmentInformation/*/idAndVersion/*/status"},
    {"declaration.preceding",
     "/pcfAssessmentAndMethodology/*/pcfAssessmentInformation/*/idAndVersion/*/precedingPfIds/*/"
     "id"},
});

}  // namespace

const SourceFormat& catenax_9_format() {
  static constexpr SourceFormat kFormat = {"catenax-9", "Catena-X PCF 9", kCatenax9};
  return kFormat;
}

}  // namespace footproof
