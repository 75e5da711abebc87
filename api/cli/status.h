// What footproof status asks on: a day, and what was recorded by an instant; and by which policy
// the node's answer is judged.
#pragma once

#include <optional>
#include <string>

#include "api/cli/command.h"
#include "api/client/client.h"
#include "attest/catalogue.h"
#include "attest/date.h"
#include "attest/policy.h"
#include "attest/receipt_check.h"

namespace footproof::api {

struct StatusOptions {
  std::string target;
  std::string members;  // of a catalogue: folder or list of sealed declarations
  std::string policy;
  std::string as_of;
  std::string known_by;

  // Without a policy of the asker's own the answer is the node's word.
  [[nodiscard]] bool verifies() const { return !policy.empty(); }
};

struct Axes {
  Date day;
  Instant known;
};
[[nodiscard]] Result<Axes> read_axes(const StatusOptions& options, const ReceiptCheck& check);
// Recorded by then.
[[nodiscard]] bool known_then(const ReceiptCheck& check, const Axes& axes);
// Its key was compromised when it was recorded, as known then: it counts for nothing.
[[nodiscard]] bool is_void(const ReceiptCheck& check, const Axes& axes);
// Of the attestation where that is not active, else of the declaration the receipt is about.
[[nodiscard]] Status worst_status(const ReceiptCheck& check, const Axes& axes);

// The policy named, or, where none is, the node's, which serves to take the receipt apart and
// proves nothing.
[[nodiscard]] Result<Policy> policy_to_judge_by(const std::string& policy_path, Client& client);
// A receipt that the client got, judged. bad_value: it does not verify. Lives as long as the
// policy.
[[nodiscard]] Result<ReceiptCheck> judge_answer(const Receipt& receipt, const Policy& policy);
// "proven against the policy …", or that it is not.
void print_proof(const ReceiptCheck& check, bool verified);

// The same for a whole catalogue and, with --members, for each of its members.
[[nodiscard]] int status_of_catalogue(const StatusOptions& options, const Catalogue& catalogue,
                                      Context context);

}  // namespace footproof::api
