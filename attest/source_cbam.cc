// The operator's emissions report under CBAM, in a form of our own: the regulation (EU) 2025/2546
// and 2025/2547 says what it must contain and names no machine-readable format. One report is of
// one installation, one period and one kind of goods.
//
// Figures are tCO2e per tonne, or per MWh of electricity, which is kgCO2e per kilogram, or per
// kilowatt-hour: the declared unit of the core.
#include <array>

#include "attest/source_formats.h"

namespace footproof {
namespace {

constexpr auto kCbam = std::to_array<MappingRow>({
    {"product.cn", "/goods/cnCode"},
    {"product.name", "/goods/name"},
    {"product.ids", "/goods/ids/*"},
    {"product.gtin", "/goods/ids/*", Reading::gtin},
    {"declarant.name", "/operator/name"},
    {"declarant.ids", "/operator/ids/*"},
    {"site.id", "/installation/id"},
    {"geo.country", "/installation/country"},
    {"geo.country", "/installation/subdivision", Reading::country_part},
    {"geo.subdivision", "/installation/subdivision"},
    {"period.start", "/period/start"},
    {"period.end", "/period/end"},
    {"unit.measure", "/goods/unit", Reading::unit_of_goods},
    {"unit.amount", "", Reading::constant, "1"},
    {"unit.mass", "/goods/unit", Reading::mass_of_goods},
    {"boundary", "", Reading::constant, "cradle-to-gate"},
    {"value.exclBiogenic", "/emissions/total"},
    {"value.direct", "/emissions/direct"},
    {"value.indirect", "/emissions/indirect"},
    {"value.formula", "", Reading::constant, "cbam"},
    {"method.standards", "/method/standards/*", Reading::standard},
    {"method.rules", "/method/rules/*"},
    {"method.pds", "/method/primaryDataShare"},
    {"lci", "/method/factors/*", Reading::name_version},
    {"quantity.verified", "/goods/quantity"},
    {"quantity.unit", "/goods/unit"},
    {"verif.party", "", Reading::constant, "third"},
    {"verif.level", "/verification/level"},
    {"verif.coverage", "", Reading::constant, "installation"},
    {"verif.standard", "/verification/standard"},
    {"verif.provider", "/verification/verifier"},
    {"verif.completedAt", "/verification/completedAt"},
    {"verif.reportNo", "/verification/reportNumber"},
    {"verif.siteVisit", "/verification/siteVisit"},
    {"verif.signatory", "/verification/signatory"},
    {"declaration.id", "/report/id"},
    {"declaration.version", "/report/version"},
    {"declaration.preceding", "/report/replaces/*"},
});

}  // namespace

const SourceFormat& cbam_format() {
  static constexpr SourceFormat kFormat = {"cbam-report", "CBAM operator report", kCbam};
  return kFormat;
}

}  // namespace footproof
