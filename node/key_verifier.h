// Verifies votes of one set of validators by their registered keys, without the host's bookkeeping
// of who sent what: for those who check certificates that they did not gather.
#pragma once

#include <map>

#include "attest/key.h"
#include "attest/state_record.h"
#include "consensus/quorum.h"

namespace footproof::node {

// Any thread. A key that is none of the set's verifies nothing.
class KeyVerifier final : public consensus::Verifier {
 public:
  explicit KeyVerifier(const ValidatorsRecord& validators);
  bool verify(const consensus::VoteKey& key, ByteView message,
              const consensus::Signature& signature) const override;

 private:
  std::map<consensus::VoteKey, PublicKey> keys_;
};

}  // namespace footproof::node
