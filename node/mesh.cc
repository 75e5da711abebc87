#include "node/mesh.h"

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <utility>

#include "node/log.h"

namespace footproof::node {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::chrono::milliseconds kBackOffMin{100};
constexpr std::chrono::milliseconds kBackOffMax{5'000};
constexpr std::chrono::seconds kConnectDeadline{5};
constexpr int kListenBacklog = 64;

}  // namespace

struct Mesh::Dialer {
  Dialer(asio::io_context& io, PeerAddress peer)
      : to(std::move(peer)), timer(io), resolver(io), socket(io) {}

  PeerAddress to;
  asio::steady_timer timer;  // the wait before a dial, or the deadline of one
  tcp::resolver resolver;
  tcp::socket socket;
  std::chrono::milliseconds back_off = kBackOffMin;
  bool busy = false;                     // dialling, or a dialled session lives
  const PeerSession* session = nullptr;  // the dialled one
};

Mesh::Mesh(asio::io_context& io, LinkIdentity identity, const std::vector<PeerAddress>& addresses,
           Endpoint listen, LinkKeySource source)
    : io_(io),
      identity_(std::move(identity)),
      source_(std::move(source)),
      listen_(std::move(listen)),
      acceptor_(io),
      accept_pause_(io),
      jitter_(static_cast<std::minstd_rand::result_type>(
          std::chrono::steady_clock::now().time_since_epoch().count())) {
  for (const auto& address : addresses) dialer_for(address);
}

// NOLINTNEXTLINE(bugprone-exception-escape): see the header.
Mesh::~Mesh() { stop(); }

Mesh::Dialer& Mesh::dialer_for(const PeerAddress& peer) {
  auto& dialer = dialers_[peer.validator];
  if (!dialer) dialer = std::make_unique<Dialer>(io_, peer);
  dialer->to = peer;
  return *dialer;
}

void Mesh::dial(const PeerAddress& peer) { dial(dialer_for(peer)); }

Result<std::uint16_t> Mesh::start(LinkEvents& events) {
  events_ = &events;
  error_code error;
  tcp::resolver resolver(io_);
  const auto found =
      resolver.resolve(listen_.host, std::to_string(listen_.port), tcp::resolver::passive, error);
  if (error || found.empty()) {
    return fail(Errc::io, "[mesh] listen: cannot resolve " + listen_.text());
  }
  const tcp::endpoint endpoint = found.begin()->endpoint();
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(kListenBacklog, error);
  if (error) {
    return fail(Errc::io,
                "[mesh] listen: cannot listen on " + listen_.text() + ": " + error.message());
  }
  accept_next();
  for (auto& [id, dialer] : dialers_) dial(*dialer);
  return acceptor_.local_endpoint(error).port();
}

void Mesh::stop() {
  if (stopped_) return;
  stopped_ = true;
  error_code ignored;
  acceptor_.close(ignored);
  accept_pause_.cancel();
  for (auto& [id, dialer] : dialers_) {
    dialer->timer.cancel();
    dialer->resolver.cancel();
    dialer->socket.close(ignored);
  }
  auto all = sessions_;
  for (auto& [pointer, session] : all) session->close("this node stops");
  links_.clear();
}

std::optional<ValidatorIndex> Mesh::index_of(const PeerSession& session) const {
  const auto* peer = identity_.find(session.peer());
  return peer == nullptr ? std::nullopt : std::optional(peer->index);
}

// True if all links must be made again.
bool Mesh::take_own_keys(const PeerIdentity& self) {
  const auto before = std::exchange(identity_.self, self);
  const bool same =
      before.id == self.id && before.vote_key == self.vote_key && before.tls_pin == self.tls_pin;
  if (same || !source_) return !same;
  auto keys = source_(self);
  if (keys) {
    identity_.keys = *std::move(keys);
  } else {
    log(LogLevel::error, "link_keys", {{"why", keys.error().detail}});
  }
  return true;
}

void Mesh::set_links(LinkSet links) {
  const bool all_anew = take_own_keys(links.self);
  dials_ = links.dials;
  identity_.peers = std::move(links.peers);
  const auto before = std::exchange(links_, {});
  for (const auto& [old_index, session] : before) {
    const auto index = index_of(*session);
    if (index && !all_anew) {
      links_.emplace(*index, session);
      continue;
    }
    const std::string_view why = all_anew ? "this node speaks with other keys now"
                                 : identity_.find(session->peer().id) == nullptr
                                     ? "it is not in the set in force"
                                     : "it has other keys now";
    log(LogLevel::info, "peer_down", {{"peer", session->peer().id}, {"why", why}});
    session->close(std::string(why));
  }
  if (events_ == nullptr || stopped_) return;  // start() dials
  for (auto& [id, dialer] : dialers_) {
    dialer->back_off = kBackOffMin;
    if (dialer->busy) continue;
    dialer->timer.cancel();
    dial(*dialer);
  }
}

void Mesh::accept_next() {
  acceptor_.async_accept([this](error_code error, tcp::socket socket) {
    if (stopped_ || error == asio::error::operation_aborted) return;
    if (!error) {
      accepted(std::move(socket));
      return accept_next();
    }
    // Out of descriptors, mostly: wait instead of spinning.
    accept_pause_.expires_after(kBackOffMin);
    accept_pause_.async_wait([this](error_code aborted) {
      if (!aborted && !stopped_) accept_next();
    });
  });
}

void Mesh::accepted(tcp::socket socket) {
  error_code error;
  const auto remote = socket.remote_endpoint(error);
  if (error) return;
  const std::string address = remote.address().to_string();
  std::size_t pending = 0;
  std::size_t pending_here = 0;
  std::size_t inbound = 0;
  for (const auto& [pointer, session] : sessions_) {
    if (session->role() != TlsRole::server) continue;
    ++inbound;
    if (session->is_up()) continue;
    ++pending;
    if (session->remote_address() == address) ++pending_here;
  }
  const std::size_t inbound_max = 2 * (identity_.peers.size() + 1) + 16;
  if (pending >= kPendingMax || pending_here >= kPendingPerAddressMax || inbound >= inbound_max) {
    log(LogLevel::debug, "link_refused", {{"address", address}, {"pending", pending}});
    return;  // closes
  }
  auto session = std::make_shared<PeerSession>(std::move(socket), TlsRole::server, nullptr,
                                               identity_, static_cast<SessionOwner&>(*this));
  sessions_.emplace(session.get(), session);
  session->start();
}

void Mesh::dial(Dialer& dialer) {
  if (stopped_ || !dials_ || dialer.busy) return;
  const auto* peer = identity_.find(dialer.to.validator);
  if (peer == nullptr || links_.contains(peer->index)) return;
  dialer.busy = true;
  dialer.timer.expires_after(kConnectDeadline);
  dialer.timer.async_wait([&dialer](error_code aborted) {
    if (aborted) return;
    error_code ignored;
    dialer.resolver.cancel();
    dialer.socket.close(ignored);
  });
  const auto failed = [this, &dialer](const error_code& error) {
    dialer.busy = false;
    log(LogLevel::debug, "dial_failed",
        {{"address", dialer.to.address.text()}, {"why", error.message()}});
    dial_later(dialer);
  };
  const auto connected = [this, &dialer, failed](error_code error, const tcp::endpoint&) {
    if (stopped_) return;
    if (error) return failed(error);
    dialer.timer.cancel();
    const PeerIdentity* expected = identity_.find(dialer.to.validator);
    if (expected == nullptr) {  // no peer any more
      dialer.busy = false;
      dialer.socket = tcp::socket(io_);
      return;
    }
    auto session =
        std::make_shared<PeerSession>(std::move(dialer.socket), TlsRole::client, expected,
                                      identity_, static_cast<SessionOwner&>(*this));
    dialer.socket = tcp::socket(io_);
    sessions_.emplace(session.get(), session);
    dialer.session = session.get();
    session->start();
  };
  dialer.resolver.async_resolve(dialer.to.address.host, std::to_string(dialer.to.address.port),
                                [this, &dialer, connected, failed](
                                    error_code error, const tcp::resolver::results_type& found) {
                                  if (stopped_) return;
                                  if (error) return failed(error);
                                  asio::async_connect(dialer.socket, found, connected);
                                });
}

void Mesh::dial_later(Dialer& dialer) {
  if (stopped_) return;
  const auto spread = std::chrono::milliseconds(jitter_() % 100) * dialer.back_off.count() / 200;
  dialer.timer.expires_after(dialer.back_off + spread);
  dialer.back_off = std::min(dialer.back_off * 2, kBackOffMax);
  dialer.timer.async_wait([this, &dialer](error_code aborted) {
    if (!aborted) dial(dialer);
  });
}

bool Mesh::is_preferred(const PeerSession& session) const {
  const bool mine_is_smaller = identity_.self.vote_key < session.peer().vote_key;
  return mine_is_smaller == (session.role() == TlsRole::client);
}

bool Mesh::session_up(const std::shared_ptr<PeerSession>& session) {
  if (stopped_) return false;
  const auto known = index_of(*session);
  if (!known) return false;
  const ValidatorIndex index = *known;
  auto& link = links_[index];
  if (link) {
    // The same dialler again means that the older link is stale.
    const bool replaces = is_preferred(*session) || link->role() == session->role();
    if (!replaces) return false;
    auto old = std::exchange(link, session);
    old->close("replaced by another link to the same peer");
    log(LogLevel::debug, "link_replaced", {{"peer", session->peer().id}});
  } else {
    link = session;
    log(LogLevel::info, "peer_up",
        {{"peer", session->peer().id}, {"dialled", session->role() == TlsRole::client ? 1 : 0}});
  }
  if (const auto dialer = dialers_.find(session->peer().id); dialer != dialers_.end()) {
    dialer->second->back_off = kBackOffMin;
  }
  // Also after a replacement: what was queued on the old link is gone, so it counts as a new one.
  events_->peer_connected(index);
  return true;
}

void Mesh::session_frame(PeerSession& session, Envelope&& envelope) {
  if (stopped_) return;
  const auto index = index_of(session);
  const auto link = index ? links_.find(*index) : links_.end();
  if (link == links_.end() || link->second.get() != &session) return;  // replaced
  events_->peer_message(*index, std::move(envelope));
}

void Mesh::session_down(PeerSession& session, const std::string& reason) {
  const auto held = sessions_.find(&session);
  if (held == sessions_.end()) return;
  const auto keep = held->second;
  sessions_.erase(held);
  if (stopped_) return;
  if (!session.is_up()) {
    log(LogLevel::debug, "link_failed", {{"address", session.remote_address()}, {"why", reason}});
  } else if (const auto link = std::ranges::find_if(
                 links_, [&keep](const auto& item) { return item.second == keep; });
             link != links_.end()) {
    const ValidatorIndex index = link->first;
    links_.erase(link);
    log(LogLevel::info, "peer_down", {{"peer", session.peer().id}, {"why", reason}});
    events_->peer_disconnected(index);
    if (const auto dialer = dialers_.find(session.peer().id);
        dialer != dialers_.end() && !dialer->second->busy) {
      dial_later(*dialer->second);
    }
  }
  for (auto& [id, dialer] : dialers_) {
    if (dialer->session != &session) continue;
    dialer->session = nullptr;
    dialer->busy = false;
    dial_later(*dialer);
  }
}

bool Mesh::send(ValidatorIndex to, const Frame& frame) {
  const auto link = links_.find(to);
  if (link == links_.end()) return false;
  const auto session = link->second;  // send may close it
  session->send(frame);
  return true;
}

void Mesh::broadcast(const Frame& frame) {
  const auto links = links_;
  for (const auto& [index, session] : links) session->send(frame);
}

void Mesh::drop(ValidatorIndex peer, const std::string& reason) {
  const auto link = links_.find(peer);
  if (link == links_.end()) return;
  const auto session = link->second;
  session->close(reason);
}

void Mesh::charge(ValidatorIndex peer, std::size_t verifications) {
  const auto link = links_.find(peer);
  if (link != links_.end()) link->second->charge(verifications);
}

bool Mesh::is_connected(ValidatorIndex peer) const { return links_.contains(peer); }

std::optional<MonoTime> Mesh::last_heard(ValidatorIndex peer) const {
  const auto link = links_.find(peer);
  if (link == links_.end()) return std::nullopt;
  return link->second->last_heard();
}

}  // namespace footproof::node
