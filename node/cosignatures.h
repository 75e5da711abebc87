// Cosignatures of log heads: their message between validators, and the book that gathers q of them
// into a published checkpoint (docs/formats.md §7).
//
// A cosignature counts only if it verifies under the cosign key of the validator whose link it came
// over. The book keeps the newest by timestamp for each (size, root, validator), for the
// kHeadsMax largest sizes; a validator that floods it only pushes out its own. A checkpoint is made
// only of a head that this node has executed itself. Core thread only; draws no signature itself
// but the serving node's log line.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "attest/key.h"
#include "attest/note.h"
#include "attest/result.h"
#include "attest/state_record.h"

namespace footproof::node {

// Of a head by a validator of the epoch that it lies in: set e alone cosigns the sizes above S(e-1)
// up to S(e), where its boundary block's record is the last.
struct Cosignature {
  std::uint64_t epoch = 0;
  std::uint64_t size = 0;
  Digest root;
  std::uint64_t time_s = 0;
  Bytes signature;  // 64 bytes
};

[[nodiscard]] Bytes encode_cosignature(const Cosignature& cosignature);
[[nodiscard]] Result<Cosignature> parse_cosignature(ByteView bytes);

// A head that q validators vouch for.
struct CosignedHead {
  std::uint64_t size = 0;
  Digest root;
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the 0 that <=> compares to for one.
  friend auto operator<=>(const CosignedHead&, const CosignedHead&) = default;
};

class CosignatureBook {
 public:
  static constexpr std::size_t kHeadsMax = 512;  // a validator

  // Of one epoch.
  CosignatureBook(std::string origin, const ValidatorsRecord& set);

  // True: it verifies and tells something new. False: known, too old, or of another epoch. An
  // error: it does not verify, and its sender is at fault.
  [[nodiscard]] Result<bool> add(std::size_t validator, const Cosignature& cosignature);
  // q cosignatures or more are here.
  [[nodiscard]] bool has_quorum(const CosignedHead& head) const;
  // The largest cosigned head of all, executed here or not.
  [[nodiscard]] std::optional<CosignedHead> largest() const;
  // Signed note: log line of this node, then exactly q cosignatures, those with the latest
  // timestamps, in byte order of key name. None below q.
  [[nodiscard]] std::optional<std::string> make_note(const CosignedHead& head,
                                                     const SigningKey& log_key) const;
  // T of what make_note() would give.
  [[nodiscard]] std::optional<std::uint64_t> as_of(const CosignedHead& head) const;
  // The epoch ends with this size: S(e). Larger heads count no more.
  void end_at(std::uint64_t size);
  // Forgets smaller heads.
  void drop_below(std::uint64_t size);

 private:
  struct Line {
    std::uint64_t time_s = 0;
    Bytes signature;
  };
  using Lines = std::map<std::size_t, Line>;  // by validator

  [[nodiscard]] std::vector<std::pair<std::size_t, Line>> best_lines(
      const CosignedHead& head) const;

  std::string origin_;
  std::uint64_t epoch_;
  std::vector<NoteKey> keys_;  // by index
  std::size_t quorum_;
  std::size_t faulty_max_;
  std::map<CosignedHead, Lines> heads_;
  std::vector<std::map<CosignedHead, bool>> of_validator_;  // which heads each has lines under
  std::uint64_t floor_;                                     // no head below
  std::uint64_t ceiling_ = UINT64_MAX;                      // and none above
};

}  // namespace footproof::node
