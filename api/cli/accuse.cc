// footproof accuse: one file that proves, to anybody with the trust policy, which validators signed
// what exclude each other: from two heads, from two votes, or from what a node has seen.
#include "api/cli/accuse.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "api/cli/inspect.h"
#include "api/cli/submitting.h"
#include "api/client/log_stream.h"
#include "attest/accusation.h"
#include "attest/note.h"
#include "attest/printable.h"

namespace footproof::api {
namespace {

struct AccuseOptions {
  std::vector<std::string> files;
  std::string policy;
  std::string output;
};

// The log of a node that has both sizes: where it holds another root at the smaller one, the larger
// head does not continue the smaller.
Result<std::optional<PrefixProof>> find_prefix(const Checkpoint& first, const Checkpoint& second,
                                               Client& client) {
  LogStream stream(client, nullptr, {});
  std::optional<Digest> root;
  auto read = stream.advance_to(second, [&](const StreamEntry&) -> Result<void> {
    if (stream.size() == first.size) root = stream.root();
    return {};
  });
  if (!read) return fail(read.error());
  if (!root || *root == first.root) return std::optional<PrefixProof>();
  const auto answer = client.get("/v1/proofs/consistency?from=" + std::to_string(first.size) +
                                     "&to=" + std::to_string(second.size),
                                 std::size_t{64} * 1024);
  if (!answer) return fail(answer.error());
  const auto json = nlohmann::json::parse(answer->body, nullptr, false);
  PrefixProof prefix{*root, {}};
  if (!json.is_object() || !json.contains("path") || !json["path"].is_array()) {
    return fail(Errc::malformed, answer->node + ": not a consistency proof");
  }
  for (const auto& item : json["path"]) {
    const auto bytes = from_base64(item.is_string() ? item.get<std::string>() : std::string());
    const auto hash = bytes ? to_digest(*bytes) : Result<Digest>(fail(bytes.error()));
    if (!hash) return fail(Errc::malformed, answer->node + ": not a consistency proof");
    prefix.path.push_back(*hash);
  }
  return std::optional(std::move(prefix));
}

Result<Checkpoint> head_of(const std::string& path, ByteView bytes) {
  const auto note = parse_note(bytes);
  if (!note) return fail(wrong_file(path, bytes, "signed note", note.error()));
  auto checkpoint = parse_checkpoint(note->text);
  if (!checkpoint) return fail(wrong_file(path, checkpoint.error()));
  return checkpoint;
}

Result<Accusation> accuse_heads(const AccuseOptions& options, const Bytes& a, const Bytes& b,
                                const Context& context) {
  auto first = head_of(options.files[0], a);
  if (!first) return fail(first.error());
  auto second = head_of(options.files[1], b);
  if (!second) return fail(second.error());
  HeadAccusation accusation{std::string(as_text(a)), std::string(as_text(b)), {}};
  if (first->size > second->size) {
    std::swap(first, second);
    std::swap(accusation.first, accusation.second);
  }
  if (first->size != second->size && !context.nodes.empty()) {
    auto client = make_client(context);
    if (!client) return fail(client.error());
    auto prefix = find_prefix(*first, *second, *client);
    if (!prefix) return fail(prefix.error());
    accusation.prefix = std::move(*prefix);
  }
  return Accusation(std::move(accusation));
}

Result<Accusation> accuse_votes(SignedVote a, SignedVote b, const Context& context) {
  auto client = make_client(context);
  if (!client) return fail("for the validators of that epoch", client.error());
  auto state = client->state({state_key::validators(a.epoch)});
  if (!state) return fail(state.error());
  if (!state->records.front()) {
    return fail(Errc::usage, "votes: of epoch " + std::to_string(a.epoch) +
                                 ", which this network has not reached");
  }
  return Accusation(VoteAccusation{std::move(state->checkpoint),
                                   std::move(state->last_record),
                                   *std::move(state->records.front()),
                                   std::move(state->proof),
                                   {{a, b}}});
}

Result<Accusation> accuse_files(const AccuseOptions& options, const Context& context) {
  if (options.files.size() != 2) {
    return fail(Errc::usage, "give two files that exclude each other, or none for what a node saw");
  }
  const auto a = read_file(options.files[0], kNoteSizeMax);
  if (!a) return fail(a.error());
  const auto b = read_file(options.files[1], kNoteSizeMax);
  if (!b) return fail(b.error());
  const auto vote_a = parse_signed_vote(*a);
  const auto vote_b = parse_signed_vote(*b);
  if (vote_a && vote_b) return accuse_votes(*vote_a, *vote_b, context);
  if (vote_a || vote_b) {
    return fail(Errc::usage, "one of the files is a vote, the other is not: nothing to compare");
  }
  return accuse_heads(options, *a, *b, context);
}

Result<Accusation> accuse_by_node(const Context& context) {
  auto client = make_client(context);
  if (!client) return fail(client.error());
  const auto answer = client->get("/v1/evidence", kAccusationSizeMax);
  if (!answer && answer.error().code == Errc::not_found) {  // an answer: there is nothing
    return fail(Errc::refused, answer.error().detail);
  }
  if (!answer) return fail(answer.error());
  return parse_accusation(as_bytes(answer->body));
}

void print(const std::vector<Accused>& accused, const std::string& file, bool json) {
  if (json) {
    nlohmann::ordered_json shown{{"proven", true}, {"file", file}};
    for (const Accused& one : accused) {
      shown["accused"].push_back({{"validator", one.validator}, {"what", one.what}});
    }
    std::cout << shown.dump(2) << '\n';
    return;
  }
  std::cout << "PROVEN AGAINST\n";
  for (const Accused& one : accused) {
    std::cout << "  " << printable(one.validator) << "  " << printable(one.what) << '\n';
  }
}

int accuse(const AccuseOptions& options, const Context& context) {
  const auto policy = read_policy(options.policy);
  if (!policy) return report(policy.error());
  const auto accusation =
      options.files.empty() ? accuse_by_node(context) : accuse_files(options, context);
  if (!accusation) return report(accusation.error());
  // Nothing leaves this command that does not hold.
  const auto accused = judge_accusation(*accusation, *policy);
  if (!accused) return report(accused.error());
  const auto written = write_file(options.output, encode(*accusation), 0644, Overwrite::no);
  if (!written) return report(written.error());
  print(*accused, options.output, context.json);
  return kOk;
}

}  // namespace

int show_accusation(const std::string& path, ByteView file, const Policy& policy, bool json) {
  const auto accusation = parse_accusation(file);
  const auto accused = accusation ? judge_accusation(*accusation, policy)
                                  : Result<std::vector<Accused>>(fail(accusation.error()));
  if (accused) {
    print(*accused, path, json);
    return kOk;
  }
  const bool unknown = accused.error().code == Errc::mismatch;
  if (json) {
    nlohmann::ordered_json shown{
        {"proven", false}, {"file", path}, {"reason", accused.error().detail}};
    std::cout << shown.dump(2) << '\n';
  } else {
    std::cout << (unknown ? "CANNOT EVALUATE\n  " : "PROVES NOTHING\n  ")
              << printable(accused.error().detail) << '\n';
  }
  return unknown ? kCannotEvaluate : kRefused;
}

void add_accuse_commands(CLI::App& app, Context& context) {
  auto options = std::make_shared<AccuseOptions>();
  auto* command =
      app.add_subcommand("accuse", "Prove which validators signed what excludes each other");
  command->add_option("FILE", options->files,
                      "Two checkpoints or two signed votes; without: what the node has seen");
  command->add_option("--policy", options->policy, "Trust policy of the network")->required();
  command->add_option("-o,--output", options->output, "File to write (.accusation)")->required();
  command->footer(
      "Of two checkpoints of different sizes, with --node: a node that serves the larger one "
      "shows\n"
      "whether it continues the smaller. Of votes, --node gives the validators of their epoch.\n"
      "Exit code: 0 proven and written, 2 nothing is proven or the node has seen nothing, 3 no "
      "node\n"
      "could be asked. footproof verify FILE --policy POLICY checks such a file.\n\nExamples:\n"
      "  footproof accuse monday.checkpoint tuesday.checkpoint --policy korea.policy \\\n"
      "    -o fork.accusation\n"
      "  footproof accuse --node http://127.0.0.1:8101 --policy korea.policy -o seen.accusation\n");
  command->callback([options, &context] { context.exit_code = accuse(*options, context); });
}

}  // namespace footproof::api
