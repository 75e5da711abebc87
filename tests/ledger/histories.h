// Random histories: six parties say things to one another's attestations, accreditations and keys,
// mostly sensible, often a little wrong. What is offered depends on the seed and on what was
// accepted before, and on nothing else.
//
// Statements are really signed; whether a signature verifies is known to whoever made it, so that
// nothing is verified a million times over (the rules ask through VerifySignature).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "attest/date.h"
#include "attest/key.h"
#include "attest/statement.h"
#include "tests/ledger/naive_rules.h"

namespace footproof::testing {

// SplitMix64.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  std::uint64_t below(std::uint64_t count) { return next() % count; }
  bool chance(std::uint64_t percent) { return below(100) < percent; }
  // From −`before` to `after`, days.
  std::int64_t days(std::int64_t before, std::int64_t after) {
    return static_cast<std::int64_t>(below(static_cast<std::uint64_t>(before + after + 1))) -
           before;
  }
  template <class T>
  const T& one_of(const std::vector<T>& list) {
    return list[below(list.size())];
  }

 private:
  std::uint64_t state_;
};

struct Offered {
  Statement statement;
  bool signature_verifies = true;
};

class HistoryMaker {
 public:
  HistoryMaker(std::uint64_t seed, const Digest& chain_id) : dice_(seed), chain_id_(chain_id) {}

  // The next thing that somebody says, given what stands and the time of the block.
  [[nodiscard]] Offered next(const NaiveRules& ledger, Instant now);
  Dice& dice() { return dice_; }

 private:
  struct Saying {
    std::string issuer;
    Payload payload;
  };
  Saying begin(std::size_t step, Instant now);  // the grants and keys that most of it rests on
  Saying attestation(const NaiveRules& ledger, Instant now);
  Saying status(const NaiveRules& ledger, Instant now);
  Saying accreditation(const NaiveRules& ledger, Instant now);
  Saying key(const NaiveRules& ledger, Instant now);
  Offered sign(const NaiveRules& ledger, Saying saying, Instant now);
  // Mostly one that may sign.
  [[nodiscard]] const SigningKey& signing_key(const NaiveRules& ledger, const std::string& party,
                                              KeyUsage usage);
  NewKey fresh_key(const std::string& party, KeyUsage usage);
  // The entry id of a random statement of this kind, or of none.
  Digest some_entry(const NaiveRules& ledger, StatementKind kind);
  Scope some_scope();
  std::vector<Scope> some_scopes();
  std::vector<Scope> next_scopes(const NaiveRules& ledger, const std::string& issuer,
                                 const AccreditationChange& change);

  Dice dice_;
  Digest chain_id_;
  std::size_t step_ = 0;
  std::uint64_t fresh_ = 0;
  std::vector<std::string> subjects_;
  std::vector<Offered> offered_;
  // "<party>/<usage>" → names of keys made for it, the latest last; registered or not.
  std::map<std::string, std::vector<std::string>> made_;
  std::map<Digest, const SigningKey*> by_kid_;
};

}  // namespace footproof::testing
