// The mapping tables, one file each. Private to source_format.cc.
#pragma once

#include "attest/source_format.h"

namespace footproof {

[[nodiscard]] const SourceFormat& pact_3_format();
[[nodiscard]] const SourceFormat& pact_2_format();
[[nodiscard]] const SourceFormat& catenax_7_format();
[[nodiscard]] const SourceFormat& catenax_8_format();
[[nodiscard]] const SourceFormat& catenax_9_format();
[[nodiscard]] const SourceFormat& ouranos_format();
[[nodiscard]] const SourceFormat& ouranos_parts_format();
[[nodiscard]] const SourceFormat& cbam_format();

}  // namespace footproof
