// The links of this node to all other validators: dials, accepts, keeps one of each pair.
//
// Both sides dial. When two links to one peer are up, the one that the validator with the smaller
// vote key dialled stays: both ends decide alike. Dialling again backs off from 100 ms to 5 s with
// jitter. At most 4 handshakes are pending per address, 64 in all, and 2n+16 accepted links. Runs
// on the core thread only.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "node/config.h"
#include "node/peer_session.h"

namespace footproof::node {

constexpr std::size_t kPendingPerAddressMax = 4;
constexpr std::size_t kPendingMax = 64;

class MeshEvents {
 public:
  virtual ~MeshEvents() = default;
  virtual void peer_connected(ValidatorIndex peer) = 0;
  virtual void peer_disconnected(ValidatorIndex peer) = 0;
  virtual void peer_message(ValidatorIndex peer, Envelope&& envelope) = 0;
};

struct PeerAddress {
  ValidatorIndex index = 0;
  Endpoint address;
};

class Mesh final : private SessionOwner {
 public:
  // `events` outlives the mesh.
  Mesh(boost::asio::io_context& io, LinkIdentity identity,
       const std::vector<PeerAddress>& addresses, MeshEvents& events);
  // NOLINTNEXTLINE(bugprone-exception-escape): what cannot be stopped ends the process.
  ~Mesh() override;

  // Listens and starts to dial. The port listened on.
  [[nodiscard]] Result<std::uint16_t> start(const Endpoint& listen);
  // Closes everything; nothing is delivered afterwards.
  void stop();
  // Dials this peer from now on; after start() only (tests, whose ports the system chooses).
  void dial(const PeerAddress& peer);

  // False if there is no link.
  bool send(ValidatorIndex to, const Frame& frame);
  void broadcast(const Frame& frame);
  // Closes the link to a peer that broke the protocol; it is dialled again later.
  void drop(ValidatorIndex peer, const std::string& reason);
  // Signatures had to be checked because of what this peer sent.
  void charge(ValidatorIndex peer, std::size_t verifications);

  [[nodiscard]] bool is_connected(ValidatorIndex peer) const;
  [[nodiscard]] std::size_t connected_count() const { return links_.size(); }
  [[nodiscard]] std::optional<std::chrono::steady_clock::time_point> last_heard(
      ValidatorIndex peer) const;
  [[nodiscard]] const LinkIdentity& identity() const { return identity_; }

 private:
  struct Dialer;

  bool session_up(const std::shared_ptr<PeerSession>& session) override;
  void session_frame(PeerSession& session, Envelope&& envelope) override;
  void session_down(PeerSession& session, const std::string& reason) override;

  void accept_next();
  void accepted(boost::asio::ip::tcp::socket socket);
  Dialer& dialer_for(const PeerAddress& peer);
  void dial(Dialer& dialer);
  void dial_later(Dialer& dialer);
  [[nodiscard]] bool is_preferred(const PeerSession& session) const;

  boost::asio::io_context& io_;
  LinkIdentity identity_;
  MeshEvents& events_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer accept_pause_;
  std::map<ValidatorIndex, std::unique_ptr<Dialer>> dialers_;
  std::map<ValidatorIndex, std::shared_ptr<PeerSession>> links_;   // up, one a peer
  std::map<PeerSession*, std::shared_ptr<PeerSession>> sessions_;  // all, up or not
  std::minstd_rand jitter_;
  bool stopped_ = false;
};

}  // namespace footproof::node
