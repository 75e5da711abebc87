// The `.arranged` file (docs/formats.md §10): a catalogue that is not signed yet, because its
// accreditation body is to countersign it first (attest/late_anchoring.h).
//
// Places under a subject are random, so that the same declarations never lead to the same root
// twice. What was countersigned must be what is signed in the end: this file keeps the one order,
// with the filler, and which declaration stands where. Of use to the verifier alone, who keeps it
// to himself: it names his files and tells declarations from filler.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "attest/bytes.h"
#include "attest/late_anchoring.h"
#include "attest/result.h"
#include "attest/subject_tree.h"

namespace footproof {

inline constexpr std::size_t kArrangementSizeMax = std::size_t{256} * 1024 * 1024;
inline constexpr std::size_t kArrangedNameMax = 4096;

struct ArrangedMember {
  std::string file;  // as it was given; any bytes
  std::uint64_t position = 0;
  friend bool operator==(const ArrangedMember&, const ArrangedMember&) = default;
};

struct Arrangement {
  LateRequest request;
  SubjectTree tree;
  std::vector<ArrangedMember> members;  // in the verifier's order
};

[[nodiscard]] Bytes encode_arrangement(const Arrangement& arrangement);
// Strict: one spelling; the leaves lead to the request's own subject; two members at least, each at
// a place of its own.
[[nodiscard]] Result<Arrangement> parse_arrangement(ByteView bytes);

}  // namespace footproof
