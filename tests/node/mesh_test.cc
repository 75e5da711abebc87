#include "node/mesh.h"

#include <gtest/gtest.h>

#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <functional>
#include <map>
#include <vector>

#include "tests/node/tls_fixture.h"

namespace footproof::node {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

struct Recorder final : LinkEvents {
  void peer_connected(ValidatorIndex peer) override { ++connected[peer]; }
  void peer_disconnected(ValidatorIndex peer) override { ++disconnected[peer]; }
  void peer_message(ValidatorIndex peer, Envelope&& envelope) override {
    messages[peer].push_back(std::move(envelope));
  }
  std::map<int, int> connected;
  std::map<int, int> disconnected;
  std::map<int, std::vector<Envelope>> messages;
};

TEST(LinkEnd, IsSaidInWordsForOperators) {
  EXPECT_EQ(link_end_text(asio::ssl::error::stream_truncated),
            "the other end closed the link or its process ended (stream truncated)");
  EXPECT_TRUE(link_end_text(asio::error::connection_reset).starts_with("the other end closed"));
  EXPECT_EQ(link_end_text(asio::error::timed_out), "the link failed (Connection timed out)");
}

// A link made by hand: what a peer with the right keys, or none, may send.
class RawLink {
 public:
  RawLink(asio::io_context& io, std::shared_ptr<asio::ssl::context> context, std::uint16_t port)
      : context_(std::move(context)), stream_(io, *context_) {
    stream_.lowest_layer().connect(tcp::endpoint(asio::ip::address_v4::loopback(), port));
    stream_.set_verify_mode(asio::ssl::verify_none);
  }

  void start(std::function<void(error_code)> done) {
    stream_.async_handshake(asio::ssl::stream_base::client, std::move(done));
  }
  void write(const Bytes& bytes) {
    out_ = bytes;
    asio::async_write(stream_, asio::buffer(out_), [](error_code, std::size_t) {});
  }
  // Reads until the other side closes.
  void drain() {
    stream_.async_read_some(asio::buffer(in_), [this](error_code error, std::size_t) {
      closed_ = static_cast<bool>(error);
      if (!closed_) drain();
    });
  }
  [[nodiscard]] bool is_closed() const { return closed_; }
  SSL* native() { return stream_.native_handle(); }

 private:
  std::shared_ptr<asio::ssl::context> context_;
  asio::ssl::stream<tcp::socket> stream_;
  Bytes out_;
  std::array<std::uint8_t, 4096> in_{};
  bool closed_ = false;
};

class MeshTest : public testing::Test {
 protected:
  struct Side {
    Recorder events;
    std::unique_ptr<Mesh> mesh;
    std::uint16_t port = 0;
  };

  Side& add(LinkIdentity identity) {
    auto& side = sides_.emplace_back(std::make_unique<Side>());
    side->mesh = std::make_unique<Mesh>(io_, std::move(identity), std::vector<PeerAddress>{},
                                        Endpoint{"127.0.0.1", 0});
    const auto port = side->mesh->start(side->events);
    EXPECT_TRUE(port);
    side->port = *port;
    return *side;
  }
  void until(const std::function<bool()>& done) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!done() && std::chrono::steady_clock::now() < give_up) {
      io_.run_one_for(std::chrono::milliseconds(50));
      io_.restart();
    }
    EXPECT_TRUE(done());
  }
  // Lives as long as the test: its handlers may still come when the links are closed.
  RawLink& raw_link(std::shared_ptr<asio::ssl::context> context, std::uint16_t port) {
    return *raw_links_.emplace_back(std::make_unique<RawLink>(io_, std::move(context), port));
  }
  void TearDown() override {
    for (auto& side : sides_) side->mesh->stop();
    io_.run_for(std::chrono::seconds(2));
  }

  asio::io_context io_;
  test::LinkFixture links_{3};
  std::vector<std::unique_ptr<Side>> sides_;
  std::vector<std::unique_ptr<RawLink>> raw_links_;
};

