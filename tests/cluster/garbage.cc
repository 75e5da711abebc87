// garbage: a validator gone mad. It has a validator's configuration and keys, makes its links like
// any node, and sends on them what no node would: random bytes, frames of lengths that lie or are
// 4 GiB, bodies at random, and what the others said, changed, cut or as it was, to anybody.
//
//   garbage CONFIG SEED SECONDS
//   garbage CONFIG slow SECONDS    says nothing wrong, but hardly reads what the others send
//
// Ends after so many seconds with one JSON line of what it sent and how often its links went down.
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "node/config.h"
#include "node/log.h"
#include "node/mesh.h"
#include "node/network.h"
#include "node/own_keys.h"

namespace footproof::node {
namespace {

constexpr std::size_t kHeardMax = 200;
constexpr std::size_t kBodyMax = 3000;

template <class T>
T must(Result<T> result) {
  if (result) return std::move(*result);
  std::fprintf(stderr, "garbage: %s\n", result.error().detail.c_str());
  std::exit(4);
}

// As a member of the first set.
LinkIdentity identity_of(const Config& config, const Network& network, const OwnKeys& keys) {
  std::optional<PeerIdentity> self;
  std::vector<PeerIdentity> others;
  const auto& members = network.validators.members;
  for (std::size_t at = 0; at < members.size(); ++at) {
    PeerIdentity one{static_cast<ValidatorIndex>(at), members[at].id, members[at].vote_key,
                     members[at].tls_pin};
    if (one.id == config.validator) {
      self = std::move(one);
    } else {
      others.push_back(std::move(one));
    }
  }
  return {network.chain_id, self.value(), std::move(others), must(link_keys(keys))};
}

class Madman final : public LinkEvents {
 public:
  explicit Madman(std::uint32_t seed) : chance_(seed) {}

  std::size_t sent = 0;
  std::size_t links_up = 0;
  std::size_t links_down = 0;

  void peer_connected(ValidatorIndex) override { ++links_up; }
  void peer_disconnected(ValidatorIndex) override { ++links_down; }
  void peer_message(ValidatorIndex, Envelope&& envelope) override {
    heard_.push_back(std::move(envelope));
    if (heard_.size() > kHeardMax) heard_.pop_front();
  }

  void rave(Mesh& mesh) {
    for (const PeerIdentity& peer : mesh.peers()) {
      // Well-formed madness costs no link, so there is more of it on each.
      for (std::size_t i = draw(20); i > 0; --i) say(mesh, peer.index, changed());
      if (draw(4) == 0) say(mesh, peer.index, broken());
    }
  }

 private:
  std::size_t draw(std::size_t below) { return chance_() % below; }

  void say(Mesh& mesh, ValidatorIndex to, const Bytes& bytes) {
    if (!bytes.empty() && mesh.send(to, std::make_shared<const Bytes>(bytes))) ++sent;
  }

  Bytes random_body(std::size_t size) {
    Bytes out(size);
    for (auto& byte : out) byte = static_cast<std::uint8_t>(chance_());
    return out;
  }

  // A frame whose envelope is right, and what is in it is not.
  Bytes changed() {
    if (heard_.empty() || draw(4) == 0) {
      const auto kind = static_cast<FrameKind>(3 + draw(6));
      const std::size_t room = frame_size_max(static_cast<std::uint8_t>(kind)) - 64;
      return *encode_frame(kind, draw(3), random_body(draw(std::min(room, kBodyMax))));
    }
    Envelope envelope = heard_[draw(heard_.size())];
    switch (draw(4)) {
      case 0:  // as it was, to whom it may not concern
        break;
      case 1:
        if (!envelope.body.empty()) envelope.body.resize(draw(envelope.body.size()));
        break;
      case 2:
        if (!envelope.body.empty()) {
          envelope.body[draw(envelope.body.size())] ^= static_cast<std::uint8_t>(1U << draw(8));
        }
        break;
      default:
        envelope.request_id = chance_();
    }
    return *encode_frame(envelope.kind, envelope.request_id, envelope.body);
  }

  // No frame at all, or one that says it is longer or shorter than it is.
  Bytes broken() {
    Bytes bytes = changed();
    switch (draw(5)) {
      case 0:
        return random_body(1 + draw(kBodyMax));
      case 1:
        std::fill_n(bytes.begin(), 4, std::uint8_t{0xff});
        return bytes;
      case 2:
        std::fill_n(bytes.begin(), 4, std::uint8_t{0});
        return bytes;
      case 3:
        bytes[3] = static_cast<std::uint8_t>(bytes[3] + 1 + draw(200));
        return bytes;
      default:
        bytes[5] = static_cast<std::uint8_t>(chance_());
        return bytes;
    }
  }

  std::mt19937 chance_;
  std::deque<Envelope> heard_;
};

// Its turns are a few a second: enough for its heartbeats, and for some kilobytes.
void dawdle(boost::asio::io_context& io) {
  std::this_thread::sleep_for(std::chrono::milliseconds(150));
  io.run_one_for(std::chrono::milliseconds(1));
}

int run(const char* file, bool is_slow, std::uint32_t seed, int seconds) {
  set_log_level(LogLevel::error);
  const Config config = must(load_config(file));
  const Network network = must(load_network(config.genesis));
  const KeyRing keys = must(KeyRing::load(config));
  std::vector<PeerAddress> addresses;
  for (const auto& peer : config.peers) addresses.push_back({peer.validator, peer.address});
  boost::asio::io_context io;
  Mesh mesh(io, identity_of(config, network, keys.first()), addresses, config.mesh_listen);
  Madman madman(seed);
  must(mesh.start(madman));
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  while (std::chrono::steady_clock::now() < end) {
    if (is_slow && madman.links_up >= mesh.peers().size()) {
      dawdle(io);
      continue;
    }
    io.run_for(std::chrono::milliseconds(20));
    if (!is_slow) madman.rave(mesh);
  }
  mesh.stop();
  io.run_for(std::chrono::seconds(1));
  std::printf("{\"sent\": %zu, \"links_up\": %zu, \"links_down\": %zu}\n", madman.sent,
              madman.links_up, madman.links_down);
  return 0;
}

}  // namespace
}  // namespace footproof::node

int main(int argc, char** argv) {
  if (argc == 4) {
    const bool is_slow = std::string_view(argv[2]) == "slow";
    return footproof::node::run(argv[1], is_slow, static_cast<std::uint32_t>(std::atoi(argv[2])),
                                std::atoi(argv[3]));
  }
  std::fprintf(stderr, "usage: garbage CONFIG SEED|slow SECONDS\n");
  return 4;
}
