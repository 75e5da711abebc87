#include "attest/hop.h"

#include <algorithm>
#include <utility>

#include "attest/block_record.h"
#include "attest/cbor.h"
#include "attest/merkle.h"
#include "attest/note.h"
#include "attest/state_proof.h"
#include "attest/state_record.h"

namespace footproof {
namespace {

constexpr std::size_t kStateProofSizeMax = std::size_t{16} * 1024;  // of one key: 256 siblings

// A note that ends epoch `epoch`: its members' cosignatures, exactly a quorum, and no line else.
Result<Checkpoint> judge_note(const Policy& policy, const PolicyEpoch& epoch,
                              const BlockRecord& boundary, std::string_view bytes) {
  const auto note = parse_note(as_bytes(bytes));
  if (!note) return fail(note.error());
  auto checkpoint = checkpoint_of(policy, *note);
  if (!checkpoint) return fail(checkpoint.error());
  std::vector<NoteKey> keys;
  for (const PolicyMember& member : epoch.members) keys.push_back(member.cosign_key);
  const auto lines = verify_note(*note, keys);
  if (!lines) return fail(lines.error());
  if (lines->size() != epoch.quorum() || note->signatures.size() != epoch.quorum()) {
    return fail(Errc::bad_signature,
                "checkpoint: " + std::to_string(lines->size()) + " of " +
                    std::to_string(note->signatures.size()) +
                    " lines are of the set that ends, which must sign exactly " +
                    std::to_string(epoch.quorum()));
  }
  if (std::ranges::adjacent_find(note->signatures, std::ranges::greater_equal{},
                                 &NoteSignature::name) != note->signatures.end()) {
    return fail(Errc::malformed, "checkpoint: cosignatures must ascend by key name");
  }
  std::vector<std::uint64_t> timestamps;
  for (const VerifiedLine& line : *lines) timestamps.push_back(line.timestamp);
  const std::uint64_t as_of = as_of_time(timestamps, epoch.faulty_max());
  if (as_of < boundary.time.seconds()) {
    return fail(Errc::malformed, "checkpoint: cosigned before the time of its last record");
  }
  if (utc_day(instant_from_seconds(as_of)) > utc_day(boundary.time)) {
    return fail(Errc::bad_signature,
                "checkpoint: cosigned after the set had left, on " + utc_day(boundary.time).text());
  }
  return checkpoint;
}

// The boundary record ends the log of that checkpoint, and is of this epoch and network.
Result<void> judge_boundary(const Policy& policy, const PolicyEpoch& epoch,
                            const BlockRecord& boundary, const Hop& hop,
                            const Checkpoint& checkpoint) {
  if (boundary.chain_id != policy.chain_id) {
    return fail(Errc::mismatch, "last record: of another network than the policy");
  }
  if (boundary.epoch != epoch.epoch) {
    return fail(Errc::mismatch, "last record: of epoch " + std::to_string(boundary.epoch) +
                                    ", not " + std::to_string(epoch.epoch));
  }
  if (checkpoint.size < epoch.first_size || boundary.index() != checkpoint.size - 1) {
    return fail(Errc::malformed, "last record: does not end the log of the checkpoint");
  }
  return verify_inclusion(leaf_hash(block_record_entry(hop.last_record.record).view()),
                          boundary.index(), checkpoint.size, hop.last_record.path, checkpoint.root);
}

// The new set, as the boundary block wrote it.
Result<PolicyEpoch> judge_new_set(const Policy& policy, const BlockRecord& boundary, const Hop& hop,
                                  const Checkpoint& checkpoint) {
  const auto record = parse_validators_record(hop.validators);
  if (!record) return fail("validators", record.error());
  if (record->epoch != boundary.epoch + 1) {
    return fail(Errc::mismatch, "validators: of epoch " + std::to_string(record->epoch) +
                                    " after epoch " + std::to_string(boundary.epoch));
  }
  if (record->from_size != checkpoint.size || record->from_height != boundary.height + 1) {
    return fail(Errc::mismatch, "validators: do not begin where the checkpoint ends");
  }
  for (const Member& member : record->members) {
    if (member.cosign_name != cosigner_name(policy.origin, member.id)) {
      return fail(Errc::bad_value,
                  "validators: " + member.id + ": cosign name is not <origin>/<id>");
    }
  }
  const auto proof = parse_state_proof(hop.state_proof);
  if (!proof) return fail("state proof", proof.error());
  const StateClaim claim{state_key::validators(record->epoch), state_value_hash(hop.validators)};
  if (auto proven = verify_state_proof(*proof, boundary.state_root, std::span(&claim, 1));
      !proven) {
    return fail("state proof", std::move(proven.error()));
  }
  return make_policy_epoch(policy.origin, *record);
}

// What the policy knows already must be what the hop says.
Result<void> compare(const PolicyEpoch& ended, const PolicyEpoch& after, const PolicyEpoch& shown,
                     const Checkpoint& checkpoint) {
  if (ended.last_size != checkpoint.size || ended.last_root != checkpoint.root ||
      after.first_size != shown.first_size || after.members != shown.members) {
    return fail(Errc::mismatch, "the policy says something else about this end of an epoch");
  }
  return {};
}

Result<void> walk(Policy& policy, const Hop& hop, const BlockRecord& boundary) {
  const std::size_t at = boundary.epoch - policy.epochs.front().epoch;
  PolicyEpoch& ended = policy.epochs[at];
  const auto checkpoint = judge_note(policy, ended, boundary, hop.checkpoint);
  if (!checkpoint) return fail(checkpoint.error());
  if (auto valid = judge_boundary(policy, ended, boundary, hop, *checkpoint); !valid) return valid;
  auto shown = judge_new_set(policy, boundary, hop, *checkpoint);
  if (!shown) return fail(shown.error());
  if (at + 1 < policy.epochs.size()) {
    return compare(ended, policy.epochs[at + 1], *shown, *checkpoint);
  }
  ended.last_size = checkpoint->size;
  ended.last_root = checkpoint->root;
  ended.last_day = utc_day(boundary.time);
  policy.made_on = std::max(policy.made_on, utc_day(boundary.time));
  policy.epochs.push_back(std::move(*shown));  // `ended` dangles from here on
  return {};
}

tl::unexpected<Error> bad_hop(std::size_t number, Error error) {
  return fail("hop " + std::to_string(number), std::move(error));
}

}  // namespace

void write_hop(cbor::Writer& out, const Hop& hop) {
  out.map(5);
  out.uint(1).uint(1);
  out.uint(2).text(hop.checkpoint);
  out.uint(3);
  write_logged(out, hop.last_record);
  out.uint(4).bytes(hop.validators);
  out.uint(5).bytes(hop.state_proof);
}

Hop read_hop(cbor::Reader& in) {
  Hop hop;
  auto map = in.field("hop").map();
  if (map.require(1) && in.field("version").uint() != 1) {
    in.reject(Errc::bad_version, "only version 1 is known; update footproof");
  }
  if (map.require(2)) hop.checkpoint = in.field("checkpoint").text(kNoteSizeMax);
  if (map.require(3)) hop.last_record = read_logged(in, "last record");
  if (map.require(4)) hop.validators = to_bytes(in.field("validators").bytes(kStateRecordSizeMax));
  if (map.require(5)) {
    hop.state_proof = to_bytes(in.field("state proof").bytes(kStateProofSizeMax));
  }
  map.end();
  return hop;
}

Bytes encode_hop(const Hop& hop) {
  cbor::Writer out;
  write_hop(out, hop);
  return std::move(out).take();
}

Result<Hop> parse_hop(ByteView bytes) {
  if (bytes.size() > kHopSizeMax) return fail(Errc::bad_length, "hop: larger than 128 KiB");
  cbor::Reader in(bytes, "hop");
  Hop hop = read_hop(in);
  if (auto finished = in.finish(); !finished) return fail(std::move(finished.error()));
  return hop;
}

Result<Policy> walk_hops(const Policy& policy, std::span<const Hop> hops) {
  if (hops.size() > kHopsMax) return fail(Errc::bad_length, "hops: more than 1024");
  if (auto valid = check(policy); !valid) return fail(valid.error());
  Policy walked = policy;
  std::uint64_t expected = 0;
  for (std::size_t i = 0; i < hops.size(); ++i) {
    const auto boundary = parse_block_record(hops[i].last_record.record);
    if (!boundary) return bad_hop(i, boundary.error());
    if (i > 0 && boundary->epoch != expected) {
      return bad_hop(i, {Errc::mismatch, "leaves epoch " + std::to_string(boundary->epoch) +
                                             " where that of epoch " + std::to_string(expected) +
                                             " must follow"});
    }
    if (boundary->epoch < walked.epochs.front().epoch || boundary->epoch > walked.newest().epoch) {
      return bad_hop(i, {Errc::not_found, "leaves epoch " + std::to_string(boundary->epoch) +
                                              ", which the policy does not know; ask for the hops "
                                              "from epoch " +
                                              std::to_string(walked.newest().epoch)});
    }
    if (auto valid = walk(walked, hops[i], *boundary); !valid) return bad_hop(i, valid.error());
    expected = boundary->epoch + 1;
  }
  // Contiguous sizes, no key in two hands: over all epochs at once.
  if (auto valid = check(walked); !valid) return fail("hops", std::move(valid.error()));
  return walked;
}

}  // namespace footproof
