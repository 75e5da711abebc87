// A validator's key that is in no set any more (docs/formats.md §6.6). It stays known for ever: in
// other hands it would stand in a trust policy twice, and what its former holder signed would count
// for another. Written by the boundary block that drops the key.
#pragma once

#include <cstdint>
#include <string>

#include "attest/bytes.h"
#include "attest/digest.h"
#include "attest/result.h"

namespace footproof {

enum class ValidatorKeyRole : std::uint8_t { vote, cosign, log };

struct RetiredKeyRecord {
  std::string validator;  // id
  ValidatorKeyRole role = ValidatorKeyRole::vote;
  std::uint64_t epoch = 0;  // the last in whose set it stood
  friend bool operator==(const RetiredKeyRecord&, const RetiredKeyRecord&) = default;
};

namespace state_key {
[[nodiscard]] Digest retired_key(const Digest& kid);
}

[[nodiscard]] Bytes encode(const RetiredKeyRecord& record);
[[nodiscard]] Result<RetiredKeyRecord> parse_retired_key_record(ByteView bytes);

}  // namespace footproof
