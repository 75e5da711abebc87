#include "attest/ready.h"

#include <algorithm>

#include "attest/cbor.h"
#include "attest/check.h"
#include "attest/fields.h"

namespace footproof {
namespace {

constexpr std::string_view kFileTag = "footproof/ready-file/v1";

}  // namespace

const ValidatorProposal* new_validator_of(const Change& change) {
  if (const auto* admitted = std::get_if<AdmitValidator>(&change)) return &admitted->validator;
  if (const auto* replaced = std::get_if<ReplaceValidator>(&change)) return &replaced->by;
  return nullptr;
}

Bytes ready_message(const Digest& chain_id, const Proposal& proposal, const Digest& entry) {
  cbor::Writer out;
  out.array(4).text("footproof/ready/v1").digest(chain_id);
  fields::write(out, proposal);
  out.digest(entry);
  return std::move(out).take();
}

Result<Ready> make_ready(const Signer& vote_key, const Digest& chain_id, const Proposal& proposal,
                         const Digest& entry) {
  const ValidatorProposal* validator = new_validator_of(proposal.change);
  if (validator == nullptr) return fail(Errc::usage, "proposal: brings no validator");
  if (vote_key.public_key() != validator->vote_key) {
    return fail(Errc::usage, "vote key: not the one that the proposal names");
  }
  const auto signature = vote_key.try_sign(ready_message(chain_id, proposal, entry));
  if (!signature) return fail(signature.error());
  Ready made{entry, {}};
  CHECK(signature->size() == made.signature.size());
  std::ranges::copy(*signature, made.signature.begin());
  return made;
}

bool verify_ready(const Ready& ready, const Digest& chain_id, const Proposal& proposal) {
  const ValidatorProposal* validator = new_validator_of(proposal.change);
  return validator != nullptr &&
         verify(validator->vote_key, ready_message(chain_id, proposal, ready.entry),
                ready.signature);
}

Bytes encode(const Ready& ready) {
  cbor::Writer out;
  out.array(2).text(kFileTag);
  fields::write(out, ready);
  return std::move(out).take();
}

Result<Ready> parse_ready(ByteView bytes) {
  cbor::Reader in(bytes, "ready");
  if (bytes.size() > kReadySizeMax) in.reject(Errc::bad_length, "longer than 1 KiB");
  in.array_of(2);
  in.field("tag").text_equal(kFileTag);
  const Ready ready = fields::ready(in);
  if (const auto end = in.finish(); !end) return fail(end.error());
  return ready;
}

}  // namespace footproof
