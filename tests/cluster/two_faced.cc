// A validator with two faces, for tests of a running network: it answers every proposal with votes
// that exclude each other, one to some validators and the other to the rest, and leads no view.
//
// Usage: two_faced CONFIG [VIEWS]
// It has the configuration and the keys of a real one, which must not run beside it. After VIEWS
// views (10) it only listens. Ends on SIGTERM.
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>

#include "consensus/messages.h"
#include "node/config.h"
#include "node/mesh.h"
#include "node/network.h"
#include "node/own_keys.h"

namespace footproof::node {
namespace {

using consensus::Proposal;
using consensus::View;
using consensus::Vote;
using consensus::VoteType;

template <class T>
T must(Result<T> result) {
  if (result) return *std::move(result);
  std::fprintf(stderr, "two_faced: %s\n", result.error().detail.c_str());
  std::exit(1);
}

class TwoFaced final : public LinkEvents {
 public:
  TwoFaced(const Digest& chain_id, ValidatorIndex self, const SigningKey& key, std::size_t views)
      : chain_id_(chain_id), self_(self), key_(key), views_(views) {}

  void speak_over(Links& links) { links_ = &links; }

  void peer_connected(ValidatorIndex) override {}
  void peer_disconnected(ValidatorIndex) override {}
  void peer_message(ValidatorIndex, Envelope&& envelope) override {
    if (envelope.kind != FrameKind::proposal) return;
    const auto message = consensus::parse_message(envelope.body);
    if (!message) return;
    const auto* propose = std::get_if<consensus::Propose>(&*message);
    if (propose == nullptr || done_.size() >= views_) return;
    const Proposal& real = propose->proposal;
    if (!done_.insert(real.view).second) return;
    Proposal fake = real;
    fake.block_id.bytes[0] ^= 1U;
    for (const PeerIdentity& peer : links_->peers()) {
      const bool one = peer.index % 2 == 0;
      say(peer.index, VoteType::notarize, one ? real : fake);
      if (one) say(peer.index, VoteType::finalize, real);
      if (!one) say(peer.index, VoteType::nullify, {real.epoch, real.view, 0, {}});
    }
    // And everybody hears of the other face in the end.
    for (const PeerIdentity& peer : links_->peers()) say(peer.index, VoteType::notarize, fake);
    std::printf("view %llu\n", static_cast<unsigned long long>(real.view));
    std::fflush(stdout);
  }

 private:
  void say(ValidatorIndex to, VoteType type, const Proposal& proposal) {
    Vote vote{type, proposal, self_, {}};
    const Bytes signature = key_.sign(consensus::sign_bytes(chain_id_, type, proposal));
    std::copy(signature.begin(), signature.end(), vote.signature.begin());
    links_->send(to, encode_frame(FrameKind::control, 0, consensus::encode(vote)));
  }

  const Digest chain_id_;
  const ValidatorIndex self_;
  const SigningKey& key_;
  const std::size_t views_;
  Links* links_ = nullptr;
  std::set<View> done_;
};

int run(const std::string& file, std::size_t views) {
  const Config config = must(load_config(file));
  const Network network = must(load_network(config.genesis));
  const KeyRing keys = must(KeyRing::load(config));
  const auto& members = network.validators.members;
  const auto identity_of = [&](std::size_t at) {
    return PeerIdentity{static_cast<ValidatorIndex>(at), members[at].id, members[at].vote_key,
                        members[at].tls_pin};
  };
  std::vector<PeerIdentity> peers;
  PeerIdentity self = identity_of(0);
  for (std::size_t at = 0; at < members.size(); ++at) {
    if (members[at].id != config.validator) {
      peers.push_back(identity_of(at));
    } else {
      self = identity_of(at);
    }
  }
  std::vector<PeerAddress> addresses;
  for (const auto& peer : config.peers) addresses.push_back({peer.validator, peer.address});
  boost::asio::io_context io;
  TwoFaced faces(network.chain_id, self.index, keys.first().vote, views);
  Mesh mesh(io, {network.chain_id, self, std::move(peers), must(link_keys(keys.first()))},
            addresses, config.mesh_listen);
  faces.speak_over(mesh);
  must(mesh.start(faces));
  boost::asio::signal_set ends(io, SIGTERM, SIGINT);
  ends.async_wait([&](const auto&, int) {
    mesh.stop();
    io.stop();
  });
  io.run();
  return 0;
}

}  // namespace
}  // namespace footproof::node

int main(int argc, char** argv) {
  if (argc != 2 && argc != 3) {
    std::fputs("usage: two_faced CONFIG [VIEWS]\n", stderr);
    return 4;
  }
  return footproof::node::run(argv[1], argc == 3 ? std::strtoul(argv[2], nullptr, 10) : 10);
}
