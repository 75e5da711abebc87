#include "ledger/peek.h"

#include <system_error>
#include <utility>

#include "ledger/disk_store.h"
#include "ledger/store_format.h"

namespace footproof::ledger {
namespace {

namespace fs = std::filesystem;
namespace format = store_format;

constexpr int kTries = 3;  // a running node deletes tables while they are linked

Result<ValidatorsRecord> read_newest(const fs::path& copy) {
  auto database = Database::open(copy, false);
  if (!database) return fail(database.error());
  const Reading reading(*database);
  const auto row = reading.get(format::head_key(), "head");
  if (!row) return fail(row.error());
  const auto head = format::decode_head(*row);
  if (!head) return fail(head.error());
  const auto set_of = [&](std::uint64_t epoch) {
    return reading.find(format::digest_key(format::Kind::state, state_key::validators(epoch)));
  };
  auto record = set_of(head->epoch + 1);
  if (record && !*record) record = set_of(head->epoch);
  if (!record) return fail(record.error());
  if (!*record) return fail(Errc::corrupt, "database-damaged: no set of validators");
  return parse_validators_record(**record);
}

}  // namespace

Result<std::optional<ValidatorsRecord>> peek_validators(const fs::path& database) {
  std::error_code error;
  if (!fs::exists(database / "CURRENT", error)) return std::optional<ValidatorsRecord>();
  fs::path copy = database;
  copy += ".peek";
  Result<ValidatorsRecord> read = fail(Errc::io, "not read");
  for (int i = 0; i < kTries && !read; ++i) {
    if (auto linked = link_files(database, copy); !linked) {
      read = fail(linked.error());
    } else {
      read = read_newest(copy);
    }
  }
  fs::remove_all(copy, error);
  if (!read) return fail(std::move(read.error()));
  return std::optional(*std::move(read));
}

}  // namespace footproof::ledger
