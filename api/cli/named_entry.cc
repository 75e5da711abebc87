#include "api/cli/named_entry.h"

#include <utility>

#include "api/cli/command.h"
#include "api/cli/inspect.h"
#include "attest/attested.h"
#include "attest/statement.h"

namespace footproof::api {
namespace {

Result<NamedEntry> read_catalogue_entry(const std::string& path, ByteView bytes) {
  auto catalogue = parse_catalogue(bytes);
  if (!catalogue) return fail(wrong_file(path, catalogue.error()));
  const auto statement = parse_statement(catalogue->statement);
  if (!statement) return fail(wrong_file(path, statement.error()));
  return NamedEntry{statement->entry_id(), {}, catalogue->nodes, std::move(*catalogue)};
}

}  // namespace

Result<NamedEntry> read_named_entry(const std::string& text) {
  if (const auto id = digest_from_hex(text)) return NamedEntry{*id, {}, {}, {}};
  const auto bytes = read_file(text, kCatalogueSizeMax);
  if (!bytes) {
    return fail(Errc::usage, text +
                                 ": neither an entry id (64 lower-case hex digits) nor a file to "
                                 "be read");
  }
  if (looks_like_catalogue(*bytes)) return read_catalogue_entry(text, *bytes);
  const auto attested = parse_attested(*bytes);
  if (!attested) return fail(wrong_file(text, *bytes, "attested file", attested.error()));
  const auto statement = parse_statement(attested->statement);
  if (!statement) return fail(wrong_file(text, statement.error()));
  NamedEntry named{statement->entry_id(), {}, attested->nodes, {}};
  if (!attested->subject_path.empty()) named.declaration = attested->tree_root;
  return named;
}

}  // namespace footproof::api
