// The links of this node to all other validators: dials, accepts, keeps one of each pair.
//
// Both sides dial. When two links to one peer are up, the one that the validator with the smaller
// vote key dialled stays: both ends decide alike. Dialling again backs off from 100 ms to 5 s with
// jitter. An address is dialled while the validator it belongs to is a peer. At most 4 handshakes
// are pending per address, 64 in all, and 2n+16 accepted links. Runs on the core thread only.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "node/config.h"
#include "node/links.h"
#include "node/peer_session.h"

namespace footproof::node {

constexpr std::size_t kPendingPerAddressMax = 4;
constexpr std::size_t kPendingMax = 64;

struct PeerAddress {
  std::string validator;
  Endpoint address;
};

// What this node speaks with as `self`, whose keys the ledger names. Called where they change.
using LinkKeySource = std::function<Result<LinkKeys>(const PeerIdentity& self)>;

class Mesh final : public Links, private SessionOwner {
 public:
  // Without a `source`, its own keys stay what they are (tests).
  Mesh(boost::asio::io_context& io, LinkIdentity identity,
       const std::vector<PeerAddress>& addresses, Endpoint listen, LinkKeySource source = {});
  // NOLINTNEXTLINE(bugprone-exception-escape): what cannot be stopped ends the process.
  ~Mesh() override;

  // Listens and starts to dial.
  [[nodiscard]] Result<std::uint16_t> start(LinkEvents& events) override;
  void stop() override;
  void set_links(LinkSet links) override;
  // Dials this peer from now on; after start() only (tests, whose ports the system chooses).
  void dial(const PeerAddress& peer);

  bool send(ValidatorIndex to, const Frame& frame) override;
  void broadcast(const Frame& frame) override;
  void drop(ValidatorIndex peer, const std::string& reason) override;
  void charge(ValidatorIndex peer, std::size_t verifications) override;

  [[nodiscard]] bool is_connected(ValidatorIndex peer) const override;
  [[nodiscard]] std::size_t connected_count() const { return links_.size(); }
  [[nodiscard]] std::optional<MonoTime> last_heard(ValidatorIndex peer) const override;
  [[nodiscard]] const std::vector<PeerIdentity>& peers() const override { return identity_.peers; }

 private:
  struct Dialer;

  [[nodiscard]] std::optional<ValidatorIndex> index_of(const PeerSession& session) const;
  bool take_own_keys(const PeerIdentity& self);
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
  LinkKeySource source_;
  bool dials_ = true;
  Endpoint listen_;
  LinkEvents* events_ = nullptr;  // since start()
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer accept_pause_;
  std::map<std::string, std::unique_ptr<Dialer>, std::less<>> dialers_;  // by validator
  std::map<ValidatorIndex, std::shared_ptr<PeerSession>> links_;         // up, one a peer
  std::map<PeerSession*, std::shared_ptr<PeerSession>> sessions_;        // all, up or not
  std::minstd_rand jitter_;
  bool stopped_ = false;
};

}  // namespace footproof::node
