// Runs the real programs in a temporary folder, and makes the files that they need: a
// declaration attested in a fixture log as of now.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "attest/attested.h"
#include "tests/support/fixture_log.h"
#include "tests/support/temp_folder.h"

namespace footproof::testing {

struct Answer {
  int exit_code = -1;  // -1: ended by a signal
  std::string out;
  std::string err;
};

class CommandLine : public ::testing::Test {
 protected:
  // `arguments` are passed on as they are; names of files are relative to the folder.
  [[nodiscard]] Answer run(const std::vector<std::string>& arguments) const;
  // footproofd, which is expected to end by itself.
  [[nodiscard]] Answer run_node(const std::vector<std::string>& arguments) const;
  void write(const std::string& name, ByteView bytes) const;
  [[nodiscard]] Bytes read(const std::string& name) const;
  [[nodiscard]] bool exists(const std::string& name) const;
  [[nodiscard]] std::string path(const std::string& name) const;

  // "coil.sealed" through the program; then "coil.attested" and "korea.policy" from a fixture log
  // whose last block is a minute old.
  void seal_and_attest(const std::function<void(FixtureLog&, Attestation&)>& change = {});

  // Of the programs that run().
  std::vector<std::string> environment = {"LC_ALL=C"};

 private:
  [[nodiscard]] Answer start(const char* program, const std::vector<std::string>& arguments) const;
  test::TempFolder folder_;
};

}  // namespace footproof::testing
