#include "attest/policy_join.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

namespace footproof {
namespace {

// Whoever holds two that contradict one another cannot tell from them which one is wrong.
constexpr std::string_view kContradiction =
    "; one of the two is wrong: rely on neither until you know which, and ask an association for "
    "another copy";

tl::unexpected<Error> contradiction(const std::string& what) {
  return fail(Errc::mismatch, "policies: " + what + std::string(kContradiction));
}

std::string both(const std::string& one, const std::string& other) {
  return one + " in one, " + other + " in the other";
}

Result<void> same_members(const PolicyEpoch& a, const PolicyEpoch& b, const std::string& where) {
  const auto id_at = [](const PolicyEpoch& epoch, std::size_t i) {
    return i < epoch.members.size() ? epoch.members[i].id : std::string("none");
  };
  for (std::size_t i = 0; i < std::max(a.members.size(), b.members.size()); ++i) {
    if (id_at(a, i) != id_at(b, i)) {
      return contradiction(where + "validators: " + both(id_at(a, i), id_at(b, i)));
    }
    if (a.members[i].cosign_key != b.members[i].cosign_key) {
      return contradiction(where + "cosign key of " + a.members[i].id + ": it differs");
    }
    if (a.members[i].log_key != b.members[i].log_key) {
      return contradiction(where + "log key of " + a.members[i].id + ": it differs");
    }
  }
  return {};
}

// One epoch as the policy made on `made_on` has it, and as the newer policy does.
Result<void> same_epoch(const PolicyEpoch& older, Date made_on, const PolicyEpoch& newer) {
  const std::string where = "epoch " + std::to_string(older.epoch) + ": ";
  if (older.first_size != newer.first_size) {
    return contradiction(where + "first size: " +
                         both(std::to_string(older.first_size), std::to_string(newer.first_size)));
  }
  if (auto same = same_members(older, newer, where); !same) return same;
  if (!older.last_size) {
    if (!newer.last_day || *newer.last_day >= made_on) return {};
    return contradiction(where + "ended: on " + newer.last_day->text() + " in one, not yet on " +
                         made_on.text() + " in the other");
  }
  if (older.last_size != newer.last_size) {
    return contradiction(where + "last size: " +
                         both(std::to_string(*older.last_size), std::to_string(*newer.last_size)));
  }
  if (older.last_root != newer.last_root) {
    return contradiction(where + "root: " + both(older.last_root->hex(), newer.last_root->hex()));
  }
  if (older.last_day != newer.last_day) {
    return contradiction(where + "ended: " + both(older.last_day->text(), newer.last_day->text()));
  }
  return {};
}

Result<void> same_network(const Policy& a, const Policy& b) {
  constexpr std::string_view kRemedy = "; they are of two networks: keep them apart";
  if (a.chain_id != b.chain_id) {
    return fail(Errc::mismatch, "policies: chain: " + both(a.chain_id.hex(), b.chain_id.hex()) +
                                    std::string(kRemedy));
  }
  if (a.origin != b.origin) {
    return fail(Errc::mismatch,
                "policies: origin: " + both(a.origin, b.origin) + std::string(kRemedy));
  }
  return {};
}

// The end of the older one's newest epoch must be known from the newer one.
Result<void> no_gap(const Policy& older, const Policy& newer) {
  const std::uint64_t last = older.newest().epoch;
  const std::uint64_t first = newer.epochs.front().epoch;
  if (first <= last) return {};
  return fail(Errc::mismatch, "policies: epochs: one ends with epoch " + std::to_string(last) +
                                  ", the other begins with epoch " + std::to_string(first) +
                                  ": where epoch " + std::to_string(last) +
                                  " ended is in neither; get one that holds epoch " +
                                  std::to_string(last) + " and later ones, and join that first");
}

}  // namespace

Result<Policy> join_policies(const Policy& a, const Policy& b) {
  for (const Policy* policy : {&a, &b}) {
    if (auto valid = check(*policy); !valid) return fail(std::move(valid.error()));
  }
  if (auto same = same_network(a, b); !same) return fail(std::move(same.error()));
  const auto age = [](const Policy& policy) {
    return std::tuple(policy.newest().epoch, policy.made_on);
  };
  const Policy& newer = age(a) < age(b) ? b : a;
  const Policy& older = &newer == &a ? b : a;
  if (newer.made_on < older.made_on) {
    return contradiction("made: one of " + newer.made_on.text() + " knows epoch " +
                         std::to_string(newer.newest().epoch) + ", one of " + older.made_on.text() +
                         " still ends with epoch " + std::to_string(older.newest().epoch));
  }
  if (auto joined = no_gap(older, newer); !joined) return fail(std::move(joined.error()));
  const std::uint64_t first = newer.epochs.front().epoch;
  Policy joined = newer;
  joined.epochs.clear();
  for (const PolicyEpoch& epoch : older.epochs) {
    if (epoch.epoch < first) {
      joined.epochs.push_back(epoch);
    } else if (auto same = same_epoch(epoch, older.made_on, newer.epochs[epoch.epoch - first]);
               !same) {
      return fail(std::move(same.error()));
    }
  }
  joined.epochs.insert(joined.epochs.end(), newer.epochs.begin(), newer.epochs.end());
  if (auto valid = check(joined); !valid) return fail("joined", std::move(valid.error()));
  return joined;
}

}  // namespace footproof
