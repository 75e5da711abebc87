#include "consensus/quorum.h"

#include <algorithm>
#include <bit>

namespace footproof::consensus {
namespace {

constexpr std::string_view kTagLead = "footproof/consensus/lead/v1";

std::uint64_t leader_offset(const Digest& chain_id, Epoch epoch) {
  ByteWriter out;
  out.u64(epoch);
  const Digest digest = tagged_hash(kTagLead, {chain_id.view(), out.bytes()});
  return ByteReader(digest.view()).u64();
}

}  // namespace

Result<Membership> Membership::make(const Digest& chain_id, Epoch epoch,
                                    std::vector<Member> members, const Digest& members_hash) {
  if (members.size() < kValidatorsMin || members.size() > kValidatorsMax) {
    return fail(Errc::bad_value,
                "validators: need 4 to 31, have " + std::to_string(members.size()));
  }
  std::sort(members.begin(), members.end(),
            [](const Member& a, const Member& b) { return a.id < b.id; });
  for (std::size_t i = 0; i < members.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      if (members[i].id == members[k].id) {
        return fail(Errc::bad_value, "validators: id " + members[i].id + " occurs twice");
      }
      if (members[i].key == members[k].key) {
        return fail(Errc::bad_value, "validators: " + members[i].id + " and " + members[k].id +
                                         " have one vote key");
      }
    }
  }
  Membership membership;
  membership.chain_id_ = chain_id;
  membership.epoch_ = epoch;
  membership.members_hash_ = members_hash;
  membership.members_ = std::move(members);
  membership.q_ = quorum(membership.n());
  membership.leader_offset_ = leader_offset(chain_id, epoch) % membership.n();
  return membership;
}

ValidatorIndex Membership::leader(View view) const {
  if (view > 0 && view <= leaders_.size()) return leaders_[view - 1];
  return static_cast<ValidatorIndex>((view % n() + leader_offset_) % n());
}

std::optional<ValidatorIndex> Membership::index_of(std::string_view id) const {
  for (std::size_t i = 0; i < n(); ++i) {
    if (members_[i].id == id) return static_cast<ValidatorIndex>(i);
  }
  return std::nullopt;
}

bool Membership::verify(const Vote& vote, const Verifier& verifier) const {
  if (vote.proposal.epoch != epoch_ || vote.proposal.view == 0 || vote.signer >= n()) return false;
  return verifier.verify(members_[vote.signer].key, sign_bytes(chain_id_, vote.type, vote.proposal),
                         vote.signature);
}

bool Membership::well_formed(const Certificate& certificate) const {
  return certificate.proposal.epoch == epoch_ && certificate.proposal.view > 0 &&
         (certificate.signers >> n()) == 0 &&
         static_cast<std::size_t>(std::popcount(certificate.signers)) == q() &&
         certificate.signatures.size() == q();
}

bool Membership::verify(const Certificate& certificate, const Verifier& verifier) const {
  if (!well_formed(certificate)) return false;
  const Bytes message = sign_bytes(chain_id_, certificate.type, certificate.proposal);
  std::size_t next = 0;
  for (std::size_t i = 0; i < n(); ++i) {
    if (((certificate.signers >> i) & 1U) == 0) continue;
    if (!verifier.verify(members_[i].key, message, certificate.signatures[next++])) return false;
  }
  return true;
}

bool Membership::verify(const Evidence& evidence, const Verifier& verifier) const {
  return is_offence(evidence.first, evidence.second) && verify(evidence.first, verifier) &&
         verify(evidence.second, verifier);
}

bool is_offence(const Vote& a, const Vote& b) {
  if (a.signer != b.signer || a.proposal.epoch != b.proposal.epoch ||
      a.proposal.view != b.proposal.view) {
    return false;
  }
  if (a.type == b.type) return a.type != VoteType::nullify && a.proposal != b.proposal;
  const bool nullify = a.type == VoteType::nullify || b.type == VoteType::nullify;
  const bool finalize = a.type == VoteType::finalize || b.type == VoteType::finalize;
  return nullify && finalize;
}

}  // namespace footproof::consensus
