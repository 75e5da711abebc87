// The CBAM operator report as a table of two columns, for who keeps it in a spreadsheet
// (docs/core_profile.md). The same fields as its JSON form, written with dots, a list as several
// lines of one field:
//
//   field,value
//   format,footproof-cbam-report-1
//   goods.cnCode,72083900
//   operator.ids,urn:bpn:id:BPNL000000000001
//
// RFC 4180: fields in quotes where they hold commas, quotes or line breaks; a UTF-8 byte order mark
// is passed over, since spreadsheets write one. Any other CSV file is nobody's business here.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "attest/result.h"

namespace footproof {

inline constexpr std::string_view kCbamFormatName = "footproof-cbam-report-1";
inline constexpr std::size_t kCsvFieldsMax = 4096;  // lines of the form

// The report's JSON form; nothing if the text does not begin like the form. malformed, with the
// line, where it does and then is none.
[[nodiscard]] Result<std::optional<std::string>> cbam_json_from_csv(std::string_view text);

}  // namespace footproof
