// Four nodes in one process, on loopback, with real links, files and HTTP: for tests of what a
// validator does as a whole. The cast of parties is the one of tests/support/sequencer.h. More can
// stand by: nodes with keys and addresses that no set names yet.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "api/client/client.h"
#include "attest/note.h"
#include "attest/policy.h"
#include "attest/statement.h"
#include "ledger/genesis.h"
#include "node/network.h"
#include "node/node.h"
#include "tests/node/tls_fixture.h"
#include "tests/support/sequencer.h"
#include "tests/support/temp_folder.h"

namespace footproof::node::test {

inline void write_private(const std::filesystem::path& file, ByteView bytes) {
  if (!replace_file(file, bytes)) std::abort();  // makes it 0600
}

class NodeCluster {
 public:
  explicit NodeCluster(std::size_t validators = 4, std::size_t standing_by = 0) {
    auto genesis = testing::cast_genesis(validators, kName);
    const std::size_t all = validators + standing_by;
    for (std::size_t i = 0; i < all; ++i) {
      ids_.push_back("validator-" + std::to_string(i));
      homes_.push_back(temp_.path() / ids_[i]);
      std::filesystem::create_directories(homes_[i] / "keys");
      tls_.push_back(make_tls_files(homes_[i] / "keys", "tls"));
      if (i < validators) genesis.validators[i].tls_pin = tls_[i].pin;
    }
    const Bytes file = ledger::encode_genesis(genesis);
    network_ = std::make_unique<Network>(make_network(file).value());
    reserve_ports(2 * all);
    for (std::size_t i = 0; i < all; ++i) {
      write_private(homes_[i] / "genesis.cbor", file);
      write_keys(i, "", homes_[i] / "keys");
      configs_.push_back(make_config(i));
    }
    nodes_.resize(all);
  }

  [[nodiscard]] Config& config(std::size_t i) { return configs_[i]; }
  [[nodiscard]] const Config& config(std::size_t i) const { return configs_[i]; }
  [[nodiscard]] const Network& network() const { return *network_; }
  [[nodiscard]] std::size_t size() const { return nodes_.size(); }

  // Before start(): whom it asks where its links do not suffice.
  void follow(std::size_t i, const std::vector<std::size_t>& nodes) {
    for (const auto node : nodes) {
      configs_[i].follow.push_back("http://127.0.0.1:" + std::to_string(ports_[2 * node + 1]));
    }
  }
  void init_all() {
    for (const auto& config : configs_) {
      if (!init_data(config, false)) std::abort();
    }
  }
  Result<bool> start(std::size_t i) {
    auto node = Node::start(configs_[i], [this](const std::string&) { ++fatal_; });
    if (!node) return fail(node.error());
    nodes_[i] = *std::move(node);
    return true;
  }
  void stop(std::size_t i) { nodes_[i].reset(); }
  [[nodiscard]] int fatal() const { return fatal_; }

  // What a test needs to play this validator by hand, while its node does not run.
  [[nodiscard]] LinkIdentity identity(std::size_t i) const {
    const auto peer_of = [&](std::size_t at) {
      return PeerIdentity{static_cast<ValidatorIndex>(at), ids_[at],
                          key_of(at, "", role::kVote).public_key(), tls_[at].pin};
    };
    LinkIdentity out{network_->chain_id, peer_of(i), {}, {}};
    for (std::size_t at = 0; at < ids_.size(); ++at) {
      if (at != i) out.peers.push_back(peer_of(at));
    }
    const auto key = std::make_shared<SigningKey>(key_of(i, "", role::kVote));
    out.keys.sign = [key](ByteView message) { return key->sign(message); };
    LinkFixture::use_files(out, tls_[i]);
    return out;
  }

  [[nodiscard]] api::Client client(std::size_t i) const {
    return api::Client::make({"http://127.0.0.1:" + std::to_string(ports_[2 * i + 1])}).value();
  }
  [[nodiscard]] std::uint64_t published(std::size_t i) const {
    const auto health = client(i).health();
    return health ? health->published_size : 0;
  }
  [[nodiscard]] bool is_ready(std::size_t i) const {
    const auto health = client(i).health();
    return health && health->ready;
  }
  // Gives up after 30 s.
  static bool until(const std::function<bool()>& done) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!done()) {
      if (std::chrono::steady_clock::now() > give_up) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return true;
  }

