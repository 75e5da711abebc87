#include "node/key_verifier.h"

#include <algorithm>

namespace footproof::node {

KeyVerifier::KeyVerifier(const ValidatorsRecord& validators) {
  for (const auto& member : validators.members) {
    consensus::VoteKey key;
    std::ranges::copy(member.vote_key.raw(), key.bytes.begin());
    keys_.emplace(key, member.vote_key);
  }
}

bool KeyVerifier::verify(const consensus::VoteKey& key, ByteView message,
                         const consensus::Signature& signature) const {
  const auto found = keys_.find(key);
  return found != keys_.end() && footproof::verify(found->second, message, signature);
}

}  // namespace footproof::node
