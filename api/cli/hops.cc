#include "api/cli/hops.h"

#include <string>
#include <utility>

#include "attest/block_record.h"

namespace footproof::api {

Result<std::vector<Hop>> fetch_hops(Client& client, std::uint64_t first,
                                    std::optional<std::uint64_t> end) {
  std::vector<Hop> hops;
  for (std::uint64_t epoch = first; !end || epoch < *end; ++epoch) {
    if (hops.size() == kHopsMax) {
      return fail(Errc::bad_length, "hops: more than 1024 from epoch " + std::to_string(first));
    }
    auto hop = client.hop(epoch);
    if (!hop && hop.error().code == Errc::not_found && !end) break;
    if (!hop && hop.error().code == Errc::not_found) hop.error().detail += "; ask another --node";
    if (!hop) return fail("hop of epoch " + std::to_string(epoch), std::move(hop.error()));
    hops.push_back(std::move(*hop));
  }
  return hops;
}

std::string no_hops_text(std::uint64_t first, std::uint64_t end) {
  return "--hops: none is needed: the receipt is of epoch " + std::to_string(end) +
         ", and the reader's policy reaches epoch " + std::to_string(first) +
         "; --refresh fetches a receipt of today's validators";
}

Result<std::uint64_t> epoch_of(const Receipt& receipt) {
  const auto record = parse_block_record(receipt.last_record.record);
  if (!record) return fail("receipt", record.error());
  return record->epoch;
}

}  // namespace footproof::api
