#include "attest/accusation.h"

#include <algorithm>
#include <map>

#include "attest/cbor.h"
#include "attest/merkle.h"
#include "attest/note.h"
#include "attest/state_check.h"
#include "attest/state_record.h"

namespace footproof {
namespace {

constexpr std::string_view kTag = "footproof/accusation/v1";
constexpr std::string_view kVoteTag = "footproof/vote/v1";
constexpr std::size_t kRecordSizeMax = 1024;
constexpr std::size_t kProofSizeMax = std::size_t{128} * 1024;

// As consensus tags them: the words of its protocol, not of this file.
std::string_view vote_tag(VoteKind kind) {
  switch (kind) {
    case VoteKind::notarize:
      return "footproof/consensus/notarize/v1";
    case VoteKind::nullify:
      return "footproof/consensus/nullify/v1";
    case VoteKind::finalize:
      return "footproof/consensus/finalize/v1";
  }
  return "";
}

// --- bytes --------------------------------------------------------------------------------------

void write_vote(cbor::Writer& out, const SignedVote& vote) {
  out.array(7).uint(static_cast<std::uint64_t>(vote.kind)).uint(vote.epoch).uint(vote.view);
  out.uint(vote.parent_view).digest(vote.block_id).uint(vote.signer).bytes(vote.signature);
}

SignedVote read_vote(cbor::Reader& in) {
  SignedVote vote;
  in.field("vote").array_of(7);
  const std::uint64_t kind = in.field("vote kind").uint_up_to(3);
  if (kind == 0) in.reject(Errc::bad_value, "must be 1 to 3");
  vote.kind = static_cast<VoteKind>(kind);
  vote.epoch = in.field("vote epoch").uint();
  vote.view = in.field("vote view").uint();
  vote.parent_view = in.field("vote parent view").uint();
  vote.block_id = in.field("vote block id").digest();
  vote.signer = in.field("vote signer").uint_up_to(kValidatorsMax - 1);
  const ByteView signature = in.field("vote signature").bytes_of(kSignatureSize);
  if (!in.failed()) std::ranges::copy(signature, vote.signature.begin());
  const bool unsigned_parts = vote.parent_view != 0 || vote.block_id != Digest{};
  if (vote.kind == VoteKind::nullify && unsigned_parts) {
    in.reject(Errc::bad_value, "a nullify names no block");
  }
  return vote;
}

struct Encoder {
  cbor::Writer& out;

