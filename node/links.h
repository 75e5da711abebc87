// The links to the other validators, as the core loop sees them: at most one a peer, frames in
// order on it, and word of each that comes up or goes down. What was sent on a link that went down
// may be lost. Core thread only. mesh.h makes them of TLS over TCP.
//
// Who the peers are follows from the set in force (set_links); an index is the peer's place in that
// set. Peers of the next set alone have the indices behind it (core_loop_epoch.cc).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "attest/digest.h"
#include "attest/key.h"
#include "attest/result.h"
#include "node/mono_time.h"
#include "node/wire.h"

namespace footproof::node {

using ValidatorIndex = std::uint8_t;

// A validator as the registry names it.
struct PeerIdentity {
  ValidatorIndex index = 0;
  std::string id;
  PublicKey vote_key;
  Digest tls_pin;
};

// Who speaks here, and with whom.
struct LinkSet {
  PeerIdentity self;  // its index counts only for a member
  std::vector<PeerIdentity> peers;
  bool dials = true;  // false: this node only waits to be dialled, as one who has left the set does
};

class LinkEvents {
 public:
  virtual ~LinkEvents() = default;
  // Also when a link took another's place: what was queued on that one is gone.
  virtual void peer_connected(ValidatorIndex peer) = 0;
  virtual void peer_disconnected(ValidatorIndex peer) = 0;
  virtual void peer_message(ValidatorIndex peer, Envelope&& envelope) = 0;
};

class Links {
 public:
  virtual ~Links() = default;

  // Links are made from now on, and `events` hears of them; it outlives the links, or stop() comes
  // first. The port listened on.
  [[nodiscard]] virtual Result<std::uint16_t> start(LinkEvents& events) = 0;
  // Closes everything; nothing is delivered afterwards.
  virtual void stop() = 0;

  // From now on these alone, before start() or after. Links to whom is not among them, or has other
  // keys, close at once; if this node's own keys are others, all do. The rest stay, each under its
  // new index. LinkEvents hears of nothing: the caller knows, and asks is_connected().
  virtual void set_links(LinkSet links) = 0;

  // False if there is no link.
  virtual bool send(ValidatorIndex to, const Frame& frame) = 0;
  virtual void broadcast(const Frame& frame) = 0;
  // Closes the link to a peer that broke the protocol; it comes back later.
  virtual void drop(ValidatorIndex peer, const std::string& reason) = 0;
  // Signatures had to be checked because of what this peer sent.
  virtual void charge(ValidatorIndex peer, std::size_t verifications) = 0;

  [[nodiscard]] virtual bool is_connected(ValidatorIndex peer) const = 0;
  [[nodiscard]] virtual std::optional<MonoTime> last_heard(ValidatorIndex peer) const = 0;
  // All that links are made to, up or not.
  [[nodiscard]] virtual const std::vector<PeerIdentity>& peers() const = 0;
};

}  // namespace footproof::node
