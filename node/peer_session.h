// One link to another validator: TLS handshake, hello, then frames both ways.
//
// A session is *up* only after the peer's hello: version, chain id, its validator id, and a
// signature by its vote key over this channel's exporter value, so that a stolen TLS key alone is
// no validator and a relayed hello is worth nothing. Before that it delivers nothing.
//
// Deadlines: handshake 5 s, hello 2 s, a frame 15 s. A heartbeat leaves every 5 s, so silence of
// 15 s means dead. Reading slows to the rates of peer_budget.h; more than kSendQueueMax bytes
// waiting to be sent close the link. Runs on the core thread only; kept alive by its own coroutine.
#pragma once

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attest/digest.h"
#include "attest/key.h"
#include "node/links.h"
#include "node/peer_budget.h"
#include "node/tls.h"
#include "node/wire.h"

namespace footproof::node {

constexpr std::uint16_t kWireVersion = 1;
constexpr std::chrono::seconds kHandshakeDeadline{5};
constexpr std::chrono::seconds kHelloDeadline{2};
constexpr std::chrono::seconds kHeartbeatEvery{5};
constexpr std::chrono::seconds kDeadAfter{15};
constexpr std::size_t kSendQueueMax = std::size_t{16} * 1024 * 1024;

// What a node speaks with on its links.
struct LinkKeys {
  std::function<Bytes(ByteView)> sign;  // with the vote key
  std::shared_ptr<boost::asio::ssl::context> client_context;
  std::shared_ptr<boost::asio::ssl::context> server_context;
};

// What a session needs to know of this node; outlives every session. Self, peers and keys change
// with the set in force.
struct LinkIdentity {
  Digest chain_id;
  PeerIdentity self;
  std::vector<PeerIdentity> peers;  // the other validators
  LinkKeys keys;

  [[nodiscard]] const PeerIdentity* find_pin(const Digest& pin) const;
  [[nodiscard]] const PeerIdentity* find(std::string_view id) const;
  // The entry of this very peer: id and both keys.
  [[nodiscard]] const PeerIdentity* find(const PeerIdentity& peer) const;
};

// What the hello's signature covers.
[[nodiscard]] Bytes hello_sign_bytes(const Digest& chain_id, const Digest& binding,
                                     std::string_view validator_id, TlsRole role);

class PeerSession;

class SessionOwner {
 public:
  virtual ~SessionOwner() = default;
  // The peer is proven. False: not wanted (a duplicate, or no peer any more), the session closes.
  virtual bool session_up(const std::shared_ptr<PeerSession>& session) = 0;
  virtual void session_frame(PeerSession& session, Envelope&& envelope) = 0;
  // Always the last call, whether it was up or not.
  virtual void session_down(PeerSession& session, const std::string& reason) = 0;
};

// How reading or writing ended, in words for operators, with the system's own in brackets.
[[nodiscard]] std::string link_end_text(const boost::system::error_code& error);

class PeerSession : public std::enable_shared_from_this<PeerSession> {
 public:
  using Socket = boost::asio::ip::tcp::socket;

  // `expected`: the peer that was dialled; null for an accepted link. `identity` and `owner`
  // outlive the session.
  PeerSession(Socket socket, TlsRole role, const PeerIdentity* expected,
              const LinkIdentity& identity, SessionOwner& owner);

  void start();
  // Queued and sent in order; nothing after close().
  void send(Frame frame);
  void close(std::string reason);
  // Signatures had to be checked because of what this peer sent.
  void charge(std::size_t verifications) { budget_.charge(verifications); }

  [[nodiscard]] bool is_up() const { return up_; }
  [[nodiscard]] TlsRole role() const { return role_; }
  // Once up; its index is the one of the set in force when the link was made.
  [[nodiscard]] const PeerIdentity& peer() const { return *peer_; }
  [[nodiscard]] const std::string& remote_address() const { return remote_address_; }
  [[nodiscard]] std::chrono::steady_clock::time_point last_heard() const { return last_heard_; }
  // Down and not yet reported, or reported.
  [[nodiscard]] bool is_closed() const { return closed_; }

 private:
  using Outcome = std::string;  // why the session ended

  static boost::asio::awaitable<Outcome> run(std::shared_ptr<PeerSession> self);
  boost::asio::awaitable<Outcome> handshake();
  boost::asio::awaitable<Outcome> exchange_hello();
  boost::asio::awaitable<Outcome> read_frames();
  boost::asio::awaitable<Result<Envelope>> read_envelope();
  boost::asio::awaitable<void> slow_down(std::size_t bytes);

  Result<Frame> make_hello();
  Result<bool> check_hello(const Envelope& envelope);
  void arm_deadline(std::chrono::steady_clock::duration after, std::string reason);
  void arm_heartbeat();
  void write_next();

  boost::asio::ssl::stream<Socket> stream_;
  TlsRole role_;
  const std::optional<PeerIdentity> expected_;
  const LinkIdentity& identity_;
  SessionOwner& owner_;
  std::optional<PeerIdentity> peer_;  // by its pin, proven once up_
  std::string remote_address_;
  boost::asio::steady_timer deadline_;
  boost::asio::steady_timer heartbeat_;
  boost::asio::steady_timer pause_;
  std::chrono::steady_clock::time_point last_heard_;
  PeerBudget budget_;
  std::deque<Frame> queue_;
  std::size_t queued_bytes_ = 0;
  Bytes writing_;
  bool write_in_flight_ = false;
  bool up_ = false;
  bool closed_ = false;
  std::string close_reason_;
};

}  // namespace footproof::node
