#include "ledger/state_part.h"

#include <algorithm>
#include <optional>

#include "attest/state_proof.h"

namespace footproof::ledger {
namespace {

using Kind = StateTree::Subtree::Kind;

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kBitsEach = 4;
constexpr std::size_t kDigitsMax = 64;

// The prefix as the first bits of a key.
Result<Digest> key_of(std::string_view prefix) {
  std::string digits(prefix);
  if (digits.size() > kDigitsMax) return fail(Errc::usage, "prefix: at most 64 hex digits");
  digits.resize(kDigitsMax, '0');
  auto key = digest_from_hex(digits);
  if (!key) return fail(Errc::usage, "prefix: hex digits in lower case");
  return key;
}

StateTree::Subtree joined(const StateTree::Subtree& left, const StateTree::Subtree& right) {
  if (left.kind == Kind::empty && right.kind != Kind::node) return right;
  if (right.kind == Kind::empty && left.kind != Kind::node) return left;
  return {Kind::node, state_node_hash(left.hash, right.hash)};
}

// The subtree of these branches, taking their kinds for what they say. One that says leaf in place
// of node, or the other way round, beside an empty subtree leads to another hash.
StateTree::Subtree subtree_of(const std::vector<StateBranch>& branches) {
  std::vector<StateTree::Subtree> row;
  for (const auto& branch : branches) row.push_back({branch.kind, branch.hash});
  while (row.size() > 1) {
    for (std::size_t i = 0; i < row.size() / 2; ++i) row[i] = joined(row[2 * i], row[2 * i + 1]);
    row.resize(row.size() / 2);
  }
  return row.front();
}

}  // namespace

Bytes encode(const StatePart& part) {
  ByteWriter out;
  out.u8(kVersion).u8(part.branches.empty() ? 1 : 0);
  for (const auto& branch : part.branches) {
    out.u8(static_cast<std::uint8_t>(branch.kind)).raw(branch.hash.view());
  }
  if (!part.branches.empty()) return std::move(out).take();
  out.u32(static_cast<std::uint32_t>(part.records.size()));
  for (const auto& [key, record] : part.records) out.raw(key.view()).sized(record);
  return std::move(out).take();
}

Result<StatePart> parse_state_part(ByteView bytes) {
  const auto malformed = [] { return fail(Errc::malformed, "part of the state: not one"); };
  if (bytes.size() > kStatePartBytesMax) return malformed();
  ByteReader in(bytes);
  if (in.u8() != kVersion) return fail(Errc::bad_version, "part of the state: of another version");
  const std::uint8_t form = in.u8();
  if (in.failed() || form > 1) return malformed();
  StatePart out;
  for (std::size_t i = 0; form == 0 && i < kStateBranches; ++i) {
    const std::uint8_t kind = in.u8();
    const auto hash = to_digest(in.take(Digest::kSize));
    if (!hash || kind > static_cast<std::uint8_t>(Kind::node)) return malformed();
    out.branches.push_back({static_cast<Kind>(kind), *hash});
    if ((out.branches.back().kind == Kind::empty) != (*hash == kStateEmpty)) return malformed();
  }
  const std::uint32_t records = form == 1 ? in.u32() : 0;
  if (records > kStatePartRecordsMax) return malformed();
  for (std::uint32_t i = 0; i < records; ++i) {
    const auto key = to_digest(in.take(Digest::kSize));
    const ByteView record = in.sized(kStatePartBytesMax);
    if (in.failed() || !key) return malformed();
    if (!out.records.empty() && *key <= out.records.back().first) return malformed();
    out.records.emplace_back(*key, to_bytes(record));
  }
  if (!in.exhausted()) return malformed();
  return out;
}

Result<StatePart> make_state_part(const Snapshot& snapshot, std::string_view prefix) {
  const auto at = key_of(prefix);
  if (!at) return fail(at.error());
  const StateTree& tree = snapshot.ledger().tree;
  const std::size_t bits = kBitsEach * prefix.size();
  const auto keys = tree.keys_below(*at, bits, kStatePartRecordsMax + 1);
  StatePart out;
  std::size_t size = 0;
  bool fits = keys.size() <= kStatePartRecordsMax;
  for (std::size_t i = 0; fits && i < keys.size(); ++i) {
    auto record = snapshot.record(keys[i]);
    if (!record) return fail(record.error());
    size += Digest::kSize + 4 + (*record)->size();
    fits = size <= kStatePartBytes || keys.size() == 1;
    out.records.emplace_back(keys[i], **std::move(record));
  }
  if (fits) return out;
  out.records.clear();
  for (std::size_t digit = 0; digit < kStateBranches; ++digit) {
    const auto below = key_of(std::string(prefix) + "0123456789abcdef"[digit]);
    if (!below) return fail(below.error());
    const auto subtree = tree.subtree(*below, bits + kBitsEach);
    out.branches.push_back({subtree.kind, subtree.hash});
  }
  return out;
}

Result<void> check_state_part(const StatePart& part, std::string_view prefix, const Digest& hash) {
  const auto at = key_of(prefix);
  if (!at) return fail(at.error());
  const auto bad = [&] {
    return fail(Errc::bad_proof,
                "part of the state below '" + std::string(prefix) + "': not that of its hash");
  };
  if (!part.branches.empty()) {
    // A lone leaf would be lifted from digit to digit, and whatever has this hash with it.
    const auto subtree = subtree_of(part.branches);
    if (subtree.kind != Kind::node || subtree.hash != hash) return bad();
    return {};
  }
  const std::size_t bits = kBitsEach * prefix.size();
  StateTree tree;
  for (const auto& [key, record] : part.records) {
    if (state_shared_bits(key, *at) < bits) return bad();
    tree.put(key, state_value_hash(record));
  }
  if (tree.subtree(*at, bits).hash != hash) return bad();
  return {};
}

}  // namespace footproof::ledger
