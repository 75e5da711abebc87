// footproof key: makes and shows the key files of parties. The private half stays in its file,
// encrypted (PKCS#8, scrypt); what is printed is public.
#include "attest/key.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "api/cli/command.h"
#include "attest/digest.h"
#include "token/token_key.h"

namespace footproof::api {
namespace {

constexpr std::size_t kKeyFileSizeMax = std::size_t{64} * 1024;
constexpr std::size_t kPassphraseSizeMin = 8;

struct KeyOptions {
  std::string path;
  std::string token;
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
  if (options.path.empty()) {
    return fail(Errc::usage,
                "--output FILE or --key pkcs11:…: say where the new key is to "
                "live; see footproof key new --help");
  }
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

Result<SigningKey> open_key_file(const std::string& path, const std::string& passphrase_file) {
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

// The PIN, by the same means as a passphrase: never on the command line.
token::AskPin ask_pin(const std::string& passphrase_file) {
  return [passphrase_file](const std::string& token_label) {
    return read_passphrase(passphrase_file, "PIN of token " + token_label, false);
  };
}

Result<void> make_token_key(const KeyOptions& options, bool json) {
  if (options.algorithm != "es256") {
    return fail(Errc::usage, "--algorithm: a key on a token is es256");
  }
  const auto key = token::TokenKey::generate(options.token, ask_pin(options.passphrase_file));
  if (!key) return fail(key.error());
  print_key((*key)->public_key(), options.token, json);
  return {};
}

Result<void> show_key(const KeyOptions& options, bool json) {
  const auto key = open_key(options.path, options.passphrase_file);
  if (!key) return fail(key.error());
  print_key((*key)->public_key(), options.path, json);
  return {};
}

}  // namespace

Result<std::unique_ptr<Signer>> open_key(const std::string& name,
                                         const std::string& passphrase_file) {
  if (token::is_token_uri(name)) {
    auto key = token::TokenKey::open(name, ask_pin(passphrase_file));
    if (!key) return fail(std::move(key.error()));
    return std::unique_ptr<Signer>(std::move(*key));
  }
  auto key = open_key_file(name, passphrase_file);
  if (!key) return fail(std::move(key.error()));
  return std::unique_ptr<Signer>(std::make_unique<SigningKey>(std::move(*key)));
}

void add_key_commands(CLI::App& app, Context& context) {
  auto* key = app.add_subcommand("key", "Make and show key files");
  key->require_subcommand(1);
  auto options = std::make_shared<KeyOptions>();

  auto* make = key->add_subcommand("new", "Make a key pair; the file is encrypted and mode 0600");
  make->add_option("-o,--output", options->path, "Key file to write");
  make->add_option("--key", options->token,
                   "Make it on a PKCS#11 token instead, which it never leaves: pkcs11: URI")
      ->excludes("--output")
      ->check([](const std::string& uri) {
        return token::is_token_uri(uri) ? std::string() : "a key file is named by --output";
      });
  make->add_option("--algorithm", options->algorithm, "es256 (the baseline) or eddsa")
      ->check(CLI::IsMember({"es256", "eddsa"}))
      ->capture_default_str();
  make->add_option("--passphrase-file", options->passphrase_file, kPassphraseHelp);
  make->footer(
      "Examples:\n  footproof key new -o verifier-sign.pem\n"
      "  footproof key new --key 'pkcs11:token=Body;object=sign'\n");
  make->callback([options, &context] {
    const auto done = options->token.empty() ? make_key(*options, context.json)
                                             : make_token_key(*options, context.json);
    if (!done) {
      context.exit_code = report(done.error());
    }
  });

  auto* show = key->add_subcommand("show", "Print the public half and the key id");
  show->add_option("KEY", options->path, "Key file, or pkcs11: URI")->required();
  show->add_option("--passphrase-file", options->passphrase_file, kPassphraseHelp);
  show->footer("Example:\n  footproof key show verifier-sign.pem --json\n");
  show->callback([options, &context] {
    if (const auto done = show_key(*options, context.json); !done) {
      context.exit_code = report(done.error());
    }
  });
}

}  // namespace footproof::api
