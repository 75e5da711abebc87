#include "api/cli/proven_state.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <utility>

#include "api/cli/status.h"
#include "api/cli/submitting.h"
#include "attest/state_check.h"

namespace footproof::api {
namespace {

constexpr std::uint64_t kAheadMaxS = 300;  // as a verdict allows (docs/formats.md §9)

std::string age_text(std::uint64_t seconds) {
  const auto count = [&](std::uint64_t unit) { return std::to_string(seconds / unit); };
  if (seconds >= 2 * 86'400) return count(86'400) + " days";
  if (seconds >= 2 * 3'600) return count(3'600) + " hours";
  if (seconds >= 2 * 60) return count(60) + " minutes";
  return count(1) + " seconds";
}

std::uint64_t age_of(Instant as_of) {
  const std::uint64_t now = clock_now().seconds();
  return now > as_of.seconds() ? now - as_of.seconds() : 0;
}

}  // namespace

void add_proof_options(CLI::App& command, ProofOptions& options) {
  command.add_option("--policy", options.policy,
                     "Trust policy to verify the answer by; without it the node is believed");
  command.add_option("--max-age", options.age_max, "Oldest state to take for today's: 1d, 2h, 10m")
      ->capture_default_str();
}

Result<StateReader> StateReader::make(Client& client, const ProofOptions& options) {
  const auto age_max = parse_age(options.age_max);
  if (!age_max) return fail(age_max.error());
  auto policy = policy_to_judge_by(options.policy, client);
  if (!policy) return fail(policy.error());
  return StateReader(client, std::move(*policy), !options.policy.empty(), *age_max);
}

Result<StateReader::Records> StateReader::read(std::string_view what,
                                               const std::vector<Digest>& keys) {
  const auto not_proven = [&](const Error& error) {
    return fail(Errc::bad_value,
                "the node's answer about " + std::string(what) + " does not hold: " + error.detail);
  };
  auto answer = client_.state(keys);
  if (!answer) return fail(std::move(answer.error()));
  const auto head = verify_head(policy_, answer->checkpoint, answer->last_record);
  if (!head) return not_proven(head.error());
  if (const auto proven = verify_records(*head, answer->proof, keys, answer->records); !proven) {
    return not_proven(proven.error());
  }
  if (head->known().seconds() > clock_now().seconds() + kAheadMaxS) {
    return fail(Errc::bad_value, "the state is of " + head->known().text() +
                                     ", which has not come yet: is this machine's clock right?");
  }
  as_of_ = std::min(as_of_.value_or(head->known()), head->known());
  return Records{std::move(answer->records), head->last_record.time};
}

bool StateReader::is_stale() const { return age_of(as_of()) > age_max_s_; }

void StateReader::print_proof() const {
  if (!verified_) {
    std::cout << "not checked  this is a node's word; give --policy FILE\n";
    return;
  }
  std::cout << "proven       against the policy, as of " << as_of().text() << " ("
            << age_text(age_of(as_of())) << " ago); later events are unknown\n";
  if (is_stale()) {
    std::cout << "STALE        older than the " << age_text(age_max_s_)
              << " allowed: the node may be hiding what came since; ask another, or give --max-age"
                 "\n";
  }
}

}  // namespace footproof::api
