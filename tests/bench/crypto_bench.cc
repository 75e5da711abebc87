// Speed of what every statement costs: hashing, signing, verifying, parsing. The raw OpenSSL
// figure for ES256 stands beside ours, so that what our layer adds can be read off.
#include <benchmark/benchmark.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

#include <memory>

#include "attest/cbor.h"
#include "attest/cose.h"
#include "attest/key.h"

namespace footproof {
namespace {

void hash(benchmark::State& state) {
  const Bytes bytes(static_cast<std::size_t>(state.range(0)), 7);
  for (auto _ : state) benchmark::DoNotOptimize(sha256(bytes));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(hash)->Name("digest/sha256/bytes")->Arg(64)->Arg(1024)->Arg(16384);

void hash_node(benchmark::State& state) {
  const Digest left = sha256(as_bytes("l"));
  constexpr std::uint8_t kPrefix[] = {1};
  for (auto _ : state) benchmark::DoNotOptimize(sha256({kPrefix, left.view(), left.view()}));
}
BENCHMARK(hash_node)->Name("digest/merkle_node");

void sign(benchmark::State& state, Algorithm algorithm) {
  const SigningKey key = SigningKey::generate(algorithm);
  const Bytes message(1024, 7);
  for (auto _ : state) benchmark::DoNotOptimize(key.sign(message));
}
BENCHMARK_CAPTURE(sign, es256, Algorithm::es256)->Name("key/sign/alg=es256");
BENCHMARK_CAPTURE(sign, eddsa, Algorithm::eddsa)->Name("key/sign/alg=eddsa");

void verify_with(benchmark::State& state, Algorithm algorithm) {
  const SigningKey key = SigningKey::generate(algorithm);
  const Bytes message(1024, 7);
  const Bytes signature = key.sign(message);
  for (auto _ : state) {
    if (!verify(key.public_key(), message, signature)) state.SkipWithError("does not verify");
  }
}
BENCHMARK_CAPTURE(verify_with, es256, Algorithm::es256)->Name("key/verify/alg=es256");
BENCHMARK_CAPTURE(verify_with, eddsa, Algorithm::eddsa)->Name("key/verify/alg=eddsa");

// The same work by OpenSSL alone, its context made once and the signature kept in DER.
void verify_openssl(benchmark::State& state) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const Digest digest = sha256(Bytes(1024, 7));
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
      EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr), EVP_PKEY_CTX_free);
  Bytes der(80);
  std::size_t size = der.size();
  EVP_PKEY_sign_init(context.get());
  EVP_PKEY_sign(context.get(), der.data(), &size, digest.bytes.data(), digest.bytes.size());
  EVP_PKEY_verify_init(context.get());
  for (auto _ : state) {
    if (EVP_PKEY_verify(context.get(), der.data(), size, digest.bytes.data(),
                        digest.bytes.size()) != 1) {
      state.SkipWithError("does not verify");
    }
  }
}
BENCHMARK(verify_openssl)->Name("openssl/verify/alg=es256");

void parse_key(benchmark::State& state, Algorithm algorithm) {
  const Bytes cose_key = SigningKey::generate(algorithm).public_key().cose_key();
  for (auto _ : state) benchmark::DoNotOptimize(PublicKey::parse(cose_key));
}
BENCHMARK_CAPTURE(parse_key, es256, Algorithm::es256)->Name("key/parse/alg=es256");
BENCHMARK_CAPTURE(parse_key, eddsa, Algorithm::eddsa)->Name("key/parse/alg=eddsa");

Bytes sample_statement() {
  const SigningKey key = SigningKey::generate(Algorithm::eddsa);
  const cose::Claims claims{.issuer = "https://verifier.example",
                            .subject = "urn:uuid:6ba7b810-9dad-41d1-80b4-00c04fd430c8",
                            .audience = "urn:footproof:" + Digest{}.hex(),
                            .issued_at = 1'800'000'000};
  cbor::Writer payload;
  payload.map(3).integer(1).uint(1).integer(2).array(2).digest(Digest{}).uint(1);
  payload.integer(3).array(2).text("https://body.example").text("KAB-001");
  return cose::Sign1::sign(key, "application/vnd.footproof.attestation+cbor", claims,
                           payload.view())
      .value()
      .bytes();
}

void parse_statement(benchmark::State& state) {
  const Bytes bytes = sample_statement();
  for (auto _ : state) benchmark::DoNotOptimize(cose::Sign1::parse(bytes));
}
BENCHMARK(parse_statement)->Name("cose/parse");

void check_cbor(benchmark::State& state) {
  cbor::Writer out;
  out.array(1000);
  for (std::uint64_t i = 0; i < 1000; ++i) out.array(2).uint(i).digest(Digest{});
  for (auto _ : state) benchmark::DoNotOptimize(cbor::check(out.view()));
  state.SetItemsProcessed(state.iterations() * 3001);
}
BENCHMARK(check_cbor)->Name("cbor/check/items=3001");

}  // namespace
}  // namespace footproof
