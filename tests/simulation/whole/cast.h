// Who takes part in a simulated network of whole nodes: its genesis, keys and statements. Every key
// is Ed25519, whose signatures are a function of key and message, so that one seed gives the same
// bytes every time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "attest/policy.h"
#include "attest/statement.h"
#include "node/network.h"
#include "node/own_keys.h"
#include "tests/simulation/random.h"

namespace footproof::whole {

class Cast {
 public:
  explicit Cast(std::size_t validators);

  [[nodiscard]] const node::Network& network() const { return network_; }
  [[nodiscard]] const Policy& policy() const { return policy_; }
  // Of a person: in genesis, where there are so many validators, or standing by. A generation is a
  // set of keys that a ballot gives it, 0 its first.
  [[nodiscard]] static std::string id_of(std::size_t person);
  [[nodiscard]] static node::OwnKeys keys(std::size_t person, std::size_t generation);

  // The grant and the two keys that admit the verifier: 0, 1, 2.
  [[nodiscard]] Bytes admission(std::size_t step, std::uint64_t at_s);
  // Accepted once the verifier is admitted.
  [[nodiscard]] Bytes attestation(std::uint64_t number, std::uint64_t at_s);
  // Two parties who register one key: whichever is executed second is refused for good.
  [[nodiscard]] Bytes contested_key(std::uint64_t number, bool second, std::uint64_t at_s);
  // A change of the set, proposed and voted for by the associations.
  [[nodiscard]] ValidatorProposal validator(std::size_t person, std::size_t generation) const;
  [[nodiscard]] Proposal proposal(Change change, std::uint64_t at_s);
  [[nodiscard]] Bytes ballot(std::size_t association, Ballot ballot, std::uint64_t at_s);
  // Well formed, by a key that nobody has registered.
  [[nodiscard]] Bytes stranger(std::uint64_t number) const;
  // The same entry with a signature that is none.
  [[nodiscard]] static Bytes with_junk_signature(const Bytes& statement);

 private:
  [[nodiscard]] Bytes sign(std::string_view issuer, const SigningKey& key, Payload payload,
                           std::uint64_t at_s);
  node::Network network_;
  Policy policy_;
  simulation::Random random_{0x63617374};
};

inline constexpr std::size_t kAdmissionSteps = 3;
inline constexpr std::size_t kBallotsToDecide = 3;  // of four associations

}  // namespace footproof::whole
