// What the state tree says of datasets: a release with all that happened to it, and whose a
// database is (docs/formats.md §6.8).
//
// A release is begun once by an operator; errata give it another root, a withdrawal ends it, and a
// later release of the same database may replace it. Every record has one spelling, keeps its whole
// history in log order, and is bounded like all state records (attest/state_record.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attest/bytes.h"
#include "attest/date.h"
#include "attest/digest.h"
#include "attest/result.h"

namespace footproof {

namespace state_key {
[[nodiscard]] Digest database(std::string_view database);
}  // namespace state_key

struct DatasetEvent {
  enum class What : std::uint8_t { release, erratum, withdrawn, replaced };
  What what = What::release;
  Date effective;
  Instant recorded;
  std::string operator_uri;
  Digest entry;                // of the statement that made it; of `replaced`: the successor
  std::optional<Digest> root;  // none exactly for `replaced`
  friend bool operator==(const DatasetEvent&, const DatasetEvent&) = default;
};
[[nodiscard]] std::string_view to_text(DatasetEvent::What what);  // "release", "erratum", …

struct DatasetRecord {
  std::vector<DatasetEvent> events;  // the first is the release, the only one
  friend bool operator==(const DatasetRecord&, const DatasetRecord&) = default;

  // By log order alone: what the next event builds on.
  [[nodiscard]] bool withdrawn() const;
  [[nodiscard]] const Digest& root() const;
  [[nodiscard]] std::optional<Digest> successor() const;  // entry id
};

// Who may release under a database id. It belongs to whom released first; another operator takes it
// over only once that one is no longer admitted.
struct DatabaseHolding {
  std::string operator_uri;
  Instant recorded;
  Digest entry;  // the release with which it was taken
  friend bool operator==(const DatabaseHolding&, const DatabaseHolding&) = default;
};
struct DatabaseRecord {
  std::vector<DatabaseHolding> holdings;  // at least one; the last one counts
  friend bool operator==(const DatabaseRecord&, const DatabaseRecord&) = default;
};

[[nodiscard]] Bytes encode(const DatasetRecord& record);
[[nodiscard]] Bytes encode(const DatabaseRecord& record);
[[nodiscard]] Result<DatasetRecord> parse_dataset_record(ByteView bytes);
[[nodiscard]] Result<DatabaseRecord> parse_database_record(ByteView bytes);

}  // namespace footproof
