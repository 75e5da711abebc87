// Ouranos Ecosystem (Japan), Cfp records: a list of exactly four for one part, own and components'
// emissions of pre-processing and of production. Only their sum is the footprint of the part.
#include <array>

#include "attest/source_formats.h"

namespace footproof {
namespace {

constexpr auto kOuranos = std::to_array<MappingRow>({
    {"product.ids", "/*/traceId", Reading::trace_id},
    {"unit.measure", "/*/ghgDeclaredUnit", Reading::per_unit},
    {"unit.amount", "", Reading::constant, "1"},
    {"boundary", "", Reading::constant, "cradle-to-gate"},
    {"value.exclBiogenic", "/*/ghgEmission", Reading::sum},
    {"declaration.id", "/*/cfpId"},
});

}  // namespace

const SourceFormat& ouranos_format() {
  static constexpr SourceFormat kFormat = {"ouranos-cfp", "Ouranos CFP records", kOuranos};
  return kFormat;
}

}  // namespace footproof
