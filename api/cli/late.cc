#include "api/cli/late.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <utility>
#include <vector>

#include "api/cli/describe.h"
#include "api/cli/inspect.h"
#include "attest/late_anchoring.h"

namespace footproof::api {
namespace {

struct CountersignOptions {
  std::string request;
  std::string key;
  std::string passphrase_file;
  std::string output;
};

// What the rules ask of the key, where a node can be asked: a countersignature by another key would
// be refused only once the verifier sends it.
Result<void> check_key(const PublicKey& key, const std::string& body, const Context& context) {
  if (context.nodes.empty()) {
    std::cerr << "not checked: whether the key is a sign key of " << body << "; give --node\n";
    return {};
  }
  auto client = make_client(context);
  if (!client) return fail(client.error());
  const auto bytes = state_of(*client, state_key::key(key.kid()));
  if (!bytes) return fail(bytes.error());
  const auto record = *bytes ? parse_key_record(**bytes) : fail(Errc::not_found, "");
  if (record && record->party == body && record->usage == KeyUsage::sign) return {};
  return fail(Errc::usage, "--key: " + key.kid().hex() + " is not registered as a sign key of " +
                               body + ", which the request names");
}

int countersign_request(const CountersignOptions& options, const Context& context) {
  const auto bytes = read_file(options.request, kLateRequestSizeMax);
  if (!bytes) return report(bytes.error());
  const auto request = parse_late_request(*bytes);
  if (!request) return report(wrong_file(options.request, *bytes, "late request", request.error()));
  const auto key = open_key(options.key, options.passphrase_file);
  if (!key) return report(key.error());
  const std::string& body = request->attestation.accreditation.body;
  if (auto good = check_key((*key)->public_key(), body, context); !good) {
    return report(good.error());
  }
  const auto made = countersign(**key, request->chain_id, request->issuer, request->attestation);
  if (!made) return report(made.error());
  if (const auto written = write_file(options.output, encode(*made), 0644, Overwrite::no);
      !written) {
    return report(written.error());
  }
  Facts facts = {{"countersigned", options.output}, {"issuer", request->issuer}};
  describe(request->attestation, facts);
  context.json ? void(std::cout << facts_json(facts) << '\n') : print_facts(std::cout, facts);
  return kOk;
}

}  // namespace

Result<LateRequest> make_late_request(const SignOptions& sign, Client& client,
                                      const Attestation& attestation) {
  const auto chain_id = network_of(sign.policy, client);
  if (!chain_id) return fail(chain_id.error());
  LateRequest request{*chain_id, sign.issuer, attestation};
  // What the body cannot read would come to nothing only later.
  if (const auto readable = parse_late_request(encode(request)); !readable) {
    return fail(Errc::usage, readable.error().detail);
  }
  return request;
}

int write_late_request(const std::string& path, const LateRequest& request,
                       const Context& context) {
  const Bytes bytes = encode(request);
  const bool piped = path == "-";
  const auto there = piped ? Result<Bytes>(Bytes{}) : read_file(path, kLateRequestSizeMax);
  if (!there || *there != bytes) {
    const auto written = write_file(path, bytes, 0644, Overwrite::no);
    if (!written) return report(written.error());
  }
  const std::string& body = request.attestation.accreditation.body;
  if (piped) {
    std::cerr << "have " << body << " run footproof accredit countersign on it\n";
  } else if (context.json) {
    std::cout << facts_json({{"request", path}, {"body", body}}) << '\n';
  } else {
    std::cout << "request   " << path << "\n          have " << body
              << " run footproof accredit countersign on it\n";
  }
  return kOk;
}

std::string arrangement_path(const std::string& catalogue) { return catalogue + ".arranged"; }

Result<Arrangement> read_arrangement(const std::string& path) {
  const auto bytes = read_file(path, kArrangementSizeMax);
  if (!bytes) return fail(bytes.error());
  auto arrangement = parse_arrangement(*bytes);
  if (!arrangement) return fail(wrong_file(path, *bytes, "arrangement", arrangement.error()));
  return arrangement;
}

Result<Arranged> arrange_as(const Arrangement& arrangement, const std::string& path,
                            const Members& members) {
  const std::string asked = "the late request (" + path + ")";
  std::vector<const ArrangedMember*> missing(arrangement.tree.leaves().size());
  for (const ArrangedMember& member : arrangement.members) missing[member.position] = &member;
  std::vector<std::uint64_t> positions;
  positions.reserve(members.files.size());
  for (std::size_t i = 0; i < members.files.size(); ++i) {
    const auto position = arrangement.tree.find_leaf(members.leaves[i]);
    if (!position || missing[*position] == nullptr) {
      return fail(Errc::usage, members.files[i] + ": has changed since " + asked +
                                   " was written, was not in it, or stands here twice");
    }
    missing[*position] = nullptr;
    positions.push_back(*position);
  }
  for (const ArrangedMember& member : arrangement.members) {
    if (missing[member.position] == nullptr) continue;
    return fail(Errc::usage,
                member.file + ": is in " + asked + " and not among these declarations");
  }
  return Arranged{arrangement.tree, std::move(positions)};
}

Result<void> same_request(const Arrangement& arrangement, const std::string& path,
                          const LateRequest& now) {
  if (arrangement.request == now) return {};
  const auto facts_of = [](const LateRequest& request) {
    Facts facts = {{"network", request.chain_id.hex()}, {"issuer", request.issuer}};
    describe(request.attestation, facts);
    return facts;
  };
  const Facts then_says = facts_of(arrangement.request);
  const Facts now_says = facts_of(now);
  std::string difference = "something else";
  for (std::size_t i = 0; i < std::min(then_says.size(), now_says.size()); ++i) {
    if (then_says[i] == now_says[i]) continue;
    difference = now_says[i].first + ' ' + now_says[i].second + ", not " + then_says[i].first +
                 ' ' + then_says[i].second;
    break;
  }
  return fail(Errc::usage, path + ": its late request is for another attestation; these options " +
                               "say " + difference + "; give those of the request, or another " +
                               "--output for another request");
}

Result<Countersignature> read_countersignature(const std::string& path) {
  const auto bytes = read_file(path, kLateRequestSizeMax);
  if (!bytes) return fail(bytes.error());
  auto made = parse_countersignature(*bytes);
  if (!made) return fail(wrong_file(path, *bytes, "countersignature", made.error()));
  return made;
}

void add_countersign_command(CLI::App& accredit, Context& context) {
  auto options = std::make_shared<CountersignOptions>();
  auto* command = accredit.add_subcommand(
      "countersign", "Let an attestation be recorded late, if its scheme allows it");
  command->add_option("REQUEST", options->request, "What the verifier sent")->required();
  command->add_option("--key", options->key, "The body's sign key: its file, or its pkcs11: URI")
      ->required();
  command->add_option("--passphrase-file", options->passphrase_file, kPassphraseHelp);
  command->add_option("-o,--output", options->output, "The countersignature, for the verifier")
      ->required();
  command->footer(
      "Example:\n"
      "  footproof attest coil.sealed … --issued 2026-08-01 --late-request coil.request\n"
      "  footproof accredit countersign coil.request --key body-sign.pem -o coil.countersigned\n"
      "  footproof attest coil.sealed … --issued 2026-08-01 --countersignature coil.countersigned\n"
      "The same for attest --catalogue, whose declarations must not change in between.\n"
      "footproof inspect shows a request before it is signed. With --node the key is looked up\n"
      "first; nothing that is signed leaves this machine.\n");
  command->callback(
      [options, &context] { context.exit_code = countersign_request(*options, context); });
}

}  // namespace footproof::api
