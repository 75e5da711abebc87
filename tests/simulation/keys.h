// Keys of the simulated validators. Most seeds use a stand-in that only the holder of the secret
// could have made (within the simulation) and that costs almost nothing; some use Ed25519.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "attest/key.h"
#include "consensus/quorum.h"
#include "tests/simulation/random.h"

namespace footproof::simulation {

class Keys final : public consensus::Verifier {
 public:
  // `each`: how many keys each of the people has.
  Keys(std::size_t people, std::size_t each, bool real, Random random);

  [[nodiscard]] std::size_t slot(std::size_t who, std::size_t which) const {
    return which * people_ + who;
  }

  [[nodiscard]] bool verify(const consensus::VoteKey& key, ByteView message,
                            const consensus::Signature& signature) const override;
  [[nodiscard]] consensus::Signature sign(std::size_t slot, ByteView message) const;
  [[nodiscard]] const consensus::VoteKey& key(std::size_t slot) const { return keys_[slot]; }

 private:
  [[nodiscard]] static consensus::Signature stand_in(std::uint64_t secret, ByteView message);

  std::size_t people_;
  std::vector<consensus::VoteKey> keys_;
  std::vector<std::uint64_t> secrets_;
  std::map<consensus::VoteKey, std::size_t> index_;
  std::vector<SigningKey> signing_;
  std::vector<PublicKey> public_;
};

class KeySigner final : public consensus::Signer {
 public:
  KeySigner(const Keys& keys, std::size_t slot) : keys_(keys), slot_(slot) {}
  [[nodiscard]] consensus::Signature sign(ByteView message) override {
    return keys_.sign(slot_, message);
  }

 private:
  const Keys& keys_;
  std::size_t slot_;
};

}  // namespace footproof::simulation
