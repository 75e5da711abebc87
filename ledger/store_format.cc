#include "ledger/store_format.h"

#include <utility>

namespace footproof::ledger::store_format {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kChecksumSize = 8;
constexpr std::size_t kHeaderSize = 1 + 1 + 4 + kChecksumSize;
constexpr std::size_t kNumberKeySize = 1 + 8;
constexpr std::size_t kDigestKeySize = 1 + Digest::kSize;

std::string key_of(Kind kind, const ByteWriter& parts) {
  std::string key(1, static_cast<char>(kind));
  key += as_text(parts.bytes());
  return key;
}

Bytes checksum(std::string_view key, ByteView bytes) {
  const Digest digest = tagged_hash("footproof/value/v1", {as_bytes(key), bytes});
  return to_bytes(digest.view().first(kChecksumSize));
}

Digest take_digest(ByteReader& in) {
  auto digest = to_digest(in.take(Digest::kSize));
  return digest ? *digest : Digest{};
}

}  // namespace

std::string head_key() { return {static_cast<char>(Kind::head)}; }

std::string number_key(Kind kind, std::uint64_t number) {
  return key_of(kind, ByteWriter().u64(number));
}

std::string digest_key(Kind kind, const Digest& digest) {
  return key_of(kind, ByteWriter().raw(digest.view()));
}

std::string position_key(Kind kind, const TilePosition& position) {
  return key_of(kind,
                ByteWriter().u8(static_cast<std::uint8_t>(position.level)).u64(position.index));
}

std::string posting_key(const Digest& term, std::uint64_t index) {
  return key_of(Kind::posting, ByteWriter().raw(term.view()).u64(index));
}

std::string history_key() { return {static_cast<char>(Kind::history)}; }

std::optional<std::uint64_t> posting_index(std::string_view key) {
  if (key.size() != kDigestKeySize + 8 || key[0] != static_cast<char>(Kind::posting)) {
    return std::nullopt;
  }
  return ByteReader(as_bytes(key.substr(kDigestKeySize))).u64();
}

std::optional<std::uint64_t> number_of(Kind kind, std::string_view key) {
  if (key.size() != kNumberKeySize || key[0] != static_cast<char>(kind)) return std::nullopt;
  return ByteReader(as_bytes(key.substr(1))).u64();
}

std::optional<Digest> digest_of(Kind kind, std::string_view key) {
  if (key.size() != kDigestKeySize || key[0] != static_cast<char>(kind)) return std::nullopt;
  ByteReader in(as_bytes(key.substr(1)));
  return take_digest(in);
}

std::string seal_value(std::string_view key, ByteView bytes) {
  ByteWriter out;
  out.u8(kVersion).u8(static_cast<std::uint8_t>(key[0]));
  out.u32(static_cast<std::uint32_t>(bytes.size())).raw(checksum(key, bytes)).raw(bytes);
  return std::string(as_text(out.bytes()));
}

std::string row_text(std::string_view key) {
  return "row '" + std::string(key.substr(0, 1)) + "' " + to_hex(as_bytes(key.substr(1)));
}

Result<ByteView> open_value(std::string_view key, std::string_view value) {
  const auto damaged = [&](const char* why) {
    return fail(Errc::corrupt, "database-damaged: " + row_text(key) + ": wrong " + why);
  };
  if (value.size() < kHeaderSize) return damaged("length");
  ByteReader in(as_bytes(value));
  if (in.u8() != kVersion) return damaged("version");
  if (in.u8() != static_cast<std::uint8_t>(key[0])) return damaged("kind");
  const std::uint32_t size = in.u32();
  const ByteView sum = in.take(kChecksumSize);
  if (in.remaining() != size) return damaged("length");
  if (!equal(checksum(key, in.rest()), sum)) return damaged("checksum");
  return in.rest();
}

Bytes encode_head(const Head& head) {
  ByteWriter out;
  out.raw(head.chain_id.view()).u64(head.height).u64(head.epoch).u64(head.time_ms);
  out.raw(head.block_id.view()).u64(head.log_size).raw(head.log_root.view());
  out.raw(head.state_root.view()).u64(head.record_height).u64(head.record_time_ms);
  return std::move(out).take();
}

Result<Head> decode_head(ByteView bytes) {
  ByteReader in(bytes);
  Head head;
  head.chain_id = take_digest(in);
  head.height = in.u64();
  head.epoch = in.u64();
  head.time_ms = in.u64();
  head.block_id = take_digest(in);
  head.log_size = in.u64();
  head.log_root = take_digest(in);
  head.state_root = take_digest(in);
  head.record_height = in.u64();
  head.record_time_ms = in.u64();
  if (!in.exhausted()) return fail(Errc::corrupt, "database-damaged: head: wrong length");
  return head;
}

}  // namespace footproof::ledger::store_format
