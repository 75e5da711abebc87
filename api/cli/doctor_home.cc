// footproof doctor --home: of a folder of one node. Whose keys a validator must have, the set in
// force says, which stands in its data folder; before there is one, the genesis file.
#include <sys/stat.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <optional>
#include <system_error>
#include <utility>

#include "api/cli/command.h"
#include "api/cli/doctor.h"
#include "attest/key.h"
#include "ledger/genesis.h"
#include "ledger/peek.h"

namespace footproof::api {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kKeyFileMax = std::size_t{64} * 1024;

constexpr std::array<const char*, 3> kRoles = {"vote", "cosign", "log"};

// What of config.toml matters here (docs/operating.md); footproofd --check-config reads all of it.
struct Home {
  std::string validator;  // empty: it follows
  fs::path genesis;
  fs::path data;
  std::array<fs::path, 3> keys;  // of kRoles
  fs::path next_keys;
};

Result<Home> read_home(const fs::path& home) {
  const fs::path file = home / "config.toml";
  const auto bytes = read_file(file.string(), kKeyFileMax);
  if (!bytes) return fail(bytes.error());
  toml::table config;
  try {
    config = toml::parse(as_text(*bytes));
  } catch (const toml::parse_error& error) {
    return fail(Errc::malformed, file.string() + ": " + std::string(error.description()));
  }
  const auto text = [&config](const char* key, const std::string& otherwise) {
    return config["node"][key].value_or(otherwise);
  };
  Home out;
  out.validator = text("validator", "");
  out.genesis = home / text("genesis", "genesis.cbor");
  out.data = home / text("data", "data");
  for (std::size_t i = 0; i < kRoles.size(); ++i) {
    const std::string role = kRoles[i];
    out.keys[i] = home / text((role + "_key").c_str(), "keys/" + role + ".pem");
  }
  out.next_keys = home / text("next_keys", "keys/next");
  return out;
}

// None: the key is private and can be read; `key` is it.
std::optional<Symptom> read_key(const fs::path& path, std::optional<PublicKey>& key) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) return Symptom{path.string(), Grade::fail, "is not there"};
  if ((facts.st_mode & 077U) != 0) {
    return Symptom{path.string(), Grade::fail,
                   "others may read it; chmod 600 it and think about who did"};
  }
  auto pem = read_file(path.string(), kKeyFileMax);
  if (!pem) return Symptom{path.string(), Grade::fail, pem.error().detail};
  const auto read = SigningKey::from_pem(as_text(*pem), std::nullopt);
  wipe(*pem);
  if (!read) return Symptom{path.string(), Grade::fail, read.error().detail};
  key = read->public_key();
  return std::nullopt;
}

// `expected`: what the set names, none where it does not name this validator. A changed key stands
// among the next ones until it is moved.
Symptom examine_key(const fs::path& path, const fs::path& next, const PublicKey* expected,
                    const std::string& set) {
  std::optional<PublicKey> key;
  auto trouble = read_key(path, key);
  if (!trouble && expected == nullptr) {
    return {path.string(), Grade::pass, "private; " + set + " names none for this validator"};
  }
  if (!trouble && *key == *expected) {
    return {path.string(), Grade::pass, "private, and the one that " + set + " names"};
  }
  std::error_code error;
  if (expected != nullptr && fs::exists(next, error)) {
    if (auto in_next = read_key(next, key)) return *std::move(in_next);
    if (*key == *expected) {
      return {next.string(), Grade::pass, "private, and the one that " + set + " names"};
    }
  }
  if (trouble) return *std::move(trouble);
  return {path.string(), Grade::fail,
          "is not the key that " + set + " names, nor is " + next.string() +
              "; bring that key back, or have the ballot on new ones"};
}

std::string ids_of(const ValidatorsRecord& set) {
  std::string ids;
  for (const Member& member : set.members) ids += (ids.empty() ? "" : ", ") + member.id;
  return ids;
}

void examine_validator(const Home& home, const ValidatorsRecord& set, const std::string& name,
                       std::vector<Symptom>& out) {
  const auto found = std::ranges::find(set.members, home.validator, &Member::id);
  const Member* member = found == set.members.end() ? nullptr : &*found;
  out.push_back(
      {"validator", member == nullptr ? Grade::warn : Grade::pass,
       home.validator + (member == nullptr ? ": " + name + " has " + ids_of(set) +
                                                 "; it follows, and votes once a ballot admits it"
                                           : ", in " + name)});
  std::array<const PublicKey*, 3> expected{};
  if (member != nullptr) expected = {&member->vote_key, &member->cosign_key, &member->log_key};
  for (std::size_t i = 0; i < kRoles.size(); ++i) {
    const fs::path next = home.next_keys / (std::string(kRoles[i]) + ".pem");
    out.push_back(examine_key(home.keys[i], next, expected[i], name));
  }
}

}  // namespace

std::vector<Symptom> examine_home(const fs::path& folder) {
  std::vector<Symptom> out;
  std::error_code error;
  const auto space = fs::space(folder, error);
  if (error) return {{folder.string(), Grade::fail, "cannot look into it: " + error.message()}};
  out.push_back(disk_symptom("disk of " + folder.string(), space.available));
  const auto home = read_home(folder);
  if (!home) {
    out.push_back({"configuration", Grade::fail, home.error().detail});
    return out;
  }
  const auto bytes = read_file(home->genesis.string(), ledger::kGenesisSizeMax);
  const auto genesis =
      bytes ? ledger::parse_genesis(*bytes) : Result<ledger::Genesis>(fail(bytes.error()));
  if (!genesis) {
    out.push_back({"genesis", Grade::fail, genesis.error().detail});
    return out;
  }
  const Digest chain_id = ledger::chain_id_of(*bytes);
  out.push_back({"genesis", Grade::pass, "chain id " + chain_id.hex()});
  if (home->validator.empty()) {
    out.push_back({"node", Grade::pass, "follows others: it needs no key"});
    return out;
  }
  auto set = ledger::peek_validators(home->data / "ledger");
  if (!set) {
    out.push_back(
        {"validator", Grade::warn,
         "its keys are not judged: the set in force cannot be read: " + set.error().detail});
    return out;
  }
  if (*set) {
    examine_validator(*home, **set, "the set of epoch " + std::to_string((*set)->epoch), out);
    return out;
  }
  const auto first = ledger::first_validators(*genesis, chain_id);
  if (!first) {
    out.push_back({"genesis", Grade::fail, first.error().detail});
    return out;
  }
  examine_validator(*home, *first, "the genesis file", out);
  return out;
}

}  // namespace footproof::api
