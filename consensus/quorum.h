// Who votes in an epoch, how many are enough, and when a vote or certificate counts (README.md §1,
// §2).
//
// f = (n-1)/3, q = n - f: two quorums share at least f+1 validators. Validators are looked up by
// index within the epoch's own membership and nowhere else. Signatures are judged by one pure
// predicate that is given in.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "attest/result.h"
#include "consensus/messages.h"

namespace footproof::consensus {

struct VoteKey {
  std::array<std::uint8_t, 32> bytes{};  // Ed25519 public key
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the 0 that <=> compares to for one.
  friend auto operator<=>(const VoteKey&, const VoteKey&) = default;
};

// A pure function of its arguments, the same on every node (docs/formats.md §2, the Ed25519 rule).
// It may cache; it may be called more than once for the same bytes.
class Verifier {
 public:
  virtual ~Verifier() = default;
  [[nodiscard]] virtual bool verify(const VoteKey& key, ByteView message,
                                    const Signature& signature) const = 0;
};

// Signs with this validator's vote key. Only Safety calls it.
class Signer {
 public:
  virtual ~Signer() = default;
  [[nodiscard]] virtual Signature sign(ByteView message) = 0;
};

[[nodiscard]] constexpr std::size_t faulty_max(std::size_t n) { return (n - 1) / 3; }
[[nodiscard]] constexpr std::size_t quorum(std::size_t n) { return n - faulty_max(n); }

struct Member {
  std::string id;
  VoteKey key;
};

// The validators of one epoch, immutable.
class Membership {
 public:
  // Refuses fewer than 4 or more than 31 members, and ids or keys that are not unique. Sorts by id
  // (bytes). `members_hash` is what headers of this epoch carry.
  [[nodiscard]] static Result<Membership> make(const Digest& chain_id, Epoch epoch,
                                               std::vector<Member> members,
                                               const Digest& members_hash);

  [[nodiscard]] const Digest& chain_id() const { return chain_id_; }
  [[nodiscard]] Epoch epoch() const { return epoch_; }
  [[nodiscard]] const Digest& members_hash() const { return members_hash_; }
  [[nodiscard]] std::size_t n() const { return members_.size(); }
  [[nodiscard]] std::size_t f() const { return faulty_max(n()); }
  [[nodiscard]] std::size_t q() const { return q_; }
  [[nodiscard]] const std::vector<Member>& members() const { return members_; }
  [[nodiscard]] ValidatorIndex leader(View view) const;
  // The index of `id`, or none.
  [[nodiscard]] std::optional<ValidatorIndex> index_of(std::string_view id) const;

  // The signer exists and its key verifies the vote's sign bytes.
  [[nodiscard]] bool verify(const Vote& vote, const Verifier& verifier) const;
  // Right epoch, view > 0, no bit >= n, exactly q signers, each signature verifies.
  [[nodiscard]] bool verify(const Certificate& certificate, const Verifier& verifier) const;
  // The same, form only: everything but the signatures.
  [[nodiscard]] bool well_formed(const Certificate& certificate) const;
  // Both votes verify, have one signer and view, and R1 forbids the pair.
  [[nodiscard]] bool verify(const Evidence& evidence, const Verifier& verifier) const;

  // Who leads the views 1, 2, …; the views after them have the leaders that the rule gives.
  void lead_for_tests(std::vector<ValidatorIndex> leaders) { leaders_ = std::move(leaders); }
  // 2f, to show that tests notice.
  void break_quorum_for_tests() { q_ = 2 * f(); }

 private:
  Membership() = default;

  Digest chain_id_;
  Epoch epoch_ = 0;
  std::size_t q_ = 0;
  Digest members_hash_;
  std::uint64_t leader_offset_ = 0;
  std::vector<Member> members_;
  std::vector<ValidatorIndex> leaders_;  // for tests
};

// R1 forbids one signer to sign both.
[[nodiscard]] bool is_offence(const Vote& a, const Vote& b);

}  // namespace footproof::consensus
