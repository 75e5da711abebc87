#include "attest/dataset_record.h"

#include <algorithm>
#include <array>
#include <utility>

#include "attest/cbor.h"
#include "attest/check.h"
#include "attest/fields.h"
#include "attest/state_record.h"

namespace footproof {
namespace {

using What = DatasetEvent::What;

constexpr std::size_t kEventItems = 6;
constexpr std::size_t kHoldingItems = 3;

std::size_t begin_record(cbor::Reader& in, ByteView bytes) {
  if (bytes.size() > kStateRecordSizeMax) in.reject(Errc::bad_length, "longer than 64 KiB");
  in.array_of(2);
  fields::version(in);
  return in.field("events").array_between(1, kStateRecordSizeMax);
}

DatasetEvent read_event(cbor::Reader& in) {
  DatasetEvent event;
  in.field("event").array_of(kEventItems);
  event.what = fields::code(in.field("event what"), What::replaced);
  event.effective = fields::date(in.field("event effective from"));
  event.recorded.ms = in.field("event recorded").uint();
  event.operator_uri = fields::party_uri(in.field("event operator"));
  event.entry = in.field("event entry").digest();
  event.root = in.field("event root").digest_or_null();
  if (event.root.has_value() == (event.what == What::replaced)) {
    in.field("event root").reject(Errc::bad_value, "stands in every event but a replacement");
  }
  return event;
}

void check_order(cbor::Reader& in, Instant before, Instant now) {
  if (now < before) {
    in.field("events").reject(Errc::malformed, "must stand in the order they were recorded in");
  }
}

}  // namespace

namespace state_key {

Digest database(std::string_view database) {
  cbor::Writer out;
  out.array(3).text("footproof/state/v1").text("database");
  fields::write_text(out, database);
  return sha256(std::move(out).take());
}

}  // namespace state_key

std::string_view to_text(DatasetEvent::What what) {
  constexpr std::array<std::string_view, 4> kTexts = {"release", "erratum", "withdrawn",
                                                      "replaced"};
  return kTexts[static_cast<std::size_t>(what)];
}

bool DatasetRecord::withdrawn() const {
  return std::ranges::any_of(
      events, [](const DatasetEvent& event) { return event.what == What::withdrawn; });
}

const Digest& DatasetRecord::root() const {
  const auto last = std::find_if(events.rbegin(), events.rend(),
                                 [](const DatasetEvent& event) { return event.root.has_value(); });
  CHECK(last != events.rend());  // the first event has one
  return *last->root;
}

std::optional<Digest> DatasetRecord::successor() const {
  const auto found = std::ranges::find(events, What::replaced, &DatasetEvent::what);
  if (found == events.end()) return std::nullopt;
  return found->entry;
}

Bytes encode(const DatasetRecord& record) {
  cbor::Writer out;
  out.array(2).uint(1).array(record.events.size());
  for (const DatasetEvent& event : record.events) {
    out.array(kEventItems);
    fields::write_code(out, event.what);
    fields::write(out, event.effective);
    out.uint(event.recorded.ms);
    fields::write_text(out, event.operator_uri);
    out.digest(event.entry);
    fields::write(out, event.root);
  }
  return std::move(out).take();
}

Result<DatasetRecord> parse_dataset_record(ByteView bytes) {
  cbor::Reader in(bytes, "dataset record");
  const std::size_t count = begin_record(in, bytes);
  DatasetRecord record;
  for (std::size_t i = 0; i < count && !in.failed(); ++i) {
    DatasetEvent event = read_event(in);
    if (i > 0) check_order(in, record.events.back().recorded, event.recorded);
    if ((event.what == What::release) != (i == 0)) {
      in.field("events").reject(Errc::bad_value, "the release is the first event and no other");
    }
    record.events.push_back(std::move(event));
  }
  if (const auto end = in.finish(); !end) return fail(end.error());
  return record;
}

Bytes encode(const DatabaseRecord& record) {
  cbor::Writer out;
  out.array(2).uint(1).array(record.holdings.size());
  for (const DatabaseHolding& holding : record.holdings) {
    out.array(kHoldingItems);
    fields::write_text(out, holding.operator_uri);
    out.uint(holding.recorded.ms).digest(holding.entry);
  }
  return std::move(out).take();
}

Result<DatabaseRecord> parse_database_record(ByteView bytes) {
  cbor::Reader in(bytes, "database record");
  const std::size_t count = begin_record(in, bytes);
  DatabaseRecord record;
  for (std::size_t i = 0; i < count && !in.failed(); ++i) {
    DatabaseHolding holding;
    in.field("holding").array_of(kHoldingItems);
    holding.operator_uri = fields::party_uri(in.field("holding operator"));
    holding.recorded.ms = in.field("holding recorded").uint();
    holding.entry = in.field("holding entry").digest();
    if (i > 0) check_order(in, record.holdings.back().recorded, holding.recorded);
    record.holdings.push_back(std::move(holding));
  }
  if (const auto end = in.finish(); !end) return fail(end.error());
  return record;
}

}  // namespace footproof
