// Records of the ledger's state as a node shows them, judged by the asker's trust policy: what does
// not hold is an error that names what was asked and what is wrong with the answer.
//
// Without a policy of the asker's own the node's serves to take the answer apart; that proves
// nothing, and verified() says so. How old the state may be: is_stale(), print_proof().
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/client/client.h"
#include "attest/bytes.h"
#include "attest/date.h"
#include "attest/digest.h"
#include "attest/policy.h"
#include "attest/result.h"

namespace CLI {
class App;
}

namespace footproof::api {

struct ProofOptions {
  std::string policy;
  std::string age_max = "1h";  // a network renews the time of its head every minute
};
// Adds --policy and --max-age.
void add_proof_options(CLI::App& command, ProofOptions& options);

class StateReader {
 public:
  // `client` outlives this.
  static Result<StateReader> make(Client& client, const ProofOptions& options);

  struct Records {
    std::vector<std::optional<Bytes>> records;  // in the order of the keys
    Instant time;                               // of the last block record
  };
  // All of one head. `what` names in errors what was asked for.
  [[nodiscard]] Result<Records> read(std::string_view what, const std::vector<Digest>& keys);

  [[nodiscard]] bool verified() const { return verified_; }
  [[nodiscard]] const Policy& policy() const { return policy_; }
  [[nodiscard]] Client& client() { return client_; }
  // The as-of time of what was read; of several heads the oldest. After the first read().
  [[nodiscard]] Instant as_of() const { return as_of_.value_or(Instant{}); }
  // Older than the asker allows, so a node may be hiding what came since.
  [[nodiscard]] bool is_stale() const;
  // One or two lines for people: proven as of when, or that nothing is checked.
  void print_proof() const;

 private:
  StateReader(Client& client, Policy policy, bool verified, std::uint64_t age_max_s)
      : client_(client), policy_(std::move(policy)), verified_(verified), age_max_s_(age_max_s) {}

  Client& client_;
  Policy policy_;
  bool verified_;
  std::uint64_t age_max_s_;
  std::optional<Instant> as_of_;
};

}  // namespace footproof::api
