// LogStream: the whole log of a network, entry by entry, as the statement bundles of a node give
// it.
//
// Everything is downloaded whole, so that a node learns nothing of what is looked for. What was
// visited counts only once advance() has returned: then the root over every byte since the first
// entry is that of a checkpoint which, where a trust policy is given, a quorum vouches for.
// Full bundles never change; with a cache folder they are downloaded once in its life. A cached
// file is the SHA-256 of the bundle and the bundle; what does not match it is downloaded again.
// Limits: bundles of 256 entries, each at most 16 KiB and its length.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "api/client/client.h"
#include "attest/merkle.h"
#include "attest/note.h"
#include "attest/policy.h"

namespace footproof::api {

struct StreamEntry {
  std::uint64_t index = 0;
  bool is_record = false;
  Bytes bytes;   // the statement or block record
  Digest entry;  // what the leaf is made of
};

struct StreamHead {
  Checkpoint checkpoint;
  std::string note;                    // as it was served
  std::optional<std::uint64_t> as_of;  // T in seconds; there where a policy was given
};

class LogStream {
 public:
  using Visit = std::function<Result<void>(const StreamEntry& entry)>;

  // `policy` null: the node is believed. Client and policy outlive this. `cache` empty: none.
  LogStream(Client& client, const Policy* policy, std::filesystem::path cache)
      : client_(client), policy_(policy), cache_(std::move(cache)) {}

  // Visits every entry up to the node's newest checkpoint, from where the last call ended. After a
  // mismatch, or an error of `visit`, this object is of no more use.
  [[nodiscard]] Result<StreamHead> advance(const Visit& visit);
  // The same up to a head that was given, which must be of this log.
  [[nodiscard]] Result<void> advance_to(const Checkpoint& head, const Visit& visit);
  [[nodiscard]] Result<StreamHead> head();

  [[nodiscard]] std::uint64_t size() const { return tree_.size(); }
  [[nodiscard]] Digest root() const { return tree_.root(); }

 private:
  [[nodiscard]] Result<Bytes> bundle(std::uint64_t number, std::uint32_t width);

  Client& client_;
  const Policy* policy_;
  std::filesystem::path cache_;
  Frontier tree_;
};

}  // namespace footproof::api
