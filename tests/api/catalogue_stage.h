// A catalogue of four declarations, sealed and attested with the commands, and logged.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "attest/catalogue.h"
#include "attest/seal.h"
#include "tests/api/cli_stage.h"

namespace footproof::api {

class CatalogueStage : public CliStage {
 protected:
  CatalogueStage() {
    network().admit_verifier();
    write("policy", as_bytes(encode(network().policy())));
    for (int i = 0; i < 4; ++i) roots_.push_back(seal("sealed/" + std::to_string(i) + ".sealed"));
    const Ran ran = attest();
    EXPECT_EQ(ran.code, 0) << ran.err << ran.out;
  }

  [[nodiscard]] Ran attest(const std::string& until = "2031-01-01",
                           const std::vector<std::string>& more = {}) const {
    return attest_catalogue(until, more);
  }
  Digest seal(const std::string& name) const {
    SealInput input;
    input.seed = *to_digest(random_bytes(32));
    input.documents.push_back({"application/json", to_bytes(as_bytes("{}"))});
    const auto sealed = SealedDeclaration::seal(std::move(input));
    write(name, sealed->encode());
    return sealed->root();
  }
  std::vector<Digest> roots_;
};

}  // namespace footproof::api
