#include "api/cli/key_request.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "attest/cbor.h"
#include "attest/check.h"
#include "attest/identifier.h"

namespace footproof::api {
namespace {

constexpr std::string_view kTag = "footproof/key-request/v1";

}  // namespace

Result<PartyRole> parse_party_role(const std::string& text) {
  for (const PartyRole role : {PartyRole::accreditation_body, PartyRole::association,
                               PartyRole::scheme_owner, PartyRole::dataset_operator}) {
    // On a command line the words are joined.
    std::string name(to_text(role));
    std::ranges::replace(name, ' ', '-');
    if (name == text) return role;
  }
  return fail(Errc::usage,
              "--role: accreditation-body, association, scheme-owner or "
              "dataset-operator, not " +
                  text);
}

Result<KeyUsage> parse_usage(const std::string& text) {
  for (const KeyUsage usage : {KeyUsage::sign, KeyUsage::status}) {
    if (to_text(usage) == text) return usage;
  }
  return fail(Errc::usage, "--usage: sign or status, not " + text);
}

Result<NewKey> make_new_key(const Signer& key, const Digest& context, const std::string& party,
                            KeyUsage usage) {
  NewKey made{key.public_key(), usage, {}};
  const auto proof = try_possession_proof(key, context, party, to_text(usage));
  if (!proof) return fail(proof.error());
  CHECK(proof->size() == made.proof.size());
  std::copy(proof->begin(), proof->end(), made.proof.begin());
  return made;
}

Result<KeyRequest> make_key_request(const Signer& key, const Digest& chain_id,
                                    const std::string& party, KeyUsage usage) {
  auto added = make_new_key(key, chain_id, party, usage);
  if (!added) return fail(std::move(added.error()));
  return KeyRequest{party, std::move(*added)};
}

Bytes encode_key_request(const KeyRequest& request) {
  cbor::Writer out;
  out.array(request.certificate_chain ? 6 : 5);
  out.text(kTag).text(request.party).raw(request.added.key.cose_key());
  out.uint(static_cast<std::uint64_t>(request.added.usage)).bytes(request.added.proof);
  if (request.certificate_chain) out.digest(*request.certificate_chain);
  return std::move(out).take();
}

Result<KeyRequest> parse_key_request(ByteView bytes) {
  cbor::Reader in(bytes, "key request");
  const bool with_chain = in.array_between(5, 6) == 6;
  in.text_equal(kTag);
  const std::string party(in.field("party").text(kUriSizeMax));
  const auto key = read_public_key(in.field("key"));
  const auto usage = static_cast<KeyUsage>(in.field("usage").uint_up_to(1));
  const ByteView proof = in.field("proof").bytes_of(kSignatureSize);
  std::optional<Digest> chain;
  if (with_chain) chain = in.field("x5t").digest();
  if (auto done = in.finish(); !done) return fail(std::move(done.error()));
  if (!is_party_uri(party)) return fail(Errc::bad_value, "key request: party: no party URI");
  KeyRequest request{party, {*key, usage, {}}, chain};
  std::copy(proof.begin(), proof.end(), request.added.proof.begin());
  return request;
}

}  // namespace footproof::api
