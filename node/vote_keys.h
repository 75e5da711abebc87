// A validator's vote key at work for consensus: signing with this node's own, and verifying under
// those of one set. Core thread only.
#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <utility>
#include <vector>

#include "attest/key.h"
#include "attest/state_record.h"
#include "consensus/quorum.h"
#include "node/links.h"

namespace footproof::node {

class VoteSigner final : public consensus::Signer {
 public:
  explicit VoteSigner(const SigningKey& key) : key_(key) {}
  consensus::Signature sign(ByteView message) override {
    const Bytes signature = key_.sign(message);
    consensus::Signature out{};
    std::ranges::copy(signature, out.begin());
    return out;
  }

 private:
  const SigningKey& key_;
};

// Keeps what it found, so that whoever sent it can be told (settle_signatures).
class VoteVerifier final : public consensus::Verifier {
 public:
  struct Failure {
    ValidatorIndex signer;  // by the key that it should verify under
    consensus::Signature signature;
  };
  struct Found {
    std::size_t checked = 0;
    std::vector<Failure> failures;
  };

  explicit VoteVerifier(const ValidatorsRecord& validators) {
    for (std::size_t i = 0; i < validators.members.size(); ++i) {
      const auto& member = validators.members[i];
      consensus::VoteKey key;
      std::ranges::copy(member.vote_key.raw(), key.bytes.begin());
      keys_.emplace(key, Voter{member.vote_key, static_cast<ValidatorIndex>(i)});
    }
  }
  bool verify(const consensus::VoteKey& key, ByteView message,
              const consensus::Signature& signature) const override {
    const auto voter = keys_.find(key);
    if (voter == keys_.end()) return false;
    ++found_.checked;
    if (footproof::verify(voter->second.key, message, signature)) return true;
    found_.failures.push_back({voter->second.index, signature});
    return false;
  }

  // Since it was last asked.
  [[nodiscard]] Found take() { return std::exchange(found_, {}); }

 private:
  struct Voter {
    PublicKey key;
    ValidatorIndex index;
  };
  std::map<consensus::VoteKey, Voter> keys_;
  mutable Found found_;  // the core thread alone verifies
};

}  // namespace footproof::node
