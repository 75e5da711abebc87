// What the command line of footproof attest says, and the attestation that it asks for; shared by
// its two ways: of files named one by one, and of a whole catalogue.
#pragma once

#include <string>
#include <vector>

#include "api/cli/submitting.h"
#include "attest/subject.h"

namespace footproof::api {

struct AttestOptions {
  SignOptions sign;
  std::vector<std::string> sealed;
  std::string catalogue;  // folder or list instead
  std::string each;       // folder for the members' .attested files
  std::string body;
  std::string accreditation;
  std::string scope;
  std::string scheme;
  std::string scheme_version;
  std::vector<std::string> standards;
  std::string type = "verification";
  std::string assurance = "limited";
  std::string coverage = "product";
  std::string issued;
  std::string from;
  std::string until;
  std::string supersedes;
  std::string holder_key;
  std::string late_request;
  std::string countersignature;
};

// usage, naming the option.
[[nodiscard]] Result<Attestation> make_attestation(const AttestOptions& options,
                                                   const Subject& subject);

// What a statement signed before differs in from what is asked now, naming the option; empty: in
// nothing. Dates that were not given then and now are those of the day of signing.
[[nodiscard]] std::string difference_to_signed(const AttestOptions& options,
                                               const Attestation& asked,
                                               const Statement& signed_before);

// One statement for all sealed files of a folder or list; the exit code.
[[nodiscard]] int attest_catalogue(AttestOptions options, const Context& context);

}  // namespace footproof::api
