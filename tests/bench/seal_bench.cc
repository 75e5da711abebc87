// Sealing, opening and verifying openings. The hundred-field document is what an average PACT
// footprint with its extensions comes to.
#include <benchmark/benchmark.h>

#include <string>

#include "attest/disclosure_profile.h"
#include "attest/opening.h"
#include "attest/seal.h"

namespace footproof {
namespace {

std::string document(int fields) {
  std::string json =
      R"({"specVersion":"3.0.0","productIds":["urn:a:b"],"pcf":{)"
      R"("fossilGhgEmissions":"2214.10","primaryDataShare":"83.45"},"extensions":[0)";
  for (int i = 5; i < fields; ++i) {
    json += ",\"" + std::to_string(i) + "." + std::to_string(i * 7) + " a value of usual length\"";
  }
  return json + "]}";
}

SealInput input_of(const std::string& json) {
  return {sha256(as_bytes("seed")), {{"application/json", to_bytes(as_bytes(json))}}, {}, {}};
}

void seal(benchmark::State& state) {
  const std::string json = document(static_cast<int>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(SealedDeclaration::seal(input_of(json)));
}
BENCHMARK(seal)
    ->Name("seal/fields")
    ->Arg(100)
    ->Arg(1000)
    ->Arg(10000)
    ->Unit(benchmark::kMicrosecond);

void parse(benchmark::State& state) {
  const Bytes file = SealedDeclaration::seal(input_of(document(100)))->encode();
  for (auto _ : state) benchmark::DoNotOptimize(SealedDeclaration::parse(file));
  state.counters["bytes"] = static_cast<double>(file.size());
}
BENCHMARK(parse)->Name("seal/parse_file/100_fields")->Unit(benchmark::kMicrosecond);

std::size_t encoded_size(const Openings& openings) {
  cbor::Writer out;
  write_openings(out, openings);
  return out.view().size();
}

void open(benchmark::State& state, const char* profile) {
  const auto sealed = SealedDeclaration::seal(input_of(document(100)));
  const auto labels = profile_labels(*find_disclosure_profile(profile));
  for (auto _ : state) benchmark::DoNotOptimize(open_labels(*sealed, labels));
  state.counters["bytes"] = static_cast<double>(encoded_size(*open_labels(*sealed, labels)));
}
BENCHMARK_CAPTURE(open, none, "none")->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(open, cbam_declarant, "cbam-declarant")->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(open, audit, "audit")->Unit(benchmark::kMicrosecond);

void verify(benchmark::State& state, const char* profile) {
  const auto sealed = SealedDeclaration::seal(input_of(document(100)));
  const auto openings = open_labels(*sealed, profile_labels(*find_disclosure_profile(profile)));
  const DeclarationTree tree{std::string(sealed->profile()), sealed->tree_size(), sealed->root()};
  for (auto _ : state) {
    const auto holds = verify_openings(tree, *openings);
    if (!holds) state.SkipWithError("the openings do not verify");
  }
}
BENCHMARK_CAPTURE(verify, cbam_declarant, "cbam-declarant")->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(verify, audit, "audit")->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace footproof
