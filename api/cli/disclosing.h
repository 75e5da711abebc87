// What disclosing one declaration and disclosing a whole catalogue share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "api/cli/command.h"
#include "attest/opening.h"
#include "attest/presentation.h"
#include "attest/result.h"
#include "attest/seal.h"

namespace footproof::api {

struct DiscloseOptions {
  std::string sealed;
  std::string attested;   // or a .catalogue
  std::string catalogue;  // folder or list of sealed declarations in place of `sealed`
  std::string output;
  std::string profile = "none";
  std::vector<std::string> slots;
  std::vector<std::string> fields;
  std::vector<std::size_t> documents;
  bool refresh = false;
  bool hops = false;
  std::uint64_t hops_from = 0;
  std::string policy;
  std::string audience;
  std::string nonce;
  std::string expires;
  std::string holder_key;
  std::string passphrase_file;
};

// What the profile names and what was asked for besides.
[[nodiscard]] Result<Openings> open_asked(const DiscloseOptions& options,
                                          const SealedDeclaration& sealed);

// Do openings and path lead to what the statement attests? Without signatures.
[[nodiscard]] Result<void> check_presentation(const Presentation& presentation,
                                              const SealedDeclaration& sealed);

// A presentation of each member of the catalogue, in a folder. Run again it goes on.
[[nodiscard]] Result<void> disclose_catalogue(const DiscloseOptions& options,
                                              const Context& context);

}  // namespace footproof::api
