// Random histories: parties say things to one another's attestations, accreditations, keys and
// datasets, and associations vote on who they are, mostly sensibly, often a little wrong. What is
// offered depends on the seed and on what was accepted before, and on nothing else.
//
// The cast: two accreditation bodies, a scheme owner, two verifiers, a dataset operator; the
// associations that vote over them; and who comes and goes by their ballots. Some histories have a
// theme: they do one thing until a limit is reached that 200 mixed statements never reach.
//
// Statements are really signed; whether a signature verifies is known to whoever made it, so that
// nothing is verified a million times over (the rules ask through VerifySignature).
//
// histories.cc: whose turn it is, signatures, keys. histories_trade.cc: attestations, status,
// accreditations, datasets. histories_house.cc: ballots. histories_set.cc: the validators that they
// are about. histories_themes.cc: the themes.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
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
  Bytes bytes;
  bool signature_verifies = true;
};

enum class Theme : std::uint8_t {
  none,
  crowd,        // 127 associations, and one seat more
  status,       // one attestation, suspended and reinstated without end
  own_keys,     // a party that registers keys for itself without end
  errata,       // one release, corrected without end
  own_reports,  // one key, reported compromised without end by its party
  reports,      // the same, by its registrar
  scopes,       // one accreditation, extended without end
  full_set,     // 31 validators, and one more
};
// Most seeds have none.
[[nodiscard]] Theme theme_of(std::uint64_t seed);

// The cast.
namespace cast {
inline const std::string kBody = "https://kolas.example";
inline const std::string kOther = "https://kab.example";
inline const std::string kOwner = "https://kitech.example";
inline const std::string kOperator = "https://lci.example";
inline const std::string kOtherOperator = "https://other-lci.example";
inline const std::string kFirst = "https://first-verifier.example";
inline const std::string kNobody = "https://nobody.example";
// With URIs of 256 bytes, so that a record of what they did is full before the history is over.
[[nodiscard]] const std::string& long_body();
[[nodiscard]] const std::string& long_operator();
[[nodiscard]] const std::string& long_verifier();
[[nodiscard]] std::string association(std::size_t number);
}  // namespace cast

class HistoryMaker {
 public:
  HistoryMaker(std::uint64_t seed, const Digest& chain_id);

  // The next thing that somebody says, given what stands and the time of the block.
  [[nodiscard]] Offered next(const NaiveRules& ledger, Instant now);
  Dice& dice() { return dice_; }

 private:
  struct Saying {
    std::string issuer;
    Payload payload;
  };
  Saying begin(std::size_t step, Instant now);  // the grants and keys that most of it rests on
  Saying anything(const NaiveRules& ledger, Instant now);
  Saying attestation(const NaiveRules& ledger, Instant now);
  Saying status(const NaiveRules& ledger, Instant now);
  Saying accreditation(const NaiveRules& ledger, Instant now);
  Saying key(const NaiveRules& ledger, Instant now);
  Saying dataset(const NaiveRules& ledger, Instant now);
  Saying ballot(const NaiveRules& ledger, Instant now);

  // What this history's theme has somebody say; none: anything.
  std::optional<Saying> on_theme(std::size_t step, const NaiveRules& ledger, Instant now);
  std::optional<Saying> crowd(std::size_t step, const NaiveRules& ledger, Instant now);
  Saying one_more_status(const NaiveRules& ledger, Instant now);
  Saying one_more_key();
  Saying one_more_erratum(const NaiveRules& ledger, Instant now);
  Saying one_more_report(const NaiveRules& ledger, Instant now, bool by_registrar);
  Saying one_more_extension(const NaiveRules& ledger, Instant now);

  Saying proposal(const NaiveRules& ledger, Instant now);
  Saying vote(const NaiveRules& ledger, const std::vector<const NaiveEntry*>& proposals,
              Instant now);
  Change some_change(const NaiveRules& ledger);
  SetParameter some_parameter(const NaiveRules& ledger);
  AdmitParty some_newcomer(const NaiveRules& ledger, std::optional<PartyRole> role);
  std::vector<NewKey> first_keys(const std::string& uri);
  std::vector<std::string> some_of(const std::vector<std::string>& all);
  ValidatorProposal some_validator(const NaiveRules& ledger);
  Change some_change_of_validators(const NaiveRules& ledger);
  // The word of the new validator that this ballot is about, mostly a good one.
  std::optional<Ready> some_word(const NaiveRules& ledger, const Proposal& proposal);
  std::string some_party(const NaiveRules& ledger);

  Offered sign(const NaiveRules& ledger, Saying saying, Instant now);
  // Mostly one that may sign.
  [[nodiscard]] const SigningKey& signing_key(const NaiveRules& ledger, const std::string& party,
                                              KeyUsage usage);
  NewKey fresh_key(const std::string& party, KeyUsage usage);
  PublicKey some_holder_key(const NaiveRules& ledger);
  // The entry id of a random statement of this kind, or of none.
  Digest some_entry(const NaiveRules& ledger, StatementKind kind);
  Scope some_scope();
  std::vector<Scope> some_scopes();
  std::vector<Scope> next_scopes(const NaiveRules& ledger, const std::string& issuer,
                                 const AccreditationChange& change);
  // A mistake of whoever signs; none where the theme needs every statement to pass.
  bool slip(std::uint64_t percent) { return !careful_ && dice_.chance(percent); }

  Dice dice_;
  Digest chain_id_;
  Theme theme_;
  bool careful_ = false;
  std::string second_;  // the second verifier, and who granted
  std::string second_body_;
  std::vector<std::string> parties_;
  // How often this history says what: attestation, status, accreditation, key, dataset, ballot.
  std::array<std::uint64_t, 6> weights_{};
  std::size_t step_ = 0;
  std::uint64_t fresh_ = 0;
  std::vector<std::string> subjects_;
  std::vector<Offered> offered_;
  // "<party>/<usage>" → names of keys made for it, the latest last; registered or not.
  std::map<std::string, std::vector<std::string>> made_;
  std::map<Digest, const SigningKey*> by_kid_;
};

// What the files of the maker share.
namespace maker {
[[nodiscard]] Digest number(std::string_view tag, std::uint64_t at);
// As payloads want them.
[[nodiscard]] std::vector<Scope> in_order(std::vector<Scope> scopes);
}  // namespace maker

}  // namespace footproof::testing
