#include "node/peer_session.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <exception>
#include <utility>

namespace footproof::node {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using std::chrono::steady_clock;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);  // errors are values here
constexpr std::size_t kWriteChunk =
    std::size_t{64} * 1024;  // small frames leave together in one TLS record
constexpr std::string_view kHelloTag = "footproof/node/hello/v1";
constexpr std::size_t kValidatorIdMax = 64;

struct Hello {
  Digest chain_id;
  std::string validator_id;
  Bytes signature;
};

Bytes encode_hello(const Hello& hello) {
  ByteWriter out;
  out.u16(kWireVersion).raw(hello.chain_id.view()).sized(as_bytes(hello.validator_id));
  out.raw(hello.signature);
  return std::move(out).take();
}

Result<Hello> parse_hello(ByteView bytes) {
  ByteReader in(bytes);
  const std::uint16_t version = in.u16();
  if (in.failed() || version != kWireVersion) {
    return fail(Errc::bad_version, "the peer speaks another version of the wire protocol");
  }
  Hello hello;
  const auto chain_id = to_digest(in.take(Digest::kSize));
  hello.validator_id = std::string(as_text(in.sized(kValidatorIdMax)));
  hello.signature = to_bytes(in.take(kSignatureSize));
  if (!in.exhausted() || !chain_id) return fail(Errc::malformed, "no hello");
  hello.chain_id = *chain_id;
  return hello;
}

}  // namespace

const PeerIdentity* LinkIdentity::find_pin(const Digest& pin) const {
  const auto found =
      std::ranges::find_if(peers, [&](const auto& peer) { return peer.tls_pin == pin; });
  return found == peers.end() ? nullptr : &*found;
}

const PeerIdentity* LinkIdentity::find(std::string_view id) const {
  const auto found = std::ranges::find_if(peers, [&](const auto& peer) { return peer.id == id; });
  return found == peers.end() ? nullptr : &*found;
}

const PeerIdentity* LinkIdentity::find(const PeerIdentity& peer) const {
  const auto* found = find(peer.id);
  const bool same =
      found != nullptr && found->vote_key == peer.vote_key && found->tls_pin == peer.tls_pin;
  return same ? found : nullptr;
}

Bytes hello_sign_bytes(const Digest& chain_id, const Digest& binding, std::string_view validator_id,
                       TlsRole role) {
  ByteWriter out;
  out.raw(as_bytes(kHelloTag)).u8(0).u16(kWireVersion).raw(chain_id.view()).raw(binding.view());
  out.u8(role == TlsRole::client ? 1 : 2).sized(as_bytes(validator_id));
  return std::move(out).take();
}

PeerSession::PeerSession(Socket socket, TlsRole role, const PeerIdentity* expected,
                         const LinkIdentity& identity, SessionOwner& owner)
    : stream_(std::move(socket), role == TlsRole::client ? *identity.keys.client_context
                                                         : *identity.keys.server_context),
      role_(role),
      expected_(expected == nullptr ? std::nullopt : std::optional(*expected)),
      identity_(identity),
      owner_(owner),
      deadline_(stream_.get_executor()),
      heartbeat_(stream_.get_executor()),
      pause_(stream_.get_executor()),
      last_heard_(steady_clock::now()),
      budget_(last_heard_) {
  error_code ignored;
  const auto remote = stream_.lowest_layer().remote_endpoint(ignored);
  if (!ignored) remote_address_ = remote.address().to_string();
}

void PeerSession::start() {
  auto self = shared_from_this();
  auto done = [self](const std::exception_ptr& thrown, const Outcome& outcome) {
    std::string reason = outcome;
    if (thrown) {
      try {
        std::rethrow_exception(thrown);
      } catch (const std::exception& error) {
        reason = std::string("exception: ") + error.what();
      }
    }
    self->close(reason);
    self->owner_.session_down(*self, self->close_reason_);
  };
  asio::co_spawn(stream_.get_executor(), run(self), std::move(done));
}

