// The keys of this node: those in force and, while a change of the set waits, those that come next.
//
// Which of them speaks is never a setting: the set in force names a validator's keys, and those are
// used (epoch_set.h). New ones stand in a folder of their own ([node] next_keys: vote.pem,
// cosign.pem, log.pem, tls.pem, tls.crt) until the set that names them begins, and afterwards in
// either place. That folder is read again each time a set is looked at, so that no restart is
// needed. Files of keys must be ours alone (0600).
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "attest/digest.h"
#include "attest/key.h"
#include "attest/result.h"
#include "attest/state_record.h"
#include "node/config.h"
#include "node/data_folder.h"
#include "node/peer_session.h"

namespace footproof::node {

struct OwnKeys {
  SigningKey vote;
  SigningKey cosign;
  SigningKey log;
  Digest tls_pin{};
  std::filesystem::path tls_key{};
  std::filesystem::path tls_certificate{};
  std::uint64_t tls_ends_s = 0;  // since 1970
};

inline constexpr std::chrono::days kCertificateWarning{30};
// What to tell an operator whose link certificate ends within that time; empty: nothing.
[[nodiscard]] std::string certificate_warning(const OwnKeys& keys, std::uint64_t wall_ms);

// True if the member record names these keys, link key included.
[[nodiscard]] bool names(const Member& member, const OwnKeys& keys);
// What links are made with.
[[nodiscard]] Result<LinkKeys> link_keys(const OwnKeys& keys);

class KeyRing;

// What stands in kObserverFile: why, and the keys that must not vote because of it. A set that
// names another key of ours ends it (DataFolder::change_key).
[[nodiscard]] std::string observer_text(std::string_view why, const KeyRing& keys);

// Whether this folder was used before on this chain under one of these keys; a marker of others is
// an error.
[[nodiscard]] Result<bool> is_marked(const DataFolder& folder, const Digest& chain_id,
                                     const KeyRing& keys);

// The same under what a configuration names; a node that follows has no key.
[[nodiscard]] Result<bool> is_marked(const DataFolder& folder, const Digest& chain_id,
                                     const Config& config);

class KeyRing {
 public:
  // The first are those that a node uses which is in no set.
  explicit KeyRing(OwnKeys keys);
  [[nodiscard]] static Result<KeyRing> load(const Config& config);

  // Keys that may come into force; nothing if they are here already, or there are very many.
  void add(OwnKeys keys);

  [[nodiscard]] const OwnKeys& first() const { return *rings_.front(); }
  // The keys that this member record names, or null; what it points at lives as long as the ring.
  // A folder of next keys that cannot be read is told in the log.
  [[nodiscard]] const OwnKeys* find(const Member& member);
  // The same by vote key alone.
  [[nodiscard]] const OwnKeys* find(const PublicKey& vote_key) const;
  [[nodiscard]] const std::vector<std::unique_ptr<const OwnKeys>>& all() const { return rings_; }

 private:
  void read_next();

  std::filesystem::path next_;  // empty: there is none to look at
  std::vector<std::unique_ptr<const OwnKeys>> rings_;
};

}  // namespace footproof::node
