// Ouranos Ecosystem (Japan). Cfp records: a list of exactly four for one part, own and components'
// emissions of pre-processing and of production. Only their sum is the footprint of the part. And
// the record of the part itself, which says whose it is and where it is made.
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
    {"dqr.te", "/*/dqrValue/TeR", Reading::highest},
    {"dqr.ge", "/*/dqrValue/GeR", Reading::highest},
    {"dqr.ti", "/*/dqrValue/TiR", Reading::highest},
    {"declaration.id", "/*/cfpId"},
});

constexpr auto kParts = std::to_array<MappingRow>({
    {"product.name", "/partsName"},
    {"product.ids", "/traceId", Reading::trace_id},
    {"declarant.ids", "/operatorId", Reading::trace_id},
    {"site.id", "/plantId", Reading::trace_id},
});

}  // namespace

const SourceFormat& ouranos_format() {
  static constexpr SourceFormat kFormat = {"ouranos-cfp", "Ouranos CFP records", kOuranos};
  return kFormat;
}

const SourceFormat& ouranos_parts_format() {
  static constexpr SourceFormat kFormat = {"ouranos-parts", "Ouranos parts record", kParts, true};
  return kFormat;
}

}  // namespace footproof
