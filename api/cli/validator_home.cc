#include "api/cli/validator_home.h"

#include <sys/stat.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "api/cli/command.h"
#include "api/cli/tls_files.h"
#include "attest/check.h"
#include "attest/digest.h"
#include "attest/identifier.h"
#include "attest/key.h"
#include "attest/note.h"

namespace footproof::api {
namespace {

Result<void> make_private_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return fail(Errc::io, folder.string() + ": cannot create: " + error.message());
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  if (error) return fail(Errc::io, folder.string() + ": cannot make private: " + error.message());
  return {};
}

Result<void> write_secret(const std::filesystem::path& path, std::string& secret) {
  const auto written = write_file(path.string(), as_bytes(secret), 0600, Overwrite::no);
  wipe(std::span(reinterpret_cast<std::uint8_t*>(secret.data()), secret.size()));
  if (!written) return fail(written.error());
  return {};
}

// Makes a key, writes it, and proves its possession for a genesis file.
Result<PublicKey> make_role_key(const std::filesystem::path& keys, const ValidatorNames& names,
                                std::string_view role, PossessionProof& proof) {
  const SigningKey key = SigningKey::generate(Algorithm::eddsa);
  const Bytes made = make_possession_proof(
      key, ledger::genesis_possession_context(names.domain, names.network), names.id, role);
  CHECK(made.size() == proof.size());
  std::copy(made.begin(), made.end(), proof.begin());
  std::string pem = key.to_pem(std::nullopt);
  if (const auto written = write_secret(keys / (std::string(role) + ".pem"), pem); !written) {
    return fail(written.error());
  }
  return key.public_key();
}

}  // namespace

Result<ledger::ValidatorDescriptor> make_validator_home(const std::filesystem::path& home,
                                                        const ValidatorNames& names) {
  if (!is_id(names.id)) return fail(Errc::usage, "--id: 1 to 64 of A-Z a-z 0-9 . _ -");
  if (!is_party_uri(names.party)) {
    return fail(Errc::usage, "--party: a URI in lower case, e.g. https://battery.example");
  }
  if (const auto origin = make_origin(names.domain, names.network, Digest{}); !origin) {
    return fail(Errc::usage, origin.error().detail);
  }
  const auto keys = home / "keys";
  if (const auto made = make_private_folder(home); !made) return fail(made.error());
  if (const auto made = make_private_folder(keys); !made) return fail(made.error());
  PossessionProof vote_proof{};
  PossessionProof cosign_proof{};
  PossessionProof log_proof{};
  const auto vote = make_role_key(keys, names, role::kVote, vote_proof);
  if (!vote) return fail(vote.error());
  const auto cosign = make_role_key(keys, names, role::kCosign, cosign_proof);
  if (!cosign) return fail(cosign.error());
  const auto log = make_role_key(keys, names, role::kLog, log_proof);
  if (!log) return fail(log.error());
  auto tls = make_tls_files(names.id);
  if (!tls) return fail(tls.error());
  if (const auto written = write_secret(keys / "tls.pem", tls->key_pem); !written) {
    return fail(written.error());
  }
  const auto certificate =
      write_file((keys / "tls.crt").string(), as_bytes(tls->certificate_pem), 0644, Overwrite::no);
  if (!certificate) return fail(certificate.error());

  ledger::ValidatorDescriptor descriptor{
      names.domain,
      names.network,
      {names.id, names.party, *vote, *cosign, *log, tls->pin, vote_proof, cosign_proof, log_proof}};
  const Bytes encoded = ledger::encode(descriptor);
  // What others will refuse shall not leave this machine.
  if (const auto parsed = ledger::parse_validator_descriptor(encoded); !parsed) {
    return fail(Errc::usage, parsed.error().detail);
  }
  const auto written =
      write_file((home / (names.id + ".validator")).string(), encoded, 0644, Overwrite::no);
  if (!written) return fail(written.error());
  return descriptor;
}

Result<void> write_config(const std::filesystem::path& home, const HomeConfig& config) {
  std::string text =
      "# Configuration of footproofd; docs/operating.md names every key.\n"
      "[node]\n"
      "validator = \"" +
      config.id + "\"\n";
  for (const std::string& url : config.follow) {
    text += &url == &config.follow.front() ? "follow = [\"" : ", \"";
    text += url + '"';
  }
  if (!config.follow.empty()) text += "]\n";
  text += "\n[mesh]\nlisten = \"" + config.mesh_listen + "\"\n";
  for (const PeerAddress& peer : config.peers) {
    text +=
        "\n[[mesh.peer]]\nvalidator = \"" + peer.id + "\"\naddress = \"" + peer.address + "\"\n";
  }
  text += "\n[http]\nlisten = \"" + config.http_listen + "\"\nconnections_per_address_max = " +
          std::to_string(config.connections_per_address_max) + "\n";
  const auto written =
      write_file((home / "config.toml").string(), as_bytes(text), 0644, Overwrite::no);
  if (!written) return fail(written.error());
  return {};
}

}  // namespace footproof::api
