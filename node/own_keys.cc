#include "node/own_keys.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "node/log.h"
#include "node/tls.h"

namespace footproof::node {
namespace {

constexpr std::size_t kKeyFileSizeMax = std::size_t{16} * 1024;
constexpr std::size_t kCertificateSizeMax = std::size_t{64} * 1024;
constexpr std::size_t kRingsMax = 16;  // sets of keys that one process has come to hold

Result<SigningKey> load_key(const std::filesystem::path& file) {
  struct stat facts {};
  if (::stat(file.c_str(), &facts) == 0 && (facts.st_mode & 077U) != 0) {
    return fail(Errc::bad_value,
                fmt::format("{} can be read by others; run chmod 600 on it", file.string()));
  }
  auto pem = read_file(file, kKeyFileSizeMax);
  if (!pem) return fail(pem.error());
  auto key = SigningKey::from_pem(as_text(*pem), std::nullopt);
  wipe(*pem);
  if (!key) return fail(file.string(), key.error());
  return key;
}

struct KeyFiles {
  std::filesystem::path vote, cosign, log, tls_key, tls_certificate;
};

Result<OwnKeys> load_keys(const KeyFiles& files) {
  auto vote = load_key(files.vote);
  if (!vote) return fail(vote.error());
  auto cosign = load_key(files.cosign);
  if (!cosign) return fail(cosign.error());
  auto log = load_key(files.log);
  if (!log) return fail(log.error());
  const auto certificate = read_file(files.tls_certificate, kCertificateSizeMax);
  if (!certificate) return fail(certificate.error());
  const auto pin = certificate_pin(as_text(*certificate));
  if (!pin) return fail(files.tls_certificate.string(), pin.error());
  const auto end = certificate_end(as_text(*certificate));
  if (!end) return fail(files.tls_certificate.string(), end.error());
  return OwnKeys{*std::move(vote),
                 *std::move(cosign),
                 *std::move(log),
                 *pin,
                 files.tls_key,
                 files.tls_certificate,
                 *end};
}

}  // namespace

bool names(const Member& member, const OwnKeys& keys) {
  return member.vote_key == keys.vote.public_key() &&
         member.cosign_key == keys.cosign.public_key() && member.log_key == keys.log.public_key() &&
         member.tls_pin == keys.tls_pin;
}

Result<LinkKeys> link_keys(const OwnKeys& keys) {
  auto client = make_tls_context(TlsRole::client, keys.tls_key, keys.tls_certificate);
  if (!client) return fail(client.error());
  auto server = make_tls_context(TlsRole::server, keys.tls_key, keys.tls_certificate);
  if (!server) return fail(server.error());
  return LinkKeys{[&keys](ByteView message) { return keys.vote.sign(message); }, *std::move(client),
                  *std::move(server)};
}

std::string certificate_warning(const OwnKeys& keys, std::uint64_t wall_ms) {
  constexpr std::uint64_t kDay = 86400;
  const std::uint64_t now = wall_ms / 1000;
  const std::uint64_t left = keys.tls_ends_s > now ? keys.tls_ends_s - now : 0;
  if (left >= static_cast<std::uint64_t>(kCertificateWarning.count()) * kDay) return {};
  return fmt::format(
      "{} ends in {} days, and no link comes up afterwards: make a new one for the "
      "same key",
      keys.tls_certificate.string(), left / kDay);
}

std::string observer_text(std::string_view why, const KeyRing& keys) {
  std::string text = fmt::format("{}\n", why);
  for (const auto& one : keys.all()) {
    text += fmt::format("key {}\n", to_hex(one->vote.public_key().raw()));
  }
  return text;
}

Result<bool> is_marked(const DataFolder& folder, const Digest& chain_id, const KeyRing& keys) {
  Result<bool> marked = false;
  for (const auto& one : keys.all()) {
    marked = folder.has_marker(chain_id, one->vote.public_key().raw());
    if (marked || marked.error().code != Errc::mismatch) return marked;
  }
  return marked;
}

Result<bool> is_marked(const DataFolder& folder, const Digest& chain_id, const Config& config) {
  if (config.follows()) return folder.has_marker(chain_id, {});
  const auto keys = KeyRing::load(config);
  if (!keys) return fail(keys.error());
  return is_marked(folder, chain_id, *keys);
}

KeyRing::KeyRing(OwnKeys keys) {
  rings_.push_back(std::make_unique<const OwnKeys>(std::move(keys)));
}

Result<KeyRing> KeyRing::load(const Config& config) {
  auto keys = load_keys(
      {config.vote_key, config.cosign_key, config.log_key, config.tls_key, config.tls_certificate});
  if (!keys) return fail(keys.error());
  KeyRing ring(*std::move(keys));
  ring.next_ = config.next_keys;
  ring.read_next();
  return ring;
}

const OwnKeys* KeyRing::find(const Member& member) {
  const auto look = [&]() -> const OwnKeys* {
    const auto found =
        std::ranges::find_if(rings_, [&member](const auto& keys) { return names(member, *keys); });
    return found == rings_.end() ? nullptr : found->get();
  };
  if (const auto* found = look()) return found;
  read_next();
  return look();
}

const OwnKeys* KeyRing::find(const PublicKey& vote_key) const {
  const auto found = std::ranges::find_if(
      rings_, [&vote_key](const auto& keys) { return keys->vote.public_key() == vote_key; });
  return found == rings_.end() ? nullptr : found->get();
}

void KeyRing::read_next() {
  std::error_code ignored;
  if (next_.empty() || !std::filesystem::is_directory(next_, ignored)) return;
  auto keys = load_keys({next_ / "vote.pem", next_ / "cosign.pem", next_ / "log.pem",
                         next_ / "tls.pem", next_ / "tls.crt"});
  if (!keys) {
    log(LogLevel::warning, "next_keys", {{"why", keys.error().detail}});
    return;
  }
  add(*std::move(keys));
}

void KeyRing::add(OwnKeys keys) {
  const bool known = std::ranges::any_of(rings_, [&keys](const auto& one) {
    return one->vote.public_key() == keys.vote.public_key() && one->tls_pin == keys.tls_pin;
  });
  if (known || rings_.size() >= kRingsMax) return;
  rings_.push_back(std::make_unique<const OwnKeys>(std::move(keys)));
}

}  // namespace footproof::node