asio::awaitable<PeerSession::Outcome> PeerSession::run(std::shared_ptr<PeerSession> self) {
  Outcome problem = co_await self->handshake();
  if (!problem.empty()) co_return problem;
  problem = co_await self->exchange_hello();
  if (!problem.empty()) co_return problem;
  self->up_ = true;
  if (!self->owner_.session_up(self)) co_return "a link to this peer is up, or it is no peer now";
  self->arm_heartbeat();
  problem = co_await self->read_frames();
  co_return problem;
}

asio::awaitable<PeerSession::Outcome> PeerSession::handshake() {
  arm_deadline(kHandshakeDeadline, "no TLS handshake within 5 s");
  error_code option_error;
  auto& socket = stream_.lowest_layer();
  socket.set_option(asio::ip::tcp::no_delay(true), option_error);
  socket.set_option(asio::socket_base::keep_alive(true), option_error);
  stream_.set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert,
                          option_error);
  if (option_error) co_return option_error.message();
  // Every self-signed certificate passes here; the pin below decides. Chains do not.
  auto one_certificate = [](bool, asio::ssl::verify_context& context) {
    return X509_STORE_CTX_get_error_depth(context.native_handle()) == 0;
  };
  stream_.set_verify_callback(std::move(one_certificate), option_error);
  const auto type =
      role_ == TlsRole::client ? asio::ssl::stream_base::client : asio::ssl::stream_base::server;
  const auto [error] = co_await stream_.async_handshake(type, kAwait);
  if (error) co_return "handshake: " + error.message();
  const auto pin = peer_pin(stream_.native_handle());
  if (!pin) co_return pin.error().detail;
  const auto* peer = identity_.find_pin(*pin);
  if (peer == nullptr) co_return "the peer's key is not registered in the set in force";
  peer_ = *peer;
  if (expected_ && expected_->id != peer_->id) {
    co_return "another validator answers at the address of " + expected_->id;
  }
  co_return Outcome();
}

std::string link_end_text(const error_code& error) {
  const bool other_end = error == asio::ssl::error::stream_truncated || error == asio::error::eof ||
                         error == asio::error::connection_reset ||
                         error == asio::error::broken_pipe;
  const char* what =
      other_end ? "the other end closed the link or its process ended" : "the link failed";
  return std::string(what) + " (" + error.message() + ")";
}

Result<Frame> PeerSession::make_hello() {
  const auto binding = channel_binding(stream_.native_handle());
  if (!binding) return fail(binding.error());
  Hello hello{identity_.chain_id, identity_.self.id, {}};
  hello.signature =
      identity_.keys.sign(hello_sign_bytes(identity_.chain_id, *binding, identity_.self.id, role_));
  return encode_frame(FrameKind::hello, 0, encode_hello(hello));
}

Result<bool> PeerSession::check_hello(const Envelope& envelope) {
  if (envelope.kind != FrameKind::hello)
    return fail(Errc::malformed, "the first frame is no hello");
  const auto hello = parse_hello(envelope.body);
  if (!hello) return fail(hello.error());
  if (hello->chain_id != identity_.chain_id) {
    return fail(Errc::mismatch, "the peer is of another network (chain id)");
  }
  if (hello->validator_id != peer_->id) {
    return fail(Errc::mismatch, "the hello names another validator than the TLS key");
  }
  const auto binding = channel_binding(stream_.native_handle());
  if (!binding) return fail(binding.error());
  const auto theirs = role_ == TlsRole::client ? TlsRole::server : TlsRole::client;
  if (!verify(peer_->vote_key,
              hello_sign_bytes(identity_.chain_id, *binding, hello->validator_id, theirs),
              hello->signature)) {
    return fail(Errc::bad_signature, "the hello is not signed by the peer's vote key");
  }
  return true;
}

asio::awaitable<PeerSession::Outcome> PeerSession::exchange_hello() {
  arm_deadline(kHelloDeadline, "no hello within 2 s");
  auto mine = make_hello();
  if (!mine) co_return mine.error().detail;
  send(*std::move(mine));
  const auto envelope = co_await read_envelope();
  if (!envelope) co_return envelope.error().detail;
  const auto good = check_hello(*envelope);
  if (!good) co_return good.error().detail;
  co_return Outcome();
}