  void operator()(const HeadAccusation& heads) const {
    out.array(5).text(kTag).uint(0).bytes(as_bytes(heads.first)).bytes(as_bytes(heads.second));
    if (!heads.prefix) {
      out.null();
      return;
    }
    out.array(2).digest(heads.prefix->root);
    write_path(out, heads.prefix->path);
  }
  void operator()(const VoteAccusation& votes) const {
    out.array(7).text(kTag).uint(1).bytes(as_bytes(votes.checkpoint));
    out.array(2).bytes(votes.last_record.record);
    write_path(out, votes.last_record.path);
    out.bytes(votes.validators).bytes(votes.proof).array(votes.pairs.size());
    for (const auto& [first, second] : votes.pairs) {
      out.array(2);
      write_vote(out, first);
      write_vote(out, second);
    }
  }
};

std::string read_note(cbor::Reader& in) { return std::string(as_text(in.bytes(kNoteSizeMax))); }

HeadAccusation read_heads(cbor::Reader& in) {
  HeadAccusation heads;
  heads.first = read_note(in.field("first head"));
  heads.second = read_note(in.field("second head"));
  in.field("prefix");
  if (!in.take_null()) {
    in.array_of(2);
    heads.prefix.emplace().root = in.field("prefix root").digest();
    heads.prefix->path = read_path(in.field("prefix path"), 2 * kPathLengthMax);
  }
  return heads;
}

VoteAccusation read_votes(cbor::Reader& in) {
  VoteAccusation votes;
  votes.checkpoint = read_note(in.field("checkpoint"));
  in.field("last record").array_of(2);
  votes.last_record.record = to_bytes(in.bytes(kRecordSizeMax));
  votes.last_record.path = read_path(in, kPathLengthMax);
  votes.validators = to_bytes(in.field("validators").bytes(kStateRecordSizeMax));
  votes.proof = to_bytes(in.field("state proof").bytes(kProofSizeMax));
  const std::size_t count = in.field("pairs").array_between(1, kAccusedPairsMax);
  for (std::size_t i = 0; i < count && !in.failed(); ++i) {
    in.field("pair").array_of(2);
    SignedVote first = read_vote(in);
    SignedVote second = read_vote(in);
    votes.pairs.emplace_back(first, second);
  }
  return votes;
}

// --- heads --------------------------------------------------------------------------------------

struct SignedHead {
  Checkpoint checkpoint;
  struct Line {
    PublicKey key;
    std::uint64_t timestamp;
  };
  std::map<std::string, Line> cosigners;  // validator id → its cosignature
};

Result<SignedHead> read_head(const std::string& text, const Policy& policy) {
  const auto note = parse_note(as_bytes(text));
  if (!note) return fail(note.error());
  auto checkpoint = parse_checkpoint(note->text);
  if (!checkpoint) return fail(checkpoint.error());
  if (checkpoint->origin != policy.origin) {
    return fail(Errc::mismatch,
                "the policy is of " + policy.origin + ", this is a head of " + checkpoint->origin);
  }
  const PolicyEpoch* epoch = policy.epoch_of_size(checkpoint->size);
  if (epoch == nullptr) {
    return fail(Errc::mismatch,
                "the policy does not know who may cosign size " + std::to_string(checkpoint->size));
  }
  std::vector<NoteKey> keys;
  for (const PolicyMember& member : epoch->members) keys.push_back(member.cosign_key);
  const auto lines = verify_note(*note, keys);
  if (!lines) return fail(lines.error());
  SignedHead head{std::move(*checkpoint), {}};
  for (const VerifiedLine& line : *lines) {
    const PolicyMember& member = epoch->members[line.key];
    head.cosigners.emplace(member.id, SignedHead::Line{member.cosign_key.key(), line.timestamp});
  }
  return head;
}

// Why a validator that cosigned both is guilty whatever the times; empty: that alone is no offence.
Result<std::string> conflict_of(const SignedHead& first, const SignedHead& second,
                                const std::optional<PrefixProof>& prefix) {
  const Checkpoint& a = first.checkpoint;
  const Checkpoint& b = second.checkpoint;
  if (a.size == b.size) {
    if (prefix) return fail(Errc::bad_proof, "prefix: only between two sizes");
    return a.root == b.root ? std::string()
                            : "cosigned two roots at size " + std::to_string(a.size);
  }
  if (!prefix) return std::string();
  if (prefix->root == a.root) {
    return fail(Errc::bad_proof, "prefix: the second head continues the first");
  }
  if (auto leads = verify_consistency(a.size, b.size, prefix->path, prefix->root, b.root); !leads) {
    return fail("prefix", leads.error());
  }
  return "cosigned sizes " + std::to_string(a.size) + " and " + std::to_string(b.size) +
         " of logs that do not continue each other";
}

Result<std::vector<Accused>> judge_heads(const HeadAccusation& accusation, const Policy& policy) {
  const auto first = read_head(accusation.first, policy);
  if (!first) return fail("first head", first.error());
  const auto second = read_head(accusation.second, policy);
  if (!second) return fail("second head", second.error());
  if (first->checkpoint.size > second->checkpoint.size) {
    return fail(Errc::malformed, "heads: the larger one stands first");
  }
  const auto conflict = conflict_of(*first, *second, accusation.prefix);
  if (!conflict) return fail(conflict.error());
  std::vector<Accused> accused;
  for (const auto& [id, line] : first->cosigners) {
    const auto other = second->cosigners.find(id);
    // An id that comes back in a later epoch with another key is another hand.
    if (other == second->cosigners.end() || other->second.key != line.key) continue;
    const bool back = first->checkpoint.size < second->checkpoint.size &&
                      other->second.timestamp < line.timestamp;
    if (!conflict->empty()) {
      accused.push_back({id, *conflict});
    } else if (back) {
      accused.push_back({id, "cosigned size " + std::to_string(second->checkpoint.size) +
                                 " for an earlier time than the smaller size " +
                                 std::to_string(first->checkpoint.size)});
    }
  }
  if (!accused.empty()) return accused;
  return fail(Errc::bad_proof, conflict->empty() ? "the two heads do not exclude each other"
                                                 : "no validator cosigned both heads");
}

// --- votes --------------------------------------------------------------------------------------

Result<ValidatorsRecord> read_validators(const VoteAccusation& accusation, const Policy& policy) {
  const auto head = verify_head(policy, accusation.checkpoint, accusation.last_record);
  if (!head) return fail(head.error());
  auto validators = parse_validators_record(accusation.validators);
  if (!validators) return fail("validators", validators.error());
  const std::array keys = {state_key::validators(validators->epoch)};
  const std::array records = {std::optional(accusation.validators)};
  if (auto holds = verify_records(*head, accusation.proof, keys, records); !holds) {
    return fail(holds.error());
  }
  return validators;
}

Result<void> verify_vote(const SignedVote& vote, const ValidatorsRecord& validators,
                         const Digest& chain_id) {
  if (vote.epoch != validators.epoch) {
    return fail(Errc::bad_proof, "vote: of epoch " + std::to_string(vote.epoch) +
                                     ", the set shown is of " + std::to_string(validators.epoch));
  }
  if (vote.signer >= validators.members.size()) {
    return fail(Errc::bad_proof, "vote: the set has no such validator");
  }
  const PublicKey& key = validators.members[vote.signer].vote_key;
  if (verify(key, vote_message(chain_id, vote), vote.signature)) return {};
  return fail(Errc::bad_signature, "the signature does not verify under the key of " +
                                       validators.members[vote.signer].id);
}

Result<std::vector<Accused>> judge_votes(const VoteAccusation& accusation, const Policy& policy) {
  const auto validators = read_validators(accusation, policy);
  if (!validators) return fail(validators.error());
  std::vector<Accused> accused;
  for (const auto& [first, second] : accusation.pairs) {
    if (!exclude_each_other(first, second)) {
      return fail(Errc::bad_proof, "the two votes do not exclude each other");
    }
    for (const SignedVote* vote : {&first, &second}) {
      if (auto good = verify_vote(*vote, *validators, policy.chain_id); !good) {
        return fail(Errc::bad_proof, "vote: " + good.error().detail);
      }
    }
    accused.push_back({validators->members[first.signer].id,
                       "signed " + std::string(to_text(first.kind)) + " and " +
                           std::string(to_text(second.kind)) +
                           (first.kind == second.kind ? " for two blocks" : "") + " in view " +
                           std::to_string(first.view) + " of epoch " +
                           std::to_string(first.epoch)});
  }
  return accused;
}

}  // namespace

std::string_view to_text(VoteKind kind) {
  constexpr std::array<std::string_view, 4> kTexts = {"", "NOTARIZE", "NULLIFY", "FINALIZE"};
  return kTexts[static_cast<std::size_t>(kind)];
}

Bytes vote_message(const Digest& chain_id, const SignedVote& vote) {
  ByteWriter out;
  out.raw(as_bytes(vote_tag(vote.kind))).u8(0).raw(chain_id.view()).u64(vote.epoch).u64(vote.view);
  if (vote.kind != VoteKind::nullify) out.u64(vote.parent_view).raw(vote.block_id.view());
  return std::move(out).take();
}

bool exclude_each_other(const SignedVote& a, const SignedVote& b) {
  if (a.signer != b.signer || a.epoch != b.epoch || a.view != b.view) return false;
  if (a.kind == b.kind) {
    const bool same = a.parent_view == b.parent_view && a.block_id == b.block_id;
    return a.kind != VoteKind::nullify && !same;
  }
  // NOTARIZE goes with either; NULLIFY says that FINALIZE was not signed in this view.
  return a.kind != VoteKind::notarize && b.kind != VoteKind::notarize;
}

Bytes encode(const SignedVote& vote) {
  cbor::Writer out;
  out.array(2).text(kVoteTag);
  write_vote(out, vote);
  return std::move(out).take();
}

Result<SignedVote> parse_signed_vote(ByteView bytes) {
  cbor::Reader in(bytes, "vote");
  in.array_of(2);
  in.field("tag").text_equal(kVoteTag);
  SignedVote vote = read_vote(in);
  if (const auto end = in.finish(); !end) return fail(end.error());
  return vote;
}

Bytes encode(const Accusation& accusation) {
  cbor::Writer out;
  std::visit(Encoder{out}, accusation);
  return std::move(out).take();
}

Result<Accusation> parse_accusation(ByteView bytes) {
  if (bytes.size() > kAccusationSizeMax) {
    return fail(Errc::bad_length, "accusation: larger than 512 KiB");
  }
  cbor::Reader in(bytes, "accusation");
  const std::size_t items = in.array_between(5, 7);
  in.field("tag").text_equal(kTag);
  const std::uint64_t kind = in.field("kind").uint_up_to(1);
  if (!in.failed() && items != (kind == 0 ? 5U : 7U)) {
    in.reject(Errc::bad_length, "an accusation of heads has 5 items, one of votes 7");
  }
  Accusation accusation;
  if (kind == 0) {
    accusation = read_heads(in);
  } else {
    accusation = read_votes(in);
  }
  if (const auto end = in.finish(); !end) return fail(end.error());
  return accusation;
}

bool looks_like_accusation(ByteView bytes) {
  return as_text(bytes.first(std::min<std::size_t>(bytes.size(), 32))).find(kTag) !=
         std::string_view::npos;
}

Result<std::vector<Accused>> judge_accusation(const Accusation& accusation, const Policy& policy) {
  if (const auto* heads = std::get_if<HeadAccusation>(&accusation); heads != nullptr) {
    return judge_heads(*heads, policy);
  }
  return judge_votes(std::get<VoteAccusation>(accusation), policy);
}

}  // namespace footproof
