// footproof key: makes and shows the key files of parties. The private half stays in its file,
// encrypted (PKCS#8, scrypt); what is printed is public.
#include "attest/key.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "api/cli/command.h"
#include "attest/digest.h"

namespace footproof::api {
namespace {

constexpr std::size_t kKeyFileSizeMax = std::size_t{64} * 1024;
constexpr std::size_t kPassphraseSizeMin = 8;

struct KeyOptions {
  std::string path;
  std::string algorithm = "es256";
  std::string passphrase_file;
};

void wipe_text(std::string& text) {
  wipe(std::span(reinterpret_cast<std::uint8_t*>(text.data()), text.size()));
}

void print_key(const PublicKey& key, const std::string& path, bool json) {
  if (json) {
    nlohmann::ordered_json shown;
    shown["file"] = path;
    shown["algorithm"] = to_text(key.algorithm());
    shown["kid"] = key.kid().hex();
    shown["cose_key"] = to_hex(key.cose_key());
    std::cout << shown.dump(2) << '\n';
    return;
  }
  std::cout << "key file    " << path << '\n'
            << "algorithm   " << to_text(key.algorithm()) << '\n'
            << "key id      " << key.kid().hex() << '\n'
            << "public key  " << to_hex(key.cose_key()) << '\n';
}

Result<void> make_key(const KeyOptions& options, bool json) {
  auto passphrase = read_passphrase(options.passphrase_file, "Passphrase for the new key", true);
  if (!passphrase) return fail(std::move(passphrase.error()));
  if (passphrase->size() < kPassphraseSizeMin) {
    return fail(Errc::usage, "passphrase: shorter than 8 bytes; choose a longer one");
  }
  const auto key =
      SigningKey::generate(options.algorithm == "eddsa" ? Algorithm::eddsa : Algorithm::es256);
  std::string pem = key.to_pem(*passphrase);
  wipe_text(*passphrase);
  const auto written = write_file(options.path, as_bytes(pem), 0600, Overwrite::no);
  wipe_text(pem);
  if (!written) return fail(written.error());
  print_key(key.public_key(), options.path, json);
  return {};
}

Result<void> show_key(const KeyOptions& options, bool json) {
  const auto key = open_key(options.path, options.passphrase_file);
  if (!key) return fail(key.error());
  print_key(key->public_key(), options.path, json);
  return {};
}

}  // namespace

Result<SigningKey> open_key(const std::string& path, const std::string& passphrase_file) {
  auto pem = read_file(path, kKeyFileSizeMax);
  if (!pem) return fail(std::move(pem.error()));
  // A validator's own keys are not encrypted; asking for their passphrase would only puzzle.
  std::optional<std::string> passphrase;
  if (as_text(*pem).find("BEGIN ENCRYPTED PRIVATE KEY") != std::string_view::npos) {
    auto asked = read_passphrase(passphrase_file, "Passphrase of " + path, false);
    if (!asked) return fail(std::move(asked.error()));
    passphrase = std::move(*asked);
  }
  auto key = SigningKey::from_pem(as_text(*pem), passphrase);
  wipe(*pem);
  if (passphrase) wipe_text(*passphrase);
  if (!key) return fail(path, std::move(key.error()));
  return key;
}

void add_key_commands(CLI::App& app, Context& context) {
  auto* key = app.add_subcommand("key", "Make and show key files");
  key->require_subcommand(1);
  auto options = std::make_shared<KeyOptions>();

  auto* make = key->add_subcommand("new", "Make a key pair; the file is encrypted and mode 0600");
  make->add_option("-o,--output", options->path, "Key file to write")->required();
  make->add_option("--algorithm", options->algorithm, "es256 (the baseline) or eddsa")
      ->check(CLI::IsMember({"es256", "eddsa"}))
      ->capture_default_str();
  make->add_option("--passphrase-file", options->passphrase_file,
                   "Read the passphrase from this file's first line instead of asking");
  make->footer("Example:\n  footproof key new -o verifier-sign.pem\n");
  make->callback([options, &context] {
    if (const auto done = make_key(*options, context.json); !done) {
      context.exit_code = report(done.error());
    }
  });

  auto* show = key->add_subcommand("show", "Print the public half and the key id");
  show->add_option("FILE", options->path, "Key file")->required();
  show->add_option("--passphrase-file", options->passphrase_file,
                   "Read the passphrase from this file's first line instead of asking");
  show->footer("Example:\n  footproof key show verifier-sign.pem --json\n");
  show->callback([options, &context] {
    if (const auto done = show_key(*options, context.json); !done) {
      context.exit_code = report(done.error());
    }
  });
}

}  // namespace footproof::api