asio::awaitable<Result<Envelope>> PeerSession::read_envelope() {
  std::array<std::uint8_t, kFrameHeadSize> head{};
  const auto head_buffer = asio::buffer(head);
  const auto [head_error, head_size] = co_await asio::async_read(stream_, head_buffer, kAwait);
  if (head_error) co_return fail(Errc::io, link_end_text(head_error));
  const auto length = parse_frame_head(head);
  if (!length) co_return fail(length.error());
  Bytes bytes(*length);
  std::copy(head.begin() + 4, head.end(), bytes.begin());
  const auto rest = asio::buffer(bytes) + 2;
  const auto [error, size] = co_await asio::async_read(stream_, rest, kAwait);
  if (error) co_return fail(Errc::io, link_end_text(error));
  co_return parse_envelope(bytes);
}

asio::awaitable<PeerSession::Outcome> PeerSession::read_frames() {
  for (;;) {
    arm_deadline(kDeadAfter, "nothing heard for 15 s");
    auto envelope = co_await read_envelope();
    if (!envelope) co_return envelope.error().detail;
    if (closed_) co_return Outcome();
    last_heard_ = steady_clock::now();
    const std::size_t size = envelope->body.size();
    if (envelope->kind == FrameKind::hello) co_return "a second hello";
    if (envelope->kind != FrameKind::heartbeat) {
      owner_.session_frame(*this, *std::move(envelope));
    }
    co_await slow_down(size);
    if (closed_) co_return Outcome();
  }
}

asio::awaitable<void> PeerSession::slow_down(std::size_t bytes) {
  const auto pause = budget_.pause_after(bytes, steady_clock::now());
  if (pause.count() == 0) co_return;
  pause_.expires_after(pause);
  co_await pause_.async_wait(kAwait);
}

void PeerSession::send(Frame frame) {
  if (closed_) return;
  queued_bytes_ += frame->size();
  if (queued_bytes_ > kSendQueueMax) return close("more than 16 MiB wait to be sent");
  queue_.push_back(std::move(frame));
  if (!write_in_flight_) write_next();
}

void PeerSession::write_next() {
  writing_.clear();
  while (!queue_.empty() &&
         (writing_.empty() || writing_.size() + queue_.front()->size() <= kWriteChunk)) {
    append(writing_, *queue_.front());
    queued_bytes_ -= queue_.front()->size();
    queue_.pop_front();
  }
  if (writing_.empty()) return;
  write_in_flight_ = true;
  asio::async_write(stream_, asio::buffer(writing_),
                    [self = shared_from_this()](error_code error, std::size_t) {
                      self->write_in_flight_ = false;
                      if (error) return self->close(link_end_text(error));
                      if (!self->closed_) self->write_next();
                    });
}

void PeerSession::arm_deadline(steady_clock::duration after, std::string reason) {
  deadline_.expires_after(after);
  deadline_.async_wait([weak = weak_from_this(), reason = std::move(reason)](error_code error) {
    const auto self = weak.lock();
    if (!error && self) self->close(reason);
  });
}

void PeerSession::arm_heartbeat() {
  heartbeat_.expires_after(kHeartbeatEvery);
  heartbeat_.async_wait([weak = weak_from_this()](error_code error) {
    const auto self = weak.lock();
    if (error || !self || self->closed_) return;
    self->send(encode_frame(FrameKind::heartbeat, 0, {}));
    self->arm_heartbeat();
  });
}

void PeerSession::close(std::string reason) {
  if (closed_) return;
  closed_ = true;
  close_reason_ = reason.empty() ? "closed" : std::move(reason);
  deadline_.cancel();
  heartbeat_.cancel();
  pause_.cancel();
  queue_.clear();
  error_code ignored;
  stream_.lowest_layer().close(ignored);
}

}  // namespace footproof::node
