// What a command line names an attestation by: its entry id, or the file that a verifier made of
// it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "attest/catalogue.h"
#include "attest/digest.h"
#include "attest/result.h"

namespace footproof::api {

struct NamedEntry {
  Digest entry_id;
  std::optional<Digest> declaration;   // of the .attested file of a catalogue's member
  std::vector<std::string> nodes;      // as the file names them
  std::optional<Catalogue> catalogue;  // where it was named by one
};

// An entry id, an .attested file, or a .catalogue. usage: neither.
[[nodiscard]] Result<NamedEntry> read_named_entry(const std::string& text);

}  // namespace footproof::api
