// What a holder watches for: the entries and dataset releases that its own declarations link to,
// and everything in the log that says something about them.
//
// The list never leaves this machine: it is matched against the whole log, entry by entry, in
// order. Pure; what reads the log is api/client/log_stream.h.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "attest/block_record.h"
#include "attest/digest.h"
#include "attest/seal.h"
#include "attest/statement.h"

namespace footproof::api {

struct Warning {
  std::uint64_t index = 0;  // of the statement
  Instant recorded;
  Digest entry;                 // its entry id
  std::string what;             // "suspended (investigation)", "erratum", …
  std::string subject;          // what it is about: an entry id, or "database release"
  std::set<std::string> files;  // whose links lead there
};

class WatchList {
 public:
  // `file` names where the link stands, for people.
  void add(const Digest& entry_id, const std::string& file);
  // One declaration of the attestation: what is said of the others alone is none of its business.
  void add_member(const Digest& entry_id, const Digest& declaration, const std::string& file);
  void add(const ReleaseRef& release, const std::string& file);
  void add(const Link& link, const std::string& file);

  // The next statement, and the record of its block, in log order.
  void see(std::uint64_t index, const Statement& statement);
  void see(const BlockRecord& record);
  // Those since the last call, recorded by now.
  [[nodiscard]] std::vector<Warning> take();

  [[nodiscard]] bool empty() const { return entries_.empty() && releases_.empty(); }
  // What is watched and was never seen in the log, as `subject` above.
  [[nodiscard]] std::vector<std::string> unseen() const;

 private:
  struct WatchedEntry {
    std::set<std::string> files;                           // of the attestation and all in it
    std::map<Digest, std::set<std::string>> member_files;  // of one declaration
    std::optional<Digest> kid;                             // once seen: who signed it …
    std::optional<std::pair<std::string, std::string>> accreditation;  // … under what
    std::optional<Instant> recorded;

    [[nodiscard]] std::set<std::string> all_files() const;
    // Of whom a change of this declaration alone concerns.
    [[nodiscard]] std::set<std::string> files_about(const Digest& declaration) const;
  };
  struct WatchedRelease {
    std::set<std::string> files;
    std::set<Digest> entries;  // its statements so far
  };

  struct Matcher;
  void warn(std::string what, std::string subject, const std::set<std::string>& files);

  std::map<Digest, WatchedEntry> entries_;
  std::map<std::pair<std::string, std::string>, WatchedRelease> releases_;
  std::vector<Warning> in_block_;  // not yet recorded
  std::vector<Digest> seen_in_block_;
  std::vector<Warning> ready_;
  std::uint64_t index_ = 0;  // of the statement in hand
  Digest entry_;
};

}  // namespace footproof::api
