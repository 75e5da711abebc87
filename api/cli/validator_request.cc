#include "api/cli/validator_request.h"

#include <algorithm>
#include <optional>
#include <system_error>
#include <utility>

#include "api/cli/command.h"
#include "api/cli/inspect.h"
#include "attest/admission.h"
#include "attest/cbor.h"
#include "attest/check.h"
#include "attest/key.h"
#include "ledger/genesis.h"

namespace footproof::api {
namespace {

constexpr std::string_view kTag = "footproof/validator-request/v1";

Result<void> check_proof(const ValidatorRequest& request, const PublicKey& key,
                         std::string_view role, const PossessionProof& proof) {
  if (verify_possession_proof(key, request.chain_id, request.validator.id, role, proof)) return {};
  return fail(Errc::bad_signature, "validator request: the proof of possession of the " +
                                       std::string(role) + " key does not verify");
}

// The one descriptor in the folder says who the keys are for.
Result<ledger::ValidatorDescriptor> descriptor_in(const std::filesystem::path& home) {
  std::optional<std::filesystem::path> found;
  std::error_code error;
  for (auto entry = std::filesystem::directory_iterator(home, error);
       !error && entry != std::filesystem::end(entry); entry.increment(error)) {
    if (entry->path().extension() != ".validator") continue;
    if (found) return fail(Errc::usage, home.string() + ": holds more than one .validator file");
    found = entry->path();
  }
  if (!found) {
    return fail(Errc::usage, home.string() +
                                 ": no .validator file; make a home folder with footproof "
                                 "validator new");
  }
  const auto bytes = read_file(found->string(), kValidatorRequestSizeMax);
  if (!bytes) return fail(bytes.error());
  auto descriptor = ledger::parse_validator_descriptor(*bytes);
  if (!descriptor)
    return fail(wrong_file(found->string(), *bytes, "validator descriptor", descriptor.error()));
  return descriptor;
}

// The key in the folder must be the one of the descriptor, whose TLS pin belongs to it.
Result<void> prove(const std::filesystem::path& home, const Digest& chain_id, const std::string& id,
                   std::string_view role, const PublicKey& key, PossessionProof& proof) {
  const std::string path = (home / "keys" / (std::string(role) + ".pem")).string();
  const auto signer = open_key(path, "");
  if (!signer) return fail(signer.error());
  if ((*signer)->public_key() != key) {
    return fail(Errc::mismatch, path + ": is not the key that the .validator file names");
  }
  const auto made = try_possession_proof(**signer, chain_id, id, role);
  if (!made) return fail(made.error());
  CHECK(made->size() == proof.size());
  std::ranges::copy(*made, proof.begin());
  return {};
}

}  // namespace

Bytes encode(const ValidatorRequest& request) {
  cbor::Writer out;
  out.array(3).text(kTag).digest(request.chain_id);
  fields::write(out, request.validator);
  return std::move(out).take();
}

Result<ValidatorRequest> parse_validator_request(ByteView bytes) {
  if (bytes.size() > kValidatorRequestSizeMax) {
    return fail(Errc::bad_length, "validator request: longer than 16 KiB");
  }
  cbor::Reader in(bytes, "validator request");
  in.array_of(3);
  in.text_equal(kTag);
  const Digest chain_id = in.field("chain id").digest();
  auto validator = fields::validator(in);
  if (auto done = in.finish(); !done) return fail(std::move(done.error()));
  if (!validator) return fail(Errc::malformed, "validator request: no validator");
  ValidatorRequest request{chain_id, std::move(*validator)};
  const ValidatorProposal& of = request.validator;
  if (auto good = check_proof(request, of.vote_key, role::kVote, of.vote_proof); !good) {
    return fail(good.error());
  }
  if (auto good = check_proof(request, of.cosign_key, role::kCosign, of.cosign_proof); !good) {
    return fail(good.error());
  }
  if (auto good = check_proof(request, of.log_key, role::kLog, of.log_proof); !good) {
    return fail(good.error());
  }
  return request;
}

Result<ValidatorRequest> make_validator_request(const std::filesystem::path& home,
                                                const Digest& chain_id) {
  auto descriptor = descriptor_in(home);
  if (!descriptor) return fail(descriptor.error());
  ValidatorRequest request{chain_id, std::move(descriptor->validator)};
  ValidatorProposal& of = request.validator;
  if (auto done = prove(home, chain_id, of.id, role::kVote, of.vote_key, of.vote_proof); !done) {
    return fail(done.error());
  }
  if (auto done = prove(home, chain_id, of.id, role::kCosign, of.cosign_key, of.cosign_proof);
      !done) {
    return fail(done.error());
  }
  if (auto done = prove(home, chain_id, of.id, role::kLog, of.log_key, of.log_proof); !done) {
    return fail(done.error());
  }
  return request;
}

}  // namespace footproof::api
