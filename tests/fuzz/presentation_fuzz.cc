// A presentation that parses encodes back to the same bytes; a policy that knows nobody certifies
// nothing, whatever it is shown, and every line of the verdict has its reason.
#include "attest/check.h"
#include "attest/presentation.h"
#include "attest/verdict.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace footproof;
  const ByteView bytes(data, size);
  if (const auto presentation = parse_presentation(bytes)) {
    CHECK(equal(encode_presentation(*presentation), bytes));
  }
  Policy policy;
  policy.epochs.emplace_back();
  VerdictOptions options;
  options.now = Instant{1'800'000'000'000};
  options.document = Bytes{1, 2, 3};
  const Verdict verdict = judge_presentation(bytes, policy, options);
  CHECK(verdict.overall == Overall::not_certified || verdict.overall == Overall::cannot_evaluate);
  for (const Finding& finding : verdict.findings) CHECK(!finding.reason.empty());
  return 0;
}
