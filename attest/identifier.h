// The three kinds of names that may stand on the ledger (docs/formats.md §1). There is no free text
// there: no name of a declarant, no remark, only closed codes and these.
#pragma once

#include <string_view>

namespace footproof {

inline constexpr std::size_t kIdSizeMax = 64;
inline constexpr std::size_t kUriSizeMax = 256;
inline constexpr std::size_t kLegalNameSizeMax = 128;

// [A-Za-z0-9._-]{1,64}: accreditation, scheme, standard, scope, regime, validator, database ids.
[[nodiscard]] bool is_id(std::string_view text);

// A party URI: "scheme:rest", visible ASCII without upper case and without any of "<>\^`{|},
// at most 256 bytes. Compared by bytes.
[[nodiscard]] bool is_party_uri(std::string_view text);

// "urn:uuid:" and a random (version 4) UUID in lower case: the subject of a statement.
[[nodiscard]] bool is_uuid_urn(std::string_view text);

// The registered name of a legal person: UTF-8, 1 to 128 bytes, no control characters, no space at
// either end.
[[nodiscard]] bool is_legal_name(std::string_view text);

}  // namespace footproof
