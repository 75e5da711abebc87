// /metrics: the text format, and that every figure is documented.
#include "api/metrics.h"

#include <gtest/gtest.h>
#include <regex.h>

#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>

#include "attest/check.h"

namespace footproof::api {
namespace {

std::string page() {
  Health health;
  health.ready = true;
  health.height = 41;
  health.block_time_ms = 1'795'572'804'036;
  health.tls_certificate_ends_s = 1'827'108'804;
  health.peers = {{"automobile", true, 41, 3}, {"steel-aluminium", false, 0, 0}};
  NodeCounters node;
  node.taken = 7;
  node.refused = 2;
  ServerCounters http;
  http.requests = 99;
  return metrics_text(health, node, http);
}

// POSIX's, since GCC 12 warns of its own std::regex under the sanitizers.
class Pattern {
 public:
  explicit Pattern(const char* text) {
    const bool is_good = ::regcomp(&compiled_, text, REG_EXTENDED | REG_NOSUB) == 0;
    CHECK(is_good);
  }
  ~Pattern() { ::regfree(&compiled_); }
  Pattern(const Pattern&) = delete;
  Pattern& operator=(const Pattern&) = delete;
  [[nodiscard]] bool matches(const std::string& line) const {
    return ::regexec(&compiled_, line.c_str(), 0, nullptr, 0) == 0;
  }

 private:
  regex_t compiled_{};
};

TEST(Metrics, EveryLineIsOfTheTextFormat) {
  std::istringstream lines(page());
  const Pattern sample(R"(^footproof_[a-z_]+(\{[a-z]+="[A-Za-z0-9._-]+"\})? [0-9]+(\.[0-9]+)?$)");
  std::string described;
  std::string typed;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# HELP ")) {
      described = line.substr(7, line.find(' ', 7) - 7);
      continue;
    }
    if (line.starts_with("# TYPE ")) {
      typed = line.substr(7, line.find(' ', 7) - 7);
      EXPECT_EQ(typed, described);
      continue;
    }
    EXPECT_TRUE(sample.matches(line)) << line;
    EXPECT_TRUE(line.starts_with(typed + " ") || line.starts_with(typed + "{")) << line;
  }
}

TEST(Metrics, SaysWhatTheNodeMeasures) {
  const std::string text = page();
  for (const char* line : {"footproof_ready 1\n", "footproof_height 41\n",
                           "footproof_block_time_seconds 1795572804.036\n",
                           "footproof_tls_certificate_expires_seconds 1827108804\n",
                           "footproof_peer_connected{peer=\"automobile\"} 1\n",
                           "footproof_peer_connected{peer=\"steel-aluminium\"} 0\n",
                           "footproof_statements_submitted_total{answer=\"taken\"} 7\n",
                           "footproof_statements_executed_total{verdict=\"refused\"} 2\n",
                           "footproof_http_requests_total 99\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line;
  }
}

TEST(Metrics, EveryFigureStandsInTheOperatorsPage) {
  std::ifstream in(FOOTPROOF_SOURCE_DIR "/docs/operating.md");
  const std::string doc{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  std::istringstream lines(page());
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("# TYPE ")) continue;
    const std::string name = line.substr(7, line.find(' ', 7) - 7);
    EXPECT_NE(doc.find('`' + name.substr(10)), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace footproof::api
