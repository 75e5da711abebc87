#include "attest/state_proof.h"

#include <algorithm>
#include <array>
#include <bit>

#include "attest/cbor.h"
#include "attest/check.h"

namespace footproof {
namespace {

constexpr std::array<std::uint8_t, 1> kLeafPrefix = {0x02};
constexpr std::array<std::uint8_t, 1> kNodePrefix = {0x03};

using Kind = StateTerminal::Kind;
using Claims = std::span<const StateClaim>;

// Walks a proof from the root, consuming siblings and terminals, and folds it into a root.
class Walk {
 public:
  explicit Walk(const StateProof& proof) : proof_(proof) {}

  // `claims` ascend by key.
  Result<Digest> run(Claims claims) {
    const auto root = visit(0, claims);
    if (!root) return fail(root.error());
    if (next_sibling_ != proof_.siblings.size()) {
      return fail(Errc::bad_proof, "state proof: siblings are left over");
    }
    if (next_terminal_ != proof_.terminals.size()) {
      return fail(Errc::bad_proof, "state proof: terminals are left over");
    }
    return root->hash;
  }

 private:
  // What stands at a place. Only of a terminal do we know that it is a single leaf.
  struct Subtree {
    Digest hash;
    bool is_leaf = false;
    [[nodiscard]] bool is_empty() const { return hash == kStateEmpty; }
  };

  // All of `claims` pass through this place, `depth` bits below the root. The recursion is bounded:
  // at kStateDepthMax every key has its terminal or the proof is refused.
  Result<Subtree> visit(std::size_t depth, Claims claims) {
    if (next_terminal_ == proof_.terminals.size()) {
      return fail(Errc::bad_proof, "state proof: too few terminals");
    }
    const StateTerminal& terminal = proof_.terminals[next_terminal_];
    if (terminal.depth < depth) {
      return fail(Errc::bad_proof, "state proof: a terminal stands above its keys");
    }
    if (terminal.depth == depth) {
      ++next_terminal_;
      return end_in(terminal, claims);
    }
    if (depth == kStateDepthMax) return fail(Errc::bad_proof, "state proof: too deep");

    const auto right_begin = std::ranges::find_if(
        claims, [&](const StateClaim& claim) { return state_key_bit(claim.key, depth); });
    const auto left_count = static_cast<std::size_t>(right_begin - claims.begin());
    const Claims left_claims = claims.first(left_count);
    const Claims right_claims = claims.subspan(left_count);
    // A side without claims is a sibling, taken before the other side is walked.
    const bool has_sibling = left_claims.empty() || right_claims.empty();
    auto sibling = has_sibling ? take_sibling() : Result<Subtree>(Subtree{});
    if (!sibling) return sibling;
    auto left = left_claims.empty() ? sibling : visit(depth + 1, left_claims);
    if (!left) return left;
    auto right = right_claims.empty() ? sibling : visit(depth + 1, right_claims);
    if (!right) return right;
    return join(*left, *right);
  }

  Result<Subtree> take_sibling() {
    if (next_sibling_ == proof_.siblings.size()) {
      return fail(Errc::bad_proof, "state proof: too few siblings");
    }
    return Subtree{proof_.siblings[next_sibling_++], false};
  }

  static Result<Subtree> end_in(const StateTerminal& terminal, Claims claims) {
    const auto present = [](const StateClaim& claim) { return claim.value_hash.has_value(); };
    const auto present_count = std::ranges::count_if(claims, present);
    if (terminal.kind == Kind::leaf) {
      if (present_count != 1) {
        return fail(Errc::bad_proof, "state proof: a leaf belongs to exactly one record");
      }
      const auto claim = std::ranges::find_if(claims, present);
      return Subtree{state_leaf_hash(claim->key, *claim->value_hash), true};
    }
    if (present_count != 0) {
      return fail(Errc::bad_proof, "state proof: a record has no leaf");
    }
    if (terminal.kind == Kind::empty) return Subtree{kStateEmpty, false};
    // Claims ascend, so the shared prefix of all is that of the first and the last.
    for (const StateClaim& claim : {claims.front(), claims.back()}) {
      if (state_shared_bits(claim.key, terminal.key) < terminal.depth) {
        return fail(Errc::bad_proof, "state proof: a foreign leaf stands elsewhere");
      }
    }
    for (const StateClaim& claim : claims) {
      if (claim.key == terminal.key) {
        return fail(Errc::bad_proof, "state proof: a foreign leaf is one of the asked keys");
      }
    }
    return Subtree{state_leaf_hash(terminal.key, terminal.value_hash), true};
  }

  // A node has at least two leaves below it: what has fewer would stand higher.
  static Result<Subtree> join(const Subtree& left, const Subtree& right) {
    if ((left.is_empty() && (right.is_empty() || right.is_leaf)) ||
        (right.is_empty() && left.is_leaf)) {
      return fail(Errc::bad_proof, "state proof: a terminal stands too deep");
    }
    return Subtree{state_node_hash(left.hash, right.hash), false};
  }

