// How answers look: JSON, and problem details (RFC 9457) for everything that is not a success.
//
// A problem's `type` is stable and ours: urn:footproof:problem:<type>, or for a statement that the
// rules forbid urn:footproof:refusal:<reason>. Details name fields, never values of a declarant.
// Bytes in JSON are base64 (RFC 4648 §4), digests lower-case hex, instants milliseconds.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "api/http.h"
#include "api/reader.h"
#include "attest/digest.h"
#include "attest/result.h"

namespace footproof::api {

[[nodiscard]] Response json_answer(int status, const nlohmann::ordered_json& body);
[[nodiscard]] Response bytes_answer(Bytes body, const char* content_type,
                                    const char* cache_control);

[[nodiscard]] Response problem(int status, std::string_view type, std::string_view title,
                               std::string_view detail);
// Whose fault decides: 400, 404, 503; our own troubles are 500 without their text.
[[nodiscard]] Response problem(const Error& error);

// One statement's answer: 201, 202, 422, 503 or 404.
[[nodiscard]] Response statement_answer(const Digest& entry_id, const Answer& answer);
[[nodiscard]] int status_of(const Answer& answer);

[[nodiscard]] std::string entry_path(const Digest& entry_id);  // "/v1/entries/<hex>"
[[nodiscard]] nlohmann::ordered_json to_json(const Refusal& refusal);
[[nodiscard]] nlohmann::ordered_json to_json(const std::vector<Digest>& path);
[[nodiscard]] nlohmann::ordered_json to_json(const Health& health);

}  // namespace footproof::api
