// A note, a checkpoint or a trust policy that parses encodes back to the same bytes, and judging it
// never fails in any other way than by saying so.
#include "attest/check.h"
#include "attest/note.h"
#include "attest/policy.h"

namespace {

using namespace footproof;

std::vector<NoteKey> some_keys() {
  constexpr std::string_view kKeys[] = {
      "pcf-ledger.example/log1+57cd93d5+AWzW6sz24+0LFc+qNOO9A1ybGAx4j2tPrEBbS95Y4pHc",
      "witness-a.example+52ea795d+BLHwxug+O5mh/FCm54fuYdTWRpv1BB9LImo9vEZvw6Qm"};
  std::vector<NoteKey> keys;
  for (const std::string_view vkey : kKeys) keys.push_back(NoteKey::parse(vkey).value());
  return keys;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<NoteKey> keys = some_keys();
  const ByteView bytes(data, size);
  if (const auto note = parse_note(bytes)) {
    CHECK(encode(*note) == as_text(bytes));
    const auto lines = verify_note(*note, keys);
    if (lines) CHECK(lines->size() <= keys.size());
    const auto checkpoint = parse_checkpoint(note->text);
    if (checkpoint) CHECK(encode(*checkpoint) == note->text);
  }
  if (const auto policy = parse_policy(bytes)) {
    CHECK(encode(*policy) == as_text(bytes));
    static_cast<void>(judge_live_checkpoint(*policy, bytes));
  }
  if (const auto key = NoteKey::parse(as_text(bytes))) CHECK(key->vkey() == as_text(bytes));
  return 0;
}
