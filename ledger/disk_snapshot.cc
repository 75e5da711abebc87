#include "ledger/disk_snapshot.h"

#include <utility>

#include "attest/block_record.h"
#include "ledger/store_format.h"

namespace footproof::ledger {
namespace {

namespace format = store_format;
using format::Kind;

Result<LogItem> decode_item(std::uint64_t index, ByteView bytes) {
  ByteReader in(bytes);
  const std::uint8_t kind = in.u8();
  if (in.failed() || kind > static_cast<std::uint8_t>(ItemKind::record)) {
    return fail(Errc::corrupt, "database-damaged: entry " + std::to_string(index));
  }
  LogItem item;
  item.index = index;
  item.kind = static_cast<ItemKind>(kind);
  item.bytes = to_bytes(in.rest());
  item.entry =
      item.kind == ItemKind::record ? block_record_entry(item.bytes) : statement_entry(item.bytes);
  return item;
}

Result<std::vector<Digest>> decode_tile(ByteView bytes) {
  if (bytes.size() != kTileWidth * Digest::kSize) {
    return fail(Errc::corrupt, "database-damaged: a tile of wrong length");
  }
  std::vector<Digest> hashes(kTileWidth);
  ByteReader in(bytes);
  for (Digest& hash : hashes) {
    auto digest = to_digest(in.take(Digest::kSize));
    if (!digest) return fail(digest.error());
    hash = *digest;
  }
  return hashes;
}

}  // namespace

Result<std::optional<Bytes>> DiskSnapshot::record(const Digest& state_key) const {
  auto bytes = reading_->find(format::digest_key(Kind::state, state_key));
  if (!bytes) return fail(bytes.error());
  // The tree in memory is what proofs are made of: a record that it does not hold, or holds
  // otherwise, must not leave this node.
  const auto expected = ledger_.tree.find(state_key);
  const bool same = bytes->has_value() == expected.has_value() &&
                    (!expected || state_value_hash(**bytes) == *expected);
  if (!same) return fail(Errc::corrupt, "database-damaged: a state record is not the tree's");
  return std::move(*bytes);
}

Result<std::optional<LoggedStatement>> DiskSnapshot::logged(const Digest& entry_id) const {
  auto place = reading_->find(format::digest_key(Kind::entry, entry_id));
  if (!place) return fail(place.error());
  if (!*place) return std::optional<LoggedStatement>();
  ByteReader in(**place);
  LoggedStatement logged;
  logged.index = in.u64();
  logged.recorded_ms = in.u64();
  if (!in.exhausted()) return fail(Errc::corrupt, "database-damaged: index of entries");
  auto found = item(logged.index);
  if (!found) return fail(found.error());
  logged.statement = std::move(found->bytes);
  return std::optional<LoggedStatement>(std::move(logged));
}

Result<std::optional<Digest>> DiskSnapshot::entry_of(std::string_view issuer,
                                                     std::string_view subject) const {
  auto id = reading_->find(format::digest_key(Kind::subject, subject_key(issuer, subject)));
  if (!id) return fail(id.error());
  if (!*id) return std::optional<Digest>();
  auto digest = to_digest(**id);
  if (!digest) return fail(Errc::corrupt, "database-damaged: index of subjects");
  return std::optional<Digest>(*digest);
}

Result<std::vector<Digest>> DiskSnapshot::tile_hashes(std::uint32_t level, std::uint64_t first,
                                                      std::size_t count) const {
  const std::uint64_t tile = first / kTileWidth;
  const auto begin = static_cast<std::size_t>(first % kTileWidth);
  if (level >= kTileLevels || begin + count > kTileWidth) {
    return fail(Errc::usage, "tile hashes: not of one tile");
  }
  std::vector<Digest> hashes;
  if (tile == (ledger_.log.size() >> (8 * level)) / kTileWidth) {
    hashes = ledger_.log.partial(level);
  } else {
    auto bytes = reading_->get(format::position_key(Kind::tile, {level, tile}), "tile of the log");
    if (!bytes) return fail(bytes.error());
    auto decoded = decode_tile(*bytes);
    if (!decoded) return fail(decoded.error());
    hashes = std::move(*decoded);
  }
  if (begin + count > hashes.size()) return fail(Errc::usage, "tile hashes: beyond the log");
  return std::vector<Digest>(hashes.begin() + static_cast<std::ptrdiff_t>(begin),
                             hashes.begin() + static_cast<std::ptrdiff_t>(begin + count));
}

Result<LogItem> DiskSnapshot::item(std::uint64_t index) const {
  if (index >= ledger_.log.size()) return fail(Errc::usage, "index: beyond the log");
  auto bytes = reading_->get(format::number_key(Kind::item, index), "entry of the log");
  if (!bytes) return fail(bytes.error());
  return decode_item(index, *bytes);
}

Result<LogItem> DiskSnapshot::own_record(std::uint64_t index) const {
  if (index >= ledger_.log.size()) return fail(Errc::usage, "index: beyond the log");
  auto key = reading_->first_from(format::number_key(Kind::record_at, index));
  if (!key) return fail(key.error());
  std::optional<std::uint64_t> place;
  if (*key) place = format::number_of(Kind::record_at, **key);
  if (!place) return fail(Errc::corrupt, "database-damaged: no block record after an entry");
  return item(*place);
}

Result<std::vector<std::uint64_t>> DiskSnapshot::postings(const Digest& term, std::uint64_t from,
                                                          std::size_t count) const {
  auto keys = reading_->keys_from(format::posting_key(term, from),
                                  format::digest_key(Kind::posting, term), count);
  if (!keys) return fail(keys.error());
  std::vector<std::uint64_t> indexes;
  for (const std::string& key : *keys) {
    const auto index = format::posting_index(key);
    if (!index) return fail(Errc::corrupt, "database-damaged: key of the history");
    indexes.push_back(*index);
  }
  return indexes;
}

}  // namespace footproof::ledger
