#include "api/metrics.h"

#include <string_view>

namespace footproof::api {
namespace {

class Page {
 public:
  void gauge(std::string_view name, std::string_view help, std::uint64_t value) {
    head(name, help, "gauge");
    line(name, "", std::to_string(value));
  }
  void counter(std::string_view name, std::string_view help, std::uint64_t value) {
    head(name, help, "counter");
    line(name, "", std::to_string(value));
  }
  // One figure under several labels: head() once, then a line() for each.
  void head(std::string_view name, std::string_view help, std::string_view type) {
    text_.append("# HELP footproof_").append(name).append(" ").append(help).append("\n");
    text_.append("# TYPE footproof_").append(name).append(" ").append(type).append("\n");
  }
  void line(std::string_view name, std::string_view labels, std::string_view value) {
    text_.append("footproof_").append(name).append(labels).append(" ").append(value).append("\n");
  }

  [[nodiscard]] std::string take() && { return std::move(text_); }

 private:
  std::string text_;
};

// Milliseconds as seconds, without a floating-point number.
std::string seconds(std::uint64_t ms) {
  const std::string thousandths = std::to_string(1000 + ms % 1000).substr(1);
  return std::to_string(ms / 1000) + '.' + thousandths;
}

void add_http(Page& page, const ServerCounters& http) {
  page.counter("http_requests_total", "Requests read, answered or refused.", http.requests);
  page.counter("http_refused_total", "Requests refused before a route saw them.",
               http.refused_requests);
  page.counter("http_shed_total", "Connections ended to make room.", http.shed_connections);
  page.gauge("http_open_connections", "Connections open now.", http.open_connections);
}

void add_statements(Page& page, const NodeCounters& counters) {
  constexpr std::string_view kSubmitted = "statements_submitted_total";
  page.head(kSubmitted, "Statements that clients sent, by the first answer.", "counter");
  page.line(kSubmitted, "{answer=\"taken\"}", std::to_string(counters.taken));
  page.line(kSubmitted, "{answer=\"known\"}", std::to_string(counters.known));
  page.line(kSubmitted, "{answer=\"refused\"}", std::to_string(counters.refused_early));
  page.line(kSubmitted, "{answer=\"busy\"}", std::to_string(counters.busy));
  constexpr std::string_view kExecuted = "statements_executed_total";
  page.head(kExecuted, "Statements of finalised blocks, by the rules' verdict.", "counter");
  page.line(kExecuted, "{verdict=\"accepted\"}", std::to_string(counters.executed));
  page.line(kExecuted, "{verdict=\"refused\"}", std::to_string(counters.refused));
}

void add_mesh(Page& page, const Health& health, const NodeCounters& counters) {
  page.head("peer_connected", "1 while the link to that validator is up.", "gauge");
  for (const PeerFacts& peer : health.peers) {
    page.line("peer_connected", "{peer=\"" + peer.validator_id + "\"}", peer.connected ? "1" : "0");
  }
  page.counter("links_dropped_total", "Links closed because a peer broke the protocol.",
               counters.links_dropped);
  page.counter("batches_checked_total",
               "Batches of other validators whose signatures were verified.",
               counters.batches_checked);
  page.gauge("tls_certificate_expires_seconds", "When the certificate of links ends, since 1970.",
             health.tls_certificate_ends_s);
}

void add_follow(Page& page, const FollowFacts& follow) {
  page.gauge("follow_behind", "Blocks that a source has shown and this node has not.",
             follow.behind);
  page.gauge("follow_blocks_per_minute", "Blocks executed in the last minute.",
             follow.blocks_per_minute);
  page.head("follow_source_good", "0 while that source is left for its trouble.", "gauge");
  for (const SourceFacts& source : follow.sources) {
    page.line("follow_source_good", "{source=\"" + source.url + "\"}",
              source.trouble.empty() ? "1" : "0");
  }
}

void add_set(Page& page, const SetFacts& set) {
  page.gauge("set_epoch", "Epoch of the validators in force.", set.epoch);
  page.gauge("set_members", "How many they are.", set.members.size());
  page.gauge("set_member", "1 while this node is one of them.", set.member ? 1 : 0);
  page.gauge("set_votes", "1 while it votes and cosigns.", set.votes ? 1 : 0);
  page.gauge("set_ends_at_height", "Height of the block that ends the epoch; 0: none is fixed.",
             set.ends_at);
}

}  // namespace

std::string metrics_text(const Health& health, const NodeCounters& node,
                         const ServerCounters& http) {
  Page page;
  page.gauge("ready", "1 while /v1/ready answers 200.", health.ready ? 1 : 0);
  page.gauge("epoch", "Epoch of the last executed block.", health.epoch);
  page.gauge("height", "Last executed block.", health.height);
  page.gauge("view", "View that consensus is in.", health.view);
  if (health.set) add_set(page, *health.set);
  constexpr std::string_view kEvidence = "evidence_total";
  page.head(kEvidence, "Views of this epoch in which that validator contradicted itself.",
            "counter");
  for (const auto& [validator, count] : health.evidence) {
    page.line(kEvidence, "{validator=\"" + validator + "\"}", std::to_string(count));
  }
  page.gauge("log_size", "Entries under the newest published checkpoint.", health.published_size);
  page.head("block_time_seconds", "Time of the last executed block, since 1970.", "gauge");
  page.line("block_time_seconds", "", seconds(health.block_time_ms));
  add_statements(page, node);
  page.gauge("mempool_bytes", "Statements that wait to be cut into a batch.", health.mempool_bytes);
  page.gauge("disk_free_bytes", "Free space where the data folder is.", health.disk_free_bytes);
  if (health.follow) {
    add_follow(page, *health.follow);
  } else {
    add_mesh(page, health, node);
  }
  add_http(page, http);
  return std::move(page).take();
}

}  // namespace footproof::api
