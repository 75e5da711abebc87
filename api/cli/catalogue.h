// Attesting a catalogue: many sealed declarations under one statement, and the files that come of
// it (docs/formats.md §4.3, §10).
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "attest/attested.h"
#include "attest/catalogue.h"
#include "attest/digest.h"
#include "attest/result.h"
#include "attest/seal.h"
#include "attest/subject_tree.h"

namespace footproof::api {

// Declarations at random places under a subject, the rest of the places filled with random bytes.
struct Arranged {
  SubjectTree tree;
  std::vector<std::uint64_t> positions;  // in the order of the leaves given
};
// usage: more than 2^20, or one of them twice.
[[nodiscard]] Result<Arranged> arrange(const std::vector<Digest>& leaves);

[[nodiscard]] DeclarationTree tree_of(const SealedDeclaration& sealed);
// Derives everything again from what the file holds.
[[nodiscard]] Result<DeclarationTree> read_tree(const std::string& path);

// The members of a catalogue, as the verifier derived them from their files.
struct Members {
  std::vector<std::string> files;
  std::vector<Digest> roots;   // tree roots
  std::vector<Digest> leaves;  // under the subject
};
// From a folder or a list (bulk.h). At least two.
[[nodiscard]] Result<Members> read_members(const std::string& folder_or_list);

// "file,tree root,position" for each member: the verifier's own list, to find a member's root when
// its status must change.
[[nodiscard]] std::string members_csv(const Members& members,
                                      const std::vector<std::uint64_t>& positions);

// The roots that such a list names, each with its file; lines that are not of its form name none.
[[nodiscard]] std::map<Digest, std::string> roots_in_csv(std::string_view text);

// An .attested file of each member in this folder, for handing them to different exporters.
[[nodiscard]] Result<void> write_each(const std::string& folder, const Members& members,
                                      const Catalogue& catalogue);

[[nodiscard]] Result<Catalogue> read_catalogue(const std::string& path);

}  // namespace footproof::api
