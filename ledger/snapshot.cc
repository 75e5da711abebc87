#include "ledger/snapshot.h"

#include <utility>

#include "attest/block_record.h"
#include "attest/check.h"
#include "attest/statement.h"
#include "ledger/tiles.h"

namespace footproof::ledger {
namespace {

// The first index of a bundle or tile, or why it is not served.
Result<std::uint64_t> tile_begin(std::uint32_t level, std::uint64_t index, std::uint32_t width,
                                 std::uint64_t log_size) {
  if (width == 0 || width > kTileWidth) {
    return fail(Errc::usage, "tile width: must be 1 to 256");
  }
  if (level >= kTileLevels || width > tile_width(level, index, log_size)) {
    return fail(Errc::not_found, "tile: the log does not reach that far");
  }
  return index * kTileWidth;
}

Result<void> check_declaration(const Statement& statement,
                               const std::optional<Digest>& declaration_root) {
  if (!declaration_root) return {};
  const auto* attestation = statement.as<Attestation>();
  if (attestation != nullptr && attestation->count > 1) return {};
  return fail(Errc::usage,
              "declaration root: only for an attestation of more than one declaration");
}

}  // namespace

Result<std::vector<Digest>> Snapshot::inclusion(std::uint64_t index, std::uint64_t size) const {
  if (size > head().log_size) return fail(Errc::usage, "size: above that of the log");
  return log_inclusion(*this, index, size);
}

Result<std::vector<Digest>> Snapshot::consistency(std::uint64_t from, std::uint64_t to) const {
  if (to > head().log_size) return fail(Errc::usage, "size: above that of the log");
  return log_consistency(*this, from, to);
}

Result<StateAnswer> Snapshot::prove_state(std::span<const Digest> keys) const {
  auto proof = ledger().tree.prove(keys);
  if (!proof) return fail(proof.error());
  StateAnswer answer;
  answer.proof = encode(*proof);
  for (const Digest& key : keys) {
    auto bytes = record(key);
    if (!bytes) return fail(bytes.error());
    answer.records.push_back(std::move(*bytes));
  }
  return answer;
}

Result<LoggedRecord> Snapshot::last_record() const {
  const std::uint64_t size = head().log_size;
  if (size == 0) return fail(Errc::not_found, "the log is empty");
  auto record = item(size - 1);
  if (!record) return fail(record.error());
  auto path = inclusion(size - 1, size);
  if (!path) return fail(path.error());
  return LoggedRecord{std::move(record->bytes), std::move(*path)};
}

Result<Receipt> Snapshot::make_receipt(const Digest& entry_id,
                                       const std::optional<Digest>& declaration_root) const {
  if (checkpoint().empty()) return fail(Errc::not_found, "no checkpoint of this head yet");
  auto entry = logged(entry_id);
  if (!entry) return fail(entry.error());
  if (!*entry) return fail(Errc::not_found, "no entry " + entry_id.hex());
  auto statement = parse_statement((*entry)->statement);
  if (!statement) return fail(Errc::corrupt, "logged statement: " + statement.error().detail);
  if (auto checked = check_declaration(*statement, declaration_root); !checked) {
    return fail(checked.error());
  }
  const std::uint64_t size = head().log_size;
  Receipt receipt;
  receipt.index = (*entry)->index;
  receipt.statement = std::move((*entry)->statement);
  receipt.checkpoint = checkpoint();
  receipt.declaration_root = declaration_root;
  auto path = inclusion(receipt.index, size);
  if (!path) return fail(path.error());
  receipt.path = std::move(*path);
  auto own = own_record(receipt.index);
  if (!own) return fail(own.error());
  if (own->index != size - 1) {
    auto own_path = inclusion(own->index, size);
    if (!own_path) return fail(own_path.error());
    receipt.own_record = LoggedRecord{std::move(own->bytes), std::move(*own_path)};
  }
  auto last = last_record();
  if (!last) return fail(last.error());
  receipt.last_record = std::move(*last);
  auto state = prove_state(receipt_state_keys(*statement, declaration_root));
  if (!state) return fail(state.error());
  receipt.state_records = std::move(state->records);
  receipt.state_proof = std::move(state->proof);
  return receipt;
}

Result<Bytes> Snapshot::tile(std::uint32_t level, std::uint64_t index, std::uint32_t width) const {
  auto begin = tile_begin(level, index, width, head().log_size);
  if (!begin) return fail(begin.error());
  auto hashes = tile_hashes(level, *begin, width);
  if (!hashes) return fail(hashes.error());
  return tile_body(*hashes);
}

Result<Bytes> Snapshot::entry_bundle(std::uint64_t index, std::uint32_t width) const {
  auto begin = tile_begin(0, index, width, head().log_size);
  if (!begin) return fail(begin.error());
  std::vector<Digest> entries;
  for (std::uint32_t at = 0; at < width; ++at) {
    auto logged = item(*begin + at);
    if (!logged) return fail(logged.error());
    entries.push_back(logged->entry);
  }
  return ledger::entry_bundle(entries);
}

Result<Bytes> Snapshot::statement_bundle(std::uint64_t index, std::uint32_t width) const {
  auto begin = tile_begin(0, index, width, head().log_size);
  if (!begin) return fail(begin.error());
  Bytes bundle;
  for (std::uint32_t at = 0; at < width; ++at) {
    auto logged = item(*begin + at);
    if (!logged) return fail(logged.error());
    append_statement(bundle, logged->bytes);
  }
  return bundle;
}

}  // namespace footproof::ledger