Bytes hello_frame(const LinkIdentity& identity, SSL* ssl, const Digest& chain_id,
                  const std::string& id) {
  const auto binding = channel_binding(ssl);
  EXPECT_TRUE(binding);
  const Bytes signature =
      identity.keys.sign(hello_sign_bytes(chain_id, *binding, id, TlsRole::client));
  ByteWriter body;
  body.u16(kWireVersion).raw(chain_id.view()).sized(as_bytes(id)).raw(signature);
  return *encode_frame(FrameKind::hello, 0, body.bytes());
}

TEST_F(MeshTest, TwoThatBothDialKeepOneLinkAndTalk) {
  Side& a = add(links_.identity(0));
  Side& b = add(links_.identity(1));
  a.mesh->dial({"b", {"127.0.0.1", b.port}});
  b.mesh->dial({"a", {"127.0.0.1", a.port}});
  until([&] { return a.mesh->is_connected(1) && b.mesh->is_connected(0); });
  const Bytes body{1, 2, 3};
  until([&] {
    a.mesh->send(1, encode_frame(FrameKind::batch, 5, body));
    b.mesh->broadcast(encode_frame(FrameKind::control, 0, body));
    io_.run_for(std::chrono::milliseconds(5));
    return !a.events.messages[1].empty() && !b.events.messages[0].empty();
  });
  EXPECT_EQ(b.events.messages[0][0].kind, FrameKind::batch);
  EXPECT_EQ(b.events.messages[0][0].request_id, 5U);
  EXPECT_EQ(a.events.messages[1][0].body, body);
  EXPECT_EQ(a.mesh->connected_count(), 1U);
  EXPECT_EQ(b.mesh->connected_count(), 1U);
}

TEST_F(MeshTest, DialsAgainAfterTheLinkIsLost) {
  Side& a = add(links_.identity(0));
  Side& b = add(links_.identity(1));
  a.mesh->dial({"b", {"127.0.0.1", b.port}});
  until([&] { return a.mesh->is_connected(1) && b.mesh->is_connected(0); });
  b.mesh->drop(0, "for the test");
  until([&] { return a.events.disconnected[1] >= 1; });
  until([&] { return a.events.connected[1] >= 2 && a.mesh->is_connected(1); });
}

TEST_F(MeshTest, UnregisteredTlsKeyIsRefused) {
  Side& a = add(links_.identity(0));
  auto stranger = links_.identity(1);
  const auto files = test::make_tls_files(links_.folder(), "stranger");
  test::LinkFixture::use_files(stranger, files);
  RawLink& link = raw_link(stranger.keys.client_context, a.port);
  link.start([&](error_code) { link.drain(); });
  until([&] { return link.is_closed(); });
  EXPECT_TRUE(a.events.connected.empty());
}

TEST_F(MeshTest, AnotherRegisteredValidatorAtTheAddressIsRefused) {
  Side& a = add(links_.identity(0));
  Side& c = add(links_.identity(2));
  a.mesh->dial({"b", {"127.0.0.1", c.port}});  // meant for 1
  const auto stop = std::chrono::steady_clock::now() + std::chrono::milliseconds(500);
  while (std::chrono::steady_clock::now() < stop) {
    io_.run_one_for(std::chrono::milliseconds(50));
    io_.restart();
  }
  EXPECT_FALSE(a.mesh->is_connected(1));
  EXPECT_FALSE(a.mesh->is_connected(2));
}

TEST_F(MeshTest, NoCertificateIsRefused) {
  Side& a = add(links_.identity(0));
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
  constexpr unsigned char kAlpn[] =
      "\x0b"
      "footproof/1";
  SSL_CTX_set_alpn_protos(context->native_handle(), kAlpn, sizeof kAlpn - 1);
  RawLink& link = raw_link(context, a.port);
  link.start([&](error_code) { link.drain(); });
  until([&] { return link.is_closed(); });
  EXPECT_TRUE(a.events.connected.empty());
}

