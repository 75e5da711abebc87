// The footproof command in this process, against a real server over a network in one process: the
// stage of the tests of its online commands.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "api/routes.h"
#include "api/server.h"
#include "tests/api/run_footproof.h"
#include "tests/api/sequencer_node.h"
#include "tests/support/temp_folder.h"

namespace footproof::api {

class CliStage : public ::testing::Test {
 protected:
  CliStage() : node_((std::filesystem::create_directory(folder_ / "node"), folder_ / "node")) {
    // The command takes its time from this machine's clock, the network from the test.
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now).count();
    network().advance(static_cast<std::uint64_t>(seconds) - network().now().seconds());
    serve();
    write("passphrase", as_bytes("a long one\n"));
  }

  // At a port of its own each time.
  void serve() {
    ServerConfig config;
    config.connections_per_address_max = 100;
    server_ = std::move(Server::start(config, make_routes({}, node_, node_)).value());
    url_ = "http://127.0.0.1:" + std::to_string(server_->port());
  }

  [[nodiscard]] testing::Sequencer& network() { return node_.sequencer(); }
  [[nodiscard]] std::string path(const std::string& name) const {
    return (folder_ / name).string();
  }
  void write(const std::string& name, ByteView bytes) const {
    std::filesystem::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << as_text(bytes);
  }
  [[nodiscard]] Bytes contents(const std::string& name) const {
    std::ifstream file(folder_ / name, std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    return to_bytes(as_bytes(text));
  }

  // With --node.
  [[nodiscard]] Ran run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--node", url_});
    return run_footproof(std::move(arguments));
  }
  // Signed by a party, with its key of that usage; --json.
  [[nodiscard]] Ran as(std::string_view party, KeyUsage usage,
                       std::vector<std::string> arguments) const {
    const std::string key = "key-" + std::to_string(++keys_) + ".pem";
    write(key, as_bytes(testing::party_key(party, usage).to_pem("a long one")));
    arguments.insert(arguments.end(), {"--key", path(key), "--passphrase-file", path("passphrase"),
                                       "--issuer", std::string(party), "--json"});
    return run(std::move(arguments));
  }
  // The verifier attests what lies in "sealed", into "all.catalogue".
  [[nodiscard]] Ran attest_catalogue(const std::string& until,
                                     const std::vector<std::string>& more) const {
    std::vector<std::string> words = {"attest",
                                      "--catalogue",
                                      path("sealed"),
                                      "--scope",
                                      "steel.cbam",
                                      "--scheme",
                                      "cbam",
                                      "--scheme-version",
                                      "2025-2546",
                                      "--standard",
                                      "iso14067-2018",
                                      "--until",
                                      until,
                                      "--accreditation",
                                      std::string(testing::kAccreditationId),
                                      "--body",
                                      std::string(testing::kBodyUri),
                                      "-o",
                                      path("all.catalogue")};
    words.insert(words.end(), more.begin(), more.end());
    return as(testing::kVerifierUri, KeyUsage::sign, std::move(words));
  }
  static nlohmann::json json_of(const Ran& ran) {
    return nlohmann::json::parse(ran.out, nullptr, false);
  }

  const test::TempFolder folder_;
  SequencerNode node_;
  std::unique_ptr<Server> server_;
  std::string url_;
  mutable int keys_ = 0;
};

}  // namespace footproof::api
