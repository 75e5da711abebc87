// What every command that sends a statement shares: the key and issuer it signs for, the file that
// the signed bytes are saved in before they leave, and what becomes of them.
//
// The chain id, to which a statement is bound, comes from the trust policy where one is given, and
// else from the node asked; then the node is trusted to be of the right network.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "api/cli/command.h"
#include "api/client/client.h"
#include "attest/payload.h"
#include "attest/policy.h"
#include "attest/receipt.h"
#include "attest/state_record.h"
#include "attest/statement.h"

namespace footproof::api {

inline constexpr std::size_t kStatementFileMax = std::size_t{1024} * 1024;

struct SignOptions {
  std::string key;
  std::string passphrase_file;
  std::string issuer;
  std::string policy;  // file; may be empty
  std::string output;  // where the signed bytes are saved
  bool check = false;  // ask a node what the rules say, send nothing that is signed
};

// Adds --key, --passphrase-file, --issuer, --policy, --output and --check.
void add_sign_options(CLI::App& command, SignOptions& options);

[[nodiscard]] Result<Policy> read_policy(const std::string& path);
// The nodes of --node.
[[nodiscard]] Result<Client> make_client(const Context& context);
// From the policy, or, where `path` is empty, from a node.
[[nodiscard]] Result<Digest> network_of(const std::string& policy_path, Client& client);

// The record under a state key at the newest checkpoint; nothing where there is none. A node's
// word: good for filling in what the rules check anyway.
[[nodiscard]] Result<std::optional<Bytes>> state_of(Client& client, const Digest& key);

// What the rules would say, asked with zeros for the signature: nothing signed leaves this machine.
[[nodiscard]] Result<DryRun> ask_rules(Client& client, const Statement& statement);

// Signs a payload by the options and does what they say with it: dry run, or save and submit.
// Prints the answer; returns the exit code. `save` writes the file: once before the bytes leave,
// and once with the receipt.
using Save = std::function<Result<void>(const Statement& statement, const Receipt* receipt,
                                        const std::vector<std::string>& nodes)>;
[[nodiscard]] int sign_and_submit(const Context& context, const SignOptions& options,
                                  Client& client, Payload payload, const Save& save);
// The same, saving the bare COSE_Sign1.
[[nodiscard]] int sign_and_submit(const Context& context, const SignOptions& options,
                                  Client& client, Payload payload);

// Submits bytes that are saved already, waits for the outcome, prints it, returns the exit code.
[[nodiscard]] int submit_saved(const Context& context, Client& client, const Statement& statement,
                               const std::string& saved_in, const Save& save);
// What a refused or pending statement says, on standard error.
void print_outcome(const Submitted& submitted, const std::string& saved_in, bool json);

[[nodiscard]] Result<Date> date_or_today(const std::string& text, const char* name);

}  // namespace footproof::api
