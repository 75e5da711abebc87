// Checkpoints and inclusion proofs inside Sigstore bundles: another log's notes, with ECDSA and
// Ed25519 keys, cosigners we do not know, and origins of another shape.
#include <gtest/gtest.h>

#include "attest/merkle.h"
#include "attest/note.h"
#include "tests/support/vectors.h"

namespace footproof {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

Bytes base64(const json& text) {
  const auto bytes = from_base64(text.get<std::string>());
  EXPECT_TRUE(bytes.has_value());
  return bytes ? *bytes : Bytes{};
}

// The keys of a trusted root's logs; the key is known under the origin's first word.
std::vector<NoteKey> log_keys(const json& trusted_root) {
  std::vector<NoteKey> keys;
  for (const json& log : trusted_root.at("tlogs")) {
    const Bytes info = base64(log.at("publicKey").at("rawBytes"));
    const std::string url = log.at("baseUrl").get<std::string>();
    const std::string name = url.substr(url.find("//") + 2);
    const bool ecdsa = log.at("publicKey").at("keyDetails") == "PKIX_ECDSA_P256_SHA_256";
    const ByteView raw = ByteView(info).last(ecdsa ? 64 : 32);
    auto key =
        ecdsa ? PublicKey::from_p256(raw.first(32), raw.subspan(32)) : PublicKey::from_ed25519(raw);
    EXPECT_TRUE(key.has_value());
    if (!key) continue;
    auto made =
        NoteKey::make(name, ecdsa ? NoteKeyType::ecdsa : NoteKeyType::ed25519, std::move(*key));
    EXPECT_TRUE(made.has_value());
    if (!made) continue;
    // Sigstore computes the same key ids as we do.
    EXPECT_EQ(made->id(), ByteReader(base64(log.at("logId").at("keyId"))).u32()) << name;
    keys.push_back(std::move(*made));
  }
  return keys;
}

// Everything the proof needs is there, the log signed the checkpoint, and the leaf leads to its
// root.
Result<void> judge(const json& entry, std::span<const NoteKey> keys) {
  const json proof = entry.value("inclusionProof", json::object());
  if (!proof.contains("checkpoint")) return fail(Errc::not_found, "no checkpoint");
  const std::string envelope = proof.at("checkpoint").at("envelope").get<std::string>();
  const auto note = parse_note(as_bytes(envelope));
  if (!note) return fail(note.error());
  const auto checkpoint = parse_checkpoint(note->text);
  if (!checkpoint) return fail(checkpoint.error());
  const auto lines = verify_note(*note, keys);
  if (!lines) return fail(lines.error());
  if (lines->empty()) return fail(Errc::bad_signature, "no line by the log");
  const std::string& signer = keys[lines->front().key].name();
  if (!checkpoint->origin.starts_with(signer)) return fail(Errc::mismatch, "another origin");
  std::vector<Digest> path;
  for (const json& hash : proof.at("hashes")) {
    const auto digest = to_digest(base64(hash));
    if (!digest) return fail(digest.error());
    path.push_back(*digest);
  }
  const auto index = std::stoull(proof.at("logIndex").get<std::string>());
  return verify_inclusion(leaf_hash(base64(entry.at("canonicalizedBody"))), index, checkpoint->size,
                          path, checkpoint->root);
}

TEST(SigstoreCheckpoints, AcceptsAndRefusesEveryCaseAsMarked) {
  const auto folder = testing::vector_folder("sigstore-checkpoints");
  FOOTPROOF_REQUIRE_FOLDER(folder);
  const fs::path public_root =
      folder / "trust-root-tlog-validity-end-inclusive" / "trusted_root.json";
  std::size_t count = 0;
  for (const auto& at : fs::directory_iterator(folder)) {
    if (!at.is_directory() || !fs::exists(at.path() / "bundle.sigstore.json")) continue;
    const fs::path own_root = at.path() / "trusted_root.json";
    const auto keys = log_keys(testing::read_json(fs::exists(own_root) ? own_root : public_root));
    const json bundle = testing::read_json(at.path() / "bundle.sigstore.json");
    const std::string name = at.path().filename().string();
    const auto judged = judge(bundle.at("verificationMaterial").at("tlogEntries").at(0), keys);
    EXPECT_EQ(judged.has_value(), !name.ends_with("_fail"))
        << name << ": " << (judged ? "accepted" : judged.error().detail);
    ++count;
  }
  testing::report_cases("sigstore-checkpoints", count);
}

}  // namespace
}  // namespace footproof
