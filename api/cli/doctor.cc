#include "api/cli/doctor.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "api/cli/command.h"

namespace footproof::api {
namespace {

constexpr std::uint64_t kMebi = std::uint64_t{1024} * 1024;
constexpr std::uint64_t kDiskWarn = std::uint64_t{5} * 1024 * kMebi;
constexpr std::uint64_t kDiskFail = std::uint64_t{512} * kMebi;
constexpr std::uint64_t kClockWarnMs = 1'000;
constexpr std::uint64_t kClockFailMs = 2'000;   // the drift that validators allow each other
constexpr std::uint64_t kIdleWarnMs = 150'000;  // an idle chain makes a block a minute
constexpr std::uint64_t kHeightSpread = 5;

std::uint64_t distance(std::uint64_t a, std::uint64_t b) { return a > b ? a - b : b - a; }

// By HTTP: links are for those in the set.
void examine_following(const std::string& node, const FollowFacts& follow,
                       std::vector<Symptom>& out) {
  const bool behind = follow.behind > kHeightSpread;
  out.push_back({"sources of " + node, behind ? Grade::warn : Grade::pass,
                 follow.doing + ", " + std::to_string(follow.behind) + " blocks behind" +
                     (behind ? "; are its sources up?" : "")});
}

void examine_peers(const std::string& node, const Health& health, std::vector<Symptom>& out) {
  std::string away;
  std::uint32_t connected = 0;
  for (const PeerFacts& peer : health.peers) {
    if (peer.connected) {
      ++connected;
    } else {
      away += (away.empty() ? "" : ", ") + peer.validator_id;
    }
  }
  // Itself and its peers.
  const bool quorum = connected + 1 >= health.quorum;
  out.push_back({"peers of " + node,
                 !quorum ? Grade::fail : (away.empty() ? Grade::pass : Grade::warn),
                 std::to_string(connected) + " of " + std::to_string(health.peers.size()) +
                     " connected, quorum " + std::to_string(health.quorum) + " of " +
                     std::to_string(health.validators) +
                     (away.empty() ? "" : "; away: " + away + " (running? address, firewall?)")});
}

// Half the round trip is the best guess of when the node looked at its clock.
void examine_clock(const std::string& node, const Health& health, std::uint64_t before_ms,
                   std::uint64_t after_ms, std::vector<Symptom>& out) {
  const std::uint64_t ours = before_ms + (after_ms - before_ms) / 2;
  const std::uint64_t off = distance(ours, health.node_time_ms);
  out.push_back(
      {"clock of " + node,
       off > kClockFailMs ? Grade::fail : (off > kClockWarnMs ? Grade::warn : Grade::pass),
       std::to_string(off) + " ms from this machine's" +
           (off > kClockWarnMs ? "; check NTP on both" : "")});
}

void examine_progress(const std::string& node, const Health& health, std::vector<Symptom>& out) {
  const std::uint64_t age =
      health.node_time_ms > health.block_time_ms ? health.node_time_ms - health.block_time_ms : 0;
  out.push_back({"blocks of " + node, age > kIdleWarnMs ? Grade::fail : Grade::pass,
                 "height " + std::to_string(health.height) + ", last block " +
                     std::to_string(age / 1000) + " s ago" +
                     (age > kIdleWarnMs ? "; is a quorum of validators up?" : "")});
}

void compare(const std::vector<std::pair<std::string, Health>>& seen, std::vector<Symptom>& out) {
  if (seen.size() < 2) return;
  const auto by_height = [](const auto& a, const auto& b) {
    return a.second.height < b.second.height;
  };
  const auto [lowest, highest] = std::minmax_element(seen.begin(), seen.end(), by_height);
  const bool same = std::all_of(seen.begin(), seen.end(), [&](const auto& one) {
    return one.second.chain_id == seen.front().second.chain_id;
  });
  out.push_back(
      {"same network", same ? Grade::pass : Grade::fail,
       same ? seen.front().second.chain_id.hex() : "the nodes are of different networks"});
  const std::uint64_t spread = highest->second.height - lowest->second.height;
  out.push_back({"same height", spread > kHeightSpread ? Grade::warn : Grade::pass,
                 std::to_string(lowest->second.height) + " to " +
                     std::to_string(highest->second.height) +
                     (spread > kHeightSpread ? "; " + lowest->first + " is behind" : "")});
}

}  // namespace

Symptom disk_symptom(const std::string& what, std::uint64_t free_bytes) {
  const Grade grade = free_bytes < kDiskFail   ? Grade::fail
                      : free_bytes < kDiskWarn ? Grade::warn
                                               : Grade::pass;
  return {what, grade,
          std::to_string(free_bytes / kMebi) + " MiB free" +
              (grade == Grade::pass ? "" : "; free some or enlarge it before it is full")};
}

std::vector<Symptom> examine_nodes(const std::vector<std::string>& nodes) {
  std::vector<Symptom> out;
  std::vector<std::pair<std::string, Health>> seen;
  for (const std::string& node : nodes) {
    auto client = Client::make({node});
    if (!client) {
      out.push_back({node, Grade::fail, client.error().detail});
      continue;
    }
    const std::uint64_t before = clock_now().ms;
    const auto health = client->health();
    const std::uint64_t after = clock_now().ms;
    if (!health) {
      out.push_back({node, Grade::fail, health.error().detail});
      continue;
    }
    out.push_back({node, health->ready ? Grade::pass : Grade::fail,
                   (health->validator_id.empty() ? "follows" : health->validator_id) +
                       ", version " + health->version +
                       (health->ready ? ", ready" : "; not ready: " + health->not_ready_reason)});
    examine_clock(node, *health, before, after, out);
    examine_progress(node, *health, out);
    if (health->follow && !(health->set && health->set->member)) {
      examine_following(node, *health->follow, out);
    } else {
      examine_peers(node, *health, out);
    }
    out.push_back(disk_symptom("disk of " + node, health->disk_free_bytes));
    seen.emplace_back(node, *health);
  }
  compare(seen, out);
  return out;
}

Symptom examine_port(const std::string& text) {
  const auto colon = text.rfind(':');
  sockaddr_in address{};
  address.sin_family = AF_INET;
  std::uint16_t port = 0;
  const char* end = text.data() + text.size();
  if (colon == std::string::npos ||
      ::inet_pton(AF_INET, text.substr(0, colon).c_str(), &address.sin_addr) != 1 ||
      std::from_chars(text.data() + colon + 1, end, port).ptr != end || port == 0) {
    return {text, Grade::fail, "not of the form 127.0.0.1:7101"};
  }
  address.sin_port = htons(port);
  const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  ::setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const bool free = ::bind(probe, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  const int reason = errno;
  ::close(probe);
  if (free) return {"port " + text, Grade::pass, "free"};
  if (reason == EADDRINUSE) return {"port " + text, Grade::warn, "in use: by the node itself?"};
  return {"port " + text, Grade::fail, std::generic_category().message(reason)};
}

}  // namespace footproof::api
