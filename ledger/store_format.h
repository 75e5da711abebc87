// How the store lays its values out in a key-value database: keys, and the short header before each
// value. The values are the hashed bytes themselves: no second codec per object.
//
// key   = one byte of kind ‖ parts, integers big-endian, so that byte order is log order.
// value = version u8 ‖ kind u8 ‖ length u32 ‖ checksum 8 ‖ bytes, the checksum over key and bytes:
// a value that stands under another's key is as damaged as one with a flipped bit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "attest/bytes.h"
#include "attest/digest.h"
#include "attest/result.h"
#include "ledger/executor.h"
#include "ledger/log.h"

namespace footproof::ledger::store_format {

enum class Kind : std::uint8_t {
  head = 'H',        // → head after the last block
  block = 'b',       // height → head after that block
  item = 'i',        // index → item kind ‖ statement or record
  record_at = 'r',   // index of a record → height
  entry = 'e',       // entry id → index
  subject = 'u',     // subject key → entry id
  state = 's',       // state key → record
  hash = 'h',        // tile level ‖ index → hash, while its tile is partial
  tile = 't',        // tile level ‖ index → full tile
  checkpoint = 'c',  // size → signed note, as published
  hop = 'p',         // epoch → the hop that ends it
  ordering = 'o',    // key of the ordering engine → its bytes
  posting = 'x',     // term of the history ‖ index → nothing
  history = 'X',     // → version of the terms that the postings were made of
};

[[nodiscard]] std::string head_key();
[[nodiscard]] std::string number_key(Kind kind, std::uint64_t number);
[[nodiscard]] std::string digest_key(Kind kind, const Digest& digest);
[[nodiscard]] std::string position_key(Kind kind, const TilePosition& position);
[[nodiscard]] std::string posting_key(const Digest& term, std::uint64_t index);
[[nodiscard]] std::string history_key();
// The index at the end of a posting_key.
[[nodiscard]] std::optional<std::uint64_t> posting_index(std::string_view key);
// The number at the end of a number_key of that kind; none if it is another key.
[[nodiscard]] std::optional<std::uint64_t> number_of(Kind kind, std::string_view key);
[[nodiscard]] std::optional<Digest> digest_of(Kind kind, std::string_view key);

// For people: "row 's' 3f…".
[[nodiscard]] std::string row_text(std::string_view key);

[[nodiscard]] std::string seal_value(std::string_view key, ByteView bytes);
// corrupt if anything disagrees. The view lives as long as `value` does.
[[nodiscard]] Result<ByteView> open_value(std::string_view key, std::string_view value);

[[nodiscard]] Bytes encode_head(const Head& head);
[[nodiscard]] Result<Head> decode_head(ByteView bytes);

}  // namespace footproof::ledger::store_format