  const StateProof& proof_;
  std::size_t next_sibling_ = 0;
  std::size_t next_terminal_ = 0;
};

void write_terminal(cbor::Writer& out, const StateTerminal& terminal) {
  const bool foreign = terminal.kind == Kind::foreign;
  out.array(foreign ? 4 : 2).uint(terminal.depth).uint(static_cast<std::uint64_t>(terminal.kind));
  if (foreign) out.digest(terminal.key).digest(terminal.value_hash);
}

StateTerminal read_terminal(cbor::Reader& in) {
  StateTerminal terminal;
  const std::size_t count = in.field("terminal").array_between(2, 4);
  terminal.depth =
      static_cast<std::uint16_t>(in.field("terminal depth").uint_up_to(kStateDepthMax));
  terminal.kind = static_cast<Kind>(in.field("terminal kind").uint_up_to(2));
  const bool foreign = terminal.kind == Kind::foreign;
  if (count != (foreign ? 4U : 2U)) in.reject(Errc::malformed, "wrong number of items");
  if (foreign && !in.failed()) {
    terminal.key = in.field("foreign key").digest();
    terminal.value_hash = in.field("foreign value hash").digest();
  }
  return terminal;
}

// Reads the bitmap and the hashes of the siblings that it marks.
std::vector<Digest> read_siblings(cbor::Reader& in) {
  const auto count = in.field("sibling count").uint_up_to(kStateProofSiblingsMax);
  const ByteView bitmap = in.field("bitmap").bytes_of((count + 7) / 8);
  if (in.failed()) return {};
  std::size_t marked = 0;
  for (const std::uint8_t byte : bitmap) marked += static_cast<std::size_t>(std::popcount(byte));
  if (count % 8 != 0 && (bitmap.back() & (0xffU >> (count % 8))) != 0) {
    in.reject(Errc::malformed, "unused bits are set");
  }
  in.field("siblings").array_of(marked);
  std::vector<Digest> siblings;
  for (std::size_t i = 0; i < count && !in.failed(); ++i) {
    const bool is_marked = (bitmap[i / 8] & (0x80U >> (i % 8))) != 0;
    siblings.push_back(is_marked ? in.field("sibling").digest() : kStateEmpty);
    if (is_marked && siblings.back() == kStateEmpty) {
      in.reject(Errc::malformed, "an empty sibling is marked as not empty");
    }
  }
  return siblings;
}

}  // namespace

Digest state_value_hash(ByteView record) { return sha256(record); }

Digest state_leaf_hash(const Digest& key, const Digest& value_hash) {
  return sha256({kLeafPrefix, key.view(), value_hash.view()});
}

Digest state_node_hash(const Digest& left, const Digest& right) {
  return sha256({kNodePrefix, left.view(), right.view()});
}

bool state_key_bit(const Digest& key, std::size_t depth) {
  CHECK(depth < kStateDepthMax);
  return (key.bytes[depth / 8] & (0x80U >> (depth % 8))) != 0;
}

std::size_t state_shared_bits(const Digest& a, const Digest& b) {
  for (std::size_t i = 0; i < Digest::kSize; ++i) {
    const auto differ = static_cast<std::uint8_t>(a.bytes[i] ^ b.bytes[i]);
    if (differ != 0) return i * 8 + static_cast<std::size_t>(std::countl_zero(differ));
  }
  return kStateDepthMax;
}

Bytes encode(const StateProof& proof) {
  Bytes bitmap((proof.siblings.size() + 7) / 8);
  std::size_t marked = 0;
  for (std::size_t i = 0; i < proof.siblings.size(); ++i) {
    if (proof.siblings[i] == kStateEmpty) continue;
    bitmap[i / 8] = static_cast<std::uint8_t>(bitmap[i / 8] | (0x80U >> (i % 8)));
    ++marked;
  }
  cbor::Writer out;
  out.array(4).uint(proof.siblings.size()).bytes(bitmap).array(marked);
  for (const Digest& sibling : proof.siblings) {
    if (sibling != kStateEmpty) out.digest(sibling);
  }
  out.array(proof.terminals.size());
  for (const StateTerminal& terminal : proof.terminals) write_terminal(out, terminal);
  return std::move(out).take();
}

Result<StateProof> parse_state_proof(ByteView bytes) {
  cbor::Reader in(bytes, "state proof");
  in.array_of(4);
  StateProof proof;
  proof.siblings = read_siblings(in);
  const std::size_t terminals = in.field("terminals").array_between(1, kStateProofKeysMax);
  for (std::size_t i = 0; i < terminals && !in.failed(); ++i) {
    proof.terminals.push_back(read_terminal(in));
  }
  if (const auto end = in.finish(); !end) return fail(end.error());
  return proof;
}

Result<Digest> state_root_from(const StateProof& proof, std::span<const StateClaim> claims) {
  if (claims.empty() || claims.size() > kStateProofKeysMax) {
    return fail(Errc::usage, "state proof: 1 to 64 keys");
  }
  std::vector<StateClaim> sorted(claims.begin(), claims.end());
  std::ranges::sort(sorted, {}, &StateClaim::key);
  if (std::ranges::adjacent_find(sorted, {}, &StateClaim::key) != sorted.end()) {
    return fail(Errc::usage, "state proof: a key is asked for twice");
  }
  return Walk(proof).run(sorted);
}

Result<void> verify_state_proof(const StateProof& proof, const Digest& root,
                                std::span<const StateClaim> claims) {
  const auto computed = state_root_from(proof, claims);
  if (!computed) return fail(computed.error());
  if (*computed != root) return fail(Errc::bad_proof, "state proof: leads to another root");
  return {};
}

}  // namespace footproof