TEST_F(MeshTest, Tls12AndWrongAlpnAreRefused) {
  Side& a = add(links_.identity(0));
  for (const bool old_version : {true, false}) {
    auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
    if (old_version) SSL_CTX_set_max_proto_version(context->native_handle(), TLS1_2_VERSION);
    RawLink& link = raw_link(context, a.port);
    bool failed = false;
    link.start([&](error_code error) {
      failed = static_cast<bool>(error);
      if (!failed) link.drain();  // TLS 1.3 tells the client late
    });
    until([&] { return failed || link.is_closed(); });
  }
  EXPECT_TRUE(a.events.connected.empty());
}

// T5: the TLS key of a validator is not enough.
TEST_F(MeshTest, HelloMustBeSignedByTheVoteKeyForThisChainAndChannel) {
  Side& a = add(links_.identity(0));
  const auto good = links_.identity(1);
  auto other_key = good;
  other_key.keys.sign = links_.identity(2).keys.sign;
  const Digest chain = good.chain_id;
  const Digest other_chain = sha256(as_bytes("another chain"));
  struct Case {
    const LinkIdentity& identity;
    Digest chain;
    std::string id;
    bool up;
  };
  for (const auto& it : {Case{other_key, chain, "b", false}, Case{good, other_chain, "b", false},
                         Case{good, chain, "c", false}, Case{good, chain, "b", true}}) {
    RawLink& link = raw_link(good.keys.client_context, a.port);
    link.start([&](error_code error) {
      ASSERT_FALSE(error);
      link.write(hello_frame(it.identity, link.native(), it.chain, it.id));
      link.drain();
    });
    if (it.up) {
      until([&] { return a.mesh->is_connected(1); });
    } else {
      until([&] { return link.is_closed(); });
      EXPECT_FALSE(a.mesh->is_connected(1));
    }
  }
}

TEST_F(MeshTest, NothingIsDeliveredBeforeTheHello) {
  Side& a = add(links_.identity(0));
  RawLink& link = raw_link(links_.identity(1).keys.client_context, a.port);
  link.start([&](error_code) {
    link.write(*encode_frame(FrameKind::control, 0, Bytes(10, 1)));
    link.drain();
  });
  until([&] { return link.is_closed(); });
  EXPECT_TRUE(a.events.messages.empty());
}

class MeshFrames : public MeshTest, public testing::WithParamInterface<std::string_view> {};

TEST_P(MeshFrames, BadFrameClosesTheLink) {
  Side& a = add(links_.identity(0));
  const auto identity = links_.identity(1);
  RawLink& link = raw_link(identity.keys.client_context, a.port);
  link.start([&](error_code) {
    Bytes bytes = hello_frame(identity, link.native(), identity.chain_id, "b");
    append(bytes, *from_hex(GetParam()));
    link.write(bytes);
    link.drain();
  });
  until([&] { return link.is_closed(); });
  EXPECT_TRUE(a.events.messages.empty());
  EXPECT_EQ(a.events.disconnected[1], 1);
}

INSTANTIATE_TEST_SUITE_P(Mesh, MeshFrames,
                         testing::Values("ffffffff0803",      // longer than anything
                                         "000100010803",      // control above its limit
                                         "00000002080a",      // no such kind
                                         "00000004080310ff",  // garbage behind the kind
                                         "deadbeefdead",
                                         "000000020801"));  // a second hello

TEST_F(MeshTest, KeyFileThatOthersCanReadIsRefused) {
  const auto& files = links_.files(0);
  ::chmod(files.key.c_str(), 0640);
  const auto context = make_tls_context(TlsRole::server, files.key, files.certificate);
  ASSERT_FALSE(context);
  EXPECT_NE(context.error().detail.find("chmod 600"), std::string::npos);
}

TEST_F(MeshTest, ExpiredOrForeignCertificateIsRefusedAtStart) {
  const auto expired = test::make_tls_files(links_.folder(), "expired", -1);
  EXPECT_FALSE(make_tls_context(TlsRole::client, expired.key, expired.certificate));
  EXPECT_FALSE(make_tls_context(TlsRole::client, links_.files(0).key, links_.files(1).certificate));
}

}  // namespace
}  // namespace footproof::node