  [[nodiscard]] Policy policy() const {
    Policy out{network_->origin, network_->chain_id, Date::from_days(20'000), {}};
    out.epochs.push_back(make_policy_epoch(network_->origin, network_->validators));
    return out;
  }
  // A statement that the rules accept once: a party gets one more key. Which party, the name says:
  // none may add many itself.
  [[nodiscard]] Statement add_key(const std::string& name) const {
    const auto& parties = network_->genesis.parties;
    const std::string party = parties[sha256(as_bytes(name)).bytes[0] % parties.size()].uri;
    const auto key = testing::key_from(name, Algorithm::es256);
    KeyChange change;
    change.action = KeyAction::add;
    change.party = party;
    change.added = NewKey{key.public_key(), KeyUsage::sign,
                          testing::possession(key, network_->chain_id, party, role::kSign)};
    const auto now = std::chrono::duration_cast<std::chrono::seconds>(
                         std::chrono::system_clock::now().time_since_epoch())
                         .count();
    return sign_statement({party, random_subject(), network_->chain_id,
                           static_cast<std::uint64_t>(now), change},
                          testing::party_key(party, KeyUsage::status))
        .value();
  }

  // --- ballots on validators --------------------------------------------------------------------

  // What node `i` is proposed with; a generation tells new keys from its first.
  [[nodiscard]] ValidatorProposal proposal(std::size_t i,
                                           const std::string& generation = "") const {
    const auto key = [&](std::string_view role) { return key_of(i, generation, role); };
    const auto proof = [&](std::string_view role) {
      return testing::possession(key(role), network_->chain_id, ids_[i], role);
    };
    return {ids_[i],
            "https://association-" + std::to_string(i % 4) + ".example",
            key(role::kVote).public_key(),
            key(role::kCosign).public_key(),
            key(role::kLog).public_key(),
            tls_[i].pin,
            proof(role::kVote),
            proof(role::kCosign),
            proof(role::kLog)};
  }
  // New keys for node `i`, in its folder of next keys: its TLS key is new, too.
  void make_next_keys(std::size_t i, const std::string& generation) {
    const auto folder = homes_[i] / "keys/next";
    std::filesystem::create_directories(folder);
    tls_[i] = make_tls_files(folder, "tls");
    write_keys(i, generation, folder);
  }
  [[nodiscard]] SigningKey key_of(std::size_t i, const std::string& generation,
                                  std::string_view role) const {
    std::string name = std::string(kName) + '/' + ids_[i];
    if (!generation.empty()) name += '/' + generation;
    return testing::key_from(name + '/' + std::string(role), Algorithm::eddsa);
  }
  [[nodiscard]] Statement ballot(std::size_t association, const Ballot& what) const {
    const std::string party = "https://association-" + std::to_string(association) + ".example";
    const auto now = std::chrono::duration_cast<std::chrono::seconds>(
                         std::chrono::system_clock::now().time_since_epoch())
                         .count();
    return sign_statement(
               {party, random_subject(), network_->chain_id, static_cast<std::uint64_t>(now), what},
               testing::party_key(party, KeyUsage::sign))
        .value();
  }

 private:
  static constexpr const char* kName = "cluster";

  // Below those that the system hands out to others. Each is ours while this cluster lives: its UDP
  // twin is held, which every other cluster, of whichever process, asks for first.
  void reserve_ports(std::size_t count) {
    constexpr std::uint32_t kLowest = 12'000;
    constexpr std::uint32_t kSpan = 7'000;
    const auto first = static_cast<std::uint32_t>(::getpid()) * 61U;
    for (std::uint32_t i = 0; ports_.size() < count; ++i) {
      if (i == kSpan) std::abort();  // all are taken
      const auto port = static_cast<std::uint16_t>(kLowest + (first + i) % kSpan);
      const auto claim = std::make_shared<HeldSocket>(SOCK_DGRAM, port);
      if (!claim->bound || !HeldSocket(SOCK_STREAM, port).bound) continue;
      ports_.push_back(port);
      claims_.push_back(claim);
    }
  }
  struct HeldSocket {
    HeldSocket(int type, std::uint16_t port) : socket(::socket(AF_INET, type | SOCK_CLOEXEC, 0)) {
      const int yes = 1;  // as the nodes do: what lingers of an earlier listener is not in the way
      if (type == SOCK_STREAM) ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      address.sin_port = htons(port);
      bound = ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    }
    HeldSocket(const HeldSocket&) = delete;
    HeldSocket& operator=(const HeldSocket&) = delete;
    ~HeldSocket() { ::close(socket); }
    int socket;
    bool bound = false;
  };

  void write_keys(std::size_t i, const std::string& generation,
                  const std::filesystem::path& folder) {
    for (const char* role : {"vote", "cosign", "log"}) {
      const std::string pem = key_of(i, generation, role).to_pem(std::nullopt);
      write_private(folder / (std::string(role) + ".pem"), as_bytes(pem));
    }
  }
  Config make_config(std::size_t i) const {
    Config config;
    config.home = homes_[i];
    config.validator = ids_[i];
    config.genesis = homes_[i] / "genesis.cbor";
    config.data = homes_[i] / "data";
    config.vote_key = homes_[i] / "keys/vote.pem";
    config.cosign_key = homes_[i] / "keys/cosign.pem";
    config.log_key = homes_[i] / "keys/log.pem";
    config.tls_key = tls_[i].key;
    config.tls_certificate = tls_[i].certificate;
    config.next_keys = homes_[i] / "keys/next";
    config.mesh_listen = {"127.0.0.1", ports_[2 * i]};
    config.http_listen = {"127.0.0.1", ports_[2 * i + 1]};
    config.receipt_wait = std::chrono::milliseconds(1000);  // so that "pending" comes soon
    for (std::size_t peer = 0; peer < homes_.size(); ++peer) {
      if (peer == i) continue;
      config.peers.push_back({ids_[peer], {"127.0.0.1", ports_[2 * peer]}});
    }
    return config;
  }

  footproof::test::TempFolder temp_;
  std::vector<std::string> ids_;
  std::vector<std::filesystem::path> homes_;
  std::vector<TlsFiles> tls_;
  std::vector<std::uint16_t> ports_;
  std::vector<std::shared_ptr<HeldSocket>> claims_;
  std::unique_ptr<Network> network_;
  std::vector<Config> configs_;
  std::atomic<int> fatal_ = 0;
  std::vector<std::unique_ptr<Node>> nodes_;
};

}  // namespace footproof::node::test
