// What auditors, dataset operators and holders do with the footproof command: history, replay,
// datasets, watch, accuse.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "attest/accusation.h"
#include "attest/dataset_manifest.h"
#include "attest/note.h"
#include "attest/receipt.h"
#include "attest/seal.h"
#include "tests/api/cli_stage.h"

namespace footproof::api {
namespace {

using nlohmann::json;
using testing::kOperatorUri;
using testing::kVerifierUri;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

class AuditCliTest : public CliStage {
 protected:
  AuditCliTest() {
    network().admit_verifier();
    write("policy", as_bytes(encode(network().policy())));
  }

  Digest attest(std::uint64_t number) {
    return network().accept(network().sign(kVerifierUri, network().attestation(number)));
  }
  Digest revoke(const Digest& target) {
    StatusChange change;
    change.target = target;
    change.action = StatusAction::revoke;
    change.reason = Reason::fraud;
    change.effective = utc_day(network().now());
    return network().accept(network().sign(kVerifierUri, change));
  }
  void write_sealed(const std::string& name, std::vector<Link> links) const {
    SealInput input;
    input.seed = *to_digest(random_bytes(32));
    input.documents.push_back({"application/json", to_bytes(as_bytes("{}"))});
    input.links = std::move(links);
    write(name, SealedDeclaration::seal(std::move(input))->encode());
  }
  [[nodiscard]] std::string arg(const std::string& name) const { return path(name); }
};

// --- history ------------------------------------------------------------------------------------

TEST_F(AuditCliTest, HistoryAsCsvAndJsonLinesWithProofs) {
  const Digest first = attest(1);
  const Digest second = attest(2);
  revoke(second);
  const Ran all = run({"history", "--issuer", std::string(kVerifierUri), "--kind", "attestation",
                       "--format", "csv"});
  ASSERT_EQ(all.code, 0) << all.err;
  const auto lines = lines_of(all.out);
  ASSERT_EQ(lines.size(), 3U) << all.out;
  EXPECT_TRUE(lines[0].starts_with("index,recorded,entry_id,kind,issuer,status,scope,scheme"));
  EXPECT_NE(lines[1].find(first.hex() + ",attestation,https://verifier.example,active"),
            std::string::npos)
      << lines[1];
  EXPECT_NE(lines[2].find(",revoked,"), std::string::npos);

  const Ran revoked =
      run({"history", "--status", "revoked", "--json", "--prove", "--policy", arg("policy")});
  ASSERT_EQ(revoked.code, 0) << revoked.err;
  ASSERT_EQ(lines_of(revoked.out).size(), 1U) << revoked.out;
  const json row = json::parse(revoked.out);
  EXPECT_EQ(row["entry_id"], second.hex());
  EXPECT_EQ(row["proven"], "against the policy");
  EXPECT_TRUE(parse_receipt(from_base64(row["receipt"].get<std::string>()).value()));

  const Ran about = run({"history", "--about", second.hex(), "--json"});
  EXPECT_EQ(lines_of(about.out).size(), 2U) << about.out;
}

TEST_F(AuditCliTest, HistoryGoesOnWhereAPageEnded) {
  for (std::uint64_t i = 0; i < 7; ++i) attest(i);
  const Ran part = run({"history", "--kind", "attestation", "--count", "3", "--json"});
  ASSERT_EQ(lines_of(part.out).size(), 3U);
  const auto at = part.err.find("--begin ");
  ASSERT_NE(at, std::string::npos) << part.err;
  const std::string begin = lines_of(part.err.substr(at + 8))[0];
  attest(8);
  const Ran rest = run({"history", "--kind", "attestation", "--begin", begin, "--json"});
  EXPECT_EQ(lines_of(rest.out).size(), 5U) << rest.out;
  EXPECT_EQ(run({"history", "--status", "gone"}).code, 4);
  EXPECT_EQ(run({"history", "--from", "yesterday"}).code, 4);
}

TEST_F(AuditCliTest, HistoryRefusesWhatCannotBeMeant) {
  EXPECT_NE(run({"history", "--count", "0"}).err.find("--count"), std::string::npos);
  EXPECT_NE(run({"history", "--count", "-1"}).err.find("-1 is no number"), std::string::npos);
  const Ran swapped = run({"history", "--from", "2026-11-25", "--until", "2026-11-24"});
  EXPECT_EQ(swapped.code, 4);
  EXPECT_NE(swapped.err.find("--until: lies before --from"), std::string::npos) << swapped.err;
  const Ran both = run({"history", "--format", "csv", "--json"});
  EXPECT_EQ(both.code, 4);
  EXPECT_NE(both.err.find("--format csv"), std::string::npos) << both.err;
}

TEST_F(AuditCliTest, HistoryNamesTheAccreditation) {
  const Ran said = run({"history", "--accreditation", "KOLAS-PCF-001", "--kind", "accreditation"});
  EXPECT_EQ(said.code, 0) << said.err;
  EXPECT_NE(said.out.find("  KOLAS-PCF-001  grant  "), std::string::npos) << said.out;
}

// --- replay -------------------------------------------------------------------------------------

TEST_F(AuditCliTest, ReplayExecutesEverythingAgain) {
  for (std::uint64_t i = 0; i < 270; ++i) attest(i);  // more than one tile
  const std::string kept = network().checkpoint();
  write("kept", as_bytes(kept));
  revoke(attest(999));
  const Ran ran = run({"replay", "--policy", arg("policy"), "--checkpoint", arg("kept"), "--cache",
                       arg("cache"), "--json"});
  ASSERT_EQ(ran.code, 0) << ran.out << ran.err;
  const json shown = json_of(ran);
  const auto head = network().store().snapshot()->head();
  EXPECT_EQ(shown["same"], true);
  EXPECT_EQ(shown["state_root"], head.state_root.hex());
  EXPECT_EQ(shown["statements"], 3 + 270 + 2);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "cache" / "tile" / "statements" / "000"));

  // A damaged copy is downloaded again: the reader's disk is not the network's fault.
  const Bytes bundle = contents("cache/tile/statements/001");
  Bytes damaged = bundle;
  damaged[40] ^= 1;
  const std::vector<std::string> again = {"replay",  "--policy",   arg("policy"),
                                          "--cache", arg("cache"), "--json"};
  for (const Bytes& bytes : {damaged, Bytes{}, Bytes(bundle.begin(), bundle.begin() + 500)}) {
    write("cache/tile/statements/001", bytes);
    EXPECT_EQ(run(again).code, 0);
    EXPECT_EQ(contents("cache/tile/statements/001"), bundle);
  }
  // Another log, kept whole, is told from the one that the quorum cosigned.
  const ByteView body = ByteView(damaged).subspan(32);
  Bytes forged = to_bytes(sha256(body).view());
  forged.insert(forged.end(), body.begin(), body.end());
  write("cache/tile/statements/001", forged);
  EXPECT_NE(run(again).code, 0);
}

TEST_F(AuditCliTest, ReplayNamesACheckpointThatTheLogDoesNotLeadThrough) {
  attest(1);
  // Signed by all validators, over a log that never was.
  Note note;
  const auto head = network().store().snapshot()->head();
  note.text = encode(Checkpoint{network().origin(), head.log_size, sha256(as_bytes("x")), {}});
  for (std::size_t at = 0; at < 3; ++at) {
    const std::string id = "validator-" + std::to_string(at);
    const SigningKey key = testing::key_from("sequencer/" + id + "/cosign", Algorithm::eddsa);
    note.signatures.push_back(cosign(key, cosigner_name(network().origin(), id),
                                     Instant{head.time_ms}.seconds(), note.text));
  }
  note.signatures.push_back(
      sign_note(testing::key_from("sequencer/validator-0/log", Algorithm::eddsa),
                network().origin(), note.text));
  write("forked", as_bytes(encode(note)));
  attest(2);
  const Ran ran =
      run({"replay", "--policy", arg("policy"), "--checkpoint", arg("forked"), "--json"});
  EXPECT_EQ(ran.code, 2) << ran.out << ran.err;
  EXPECT_EQ(json_of(ran)["same"], false);

  // And the two heads are proof against those who cosigned both.
  write("served", as_bytes(network().checkpoint()));
  const Ran innocent = run(
      {"accuse", arg("forked"), arg("served"), "--policy", arg("policy"), "-o", arg("innocent")});
  EXPECT_EQ(innocent.code, 0) << "of different sizes, shown with the node's log" << innocent.err;
  const Ran verified = run({"verify", arg("innocent"), "--policy", arg("policy"), "--json"});
  EXPECT_EQ(verified.code, 0) << verified.out << verified.err;
  EXPECT_EQ(json_of(verified)["accused"].size(), 3U);
}

// --- accuse -------------------------------------------------------------------------------------

TEST_F(AuditCliTest, AccuseRefusesHonestHeads) {
  attest(1);
  write("first", as_bytes(network().checkpoint()));
  attest(2);
  write("second", as_bytes(network().checkpoint()));
  const Ran ran =
      run({"accuse", arg("first"), arg("second"), "--policy", arg("policy"), "-o", arg("out")});
  EXPECT_EQ(ran.code, 2) << ran.out << ran.err;
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out"));
  const Ran same =
      run({"accuse", arg("second"), arg("second"), "--policy", arg("policy"), "-o", arg("out")});
  EXPECT_EQ(same.code, 2);
}

TEST_F(AuditCliTest, AccuseProvesTwoVotesAndWhatANodeHasSeen) {
  const auto vote = [&](VoteKind kind, std::string_view block) {
    SignedVote made;
    made.kind = kind;
    made.view = 4;
    made.signer = 1;
    if (kind != VoteKind::nullify) made.block_id = sha256(as_bytes(block));
    const Bytes signature = testing::key_from("sequencer/validator-1/vote", Algorithm::eddsa)
                                .sign(vote_message(network().chain_id(), made));
    std::copy(signature.begin(), signature.end(), made.signature.begin());
    return made;
  };
  write("a", encode(vote(VoteKind::finalize, "a")));
  write("b", encode(vote(VoteKind::finalize, "b")));
  write("c", encode(vote(VoteKind::notarize, "b")));
  const Ran ran = run({"accuse", arg("a"), arg("b"), "--policy", arg("policy"), "-o",
                       arg("two.accusation"), "--json"});
  ASSERT_EQ(ran.code, 0) << ran.out << ran.err;
  EXPECT_EQ(json_of(ran)["accused"][0]["validator"], "validator-1");
  EXPECT_EQ(run({"accuse", arg("a"), arg("c"), "--policy", arg("policy"), "-o", arg("no")}).code,
            2);
  EXPECT_EQ(
      run({"accuse", arg("a"), arg("policy"), "--policy", arg("policy"), "-o", arg("no")}).code, 4);
  EXPECT_EQ(run({"verify", arg("two.accusation"), "--policy", arg("policy")}).code, 0);

  // What a node has seen: nothing at first.
  const auto by_node = [&] {
    return run({"accuse", "--policy", arg("policy"), "-o", arg("seen.accusation")});
  };
  EXPECT_EQ(by_node().code, 2);
  node_.accuse(parse_accusation(contents("two.accusation")).value());
  EXPECT_EQ(by_node().code, 0);
  EXPECT_EQ(contents("seen.accusation"), contents("two.accusation"));

  Bytes changed = contents("two.accusation");
  changed[changed.size() - 9] ^= 1;
  write("changed", changed);
  EXPECT_EQ(run({"verify", arg("changed"), "--policy", arg("policy")}).code, 2);
}

// --- datasets and watch -------------------------------------------------------------------------

TEST_F(AuditCliTest, AnOperatorReleasesCorrectsAndWithdraws) {
  write("lci/flows/steel.xml", as_bytes("<flow>1</flow>"));
  write("lci/processes/coil.xml", as_bytes("<process/>"));
  const auto dataset = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "dataset");
    return as(kOperatorUri, KeyUsage::sign, std::move(arguments));
  };
  const Ran released = dataset({"release", "kr-lci", "2026.1", path("lci"), "--licensed",
                                "--manifest", path("1.manifest"), "-o", path("1.statement")});
  ASSERT_EQ(released.code, 0) << released.out << released.err;
  const auto manifest = parse_dataset_manifest(contents("1.manifest")).value();
  EXPECT_TRUE(manifest.seed.has_value());
  EXPECT_EQ(manifest.datasets.size(), 2U);
  EXPECT_EQ(manifest.datasets[0].name, "flows/steel.xml");
  const auto anchored = parse_statement(contents("1.statement")).value();
  EXPECT_EQ(anchored.as<DatasetRelease>()->root, release_root(manifest));
  // Neither a name nor a digest of a dataset has left.
  const std::string sent(as_text(contents("1.statement")));
  EXPECT_EQ(sent.find("steel"), std::string::npos);
  EXPECT_EQ(sent.find(as_text(manifest.datasets[0].digest.view())), std::string::npos);
  EXPECT_EQ(run({"dataset", "check", path("1.manifest"), path("lci")}).code, 0);

  // What a file manager leaves is no dataset.
  write("lci/.DS_Store", as_bytes("x"));
  EXPECT_EQ(run({"dataset", "check", path("1.manifest"), path("lci")}).code, 0);
  const auto compared = [&] {
    const Ran ran = run({"dataset", "check", path("1.manifest"), path("lci"), "--json"});
    EXPECT_EQ(ran.code, 2) << ran.err;
    return json::parse(ran.out);
  };
  std::filesystem::rename(path("lci/flows/steel.xml"), path("lci/flows/iron.xml"));
  EXPECT_EQ(compared()["missing"], json::array({"flows/steel.xml"}));
  EXPECT_EQ(compared()["not_in_it"], json::array({"flows/iron.xml"}));
  std::filesystem::remove(path("lci/flows/iron.xml"));
  write("lci/flows/steel.xml", as_bytes("<flow>2</flow>"));
  EXPECT_EQ(compared()["differ"], json::array({"flows/steel.xml"}));
  const Ran erratum = dataset({"erratum", "kr-lci", "2026.1", path("lci"), "--manifest",
                               path("1a.manifest"), "-o", path("1a.statement")});
  ASSERT_EQ(erratum.code, 0) << erratum.out << erratum.err;
  const Ran next = dataset({"release", "kr-lci", "2026.2", path("lci"), "--replaces", "2026.1",
                            "--manifest", path("2.manifest"), "-o", path("2.statement")});
  ASSERT_EQ(next.code, 0) << next.out << next.err;
  const Ran withdrawn = dataset({"withdraw", "kr-lci", "2026.1", "-o", path("withdraw.statement")});
  ASSERT_EQ(withdrawn.code, 0) << withdrawn.out << withdrawn.err;
  const Ran shown = run({"dataset", "show", "kr-lci", "2026.1", "--json"});
  EXPECT_EQ(shown.code, 1);
  std::vector<std::string> events;
  const json record = json_of(shown);
  for (const auto& event : record["events"]) events.push_back(event["what"]);
  EXPECT_EQ(events, (std::vector<std::string>{"release", "erratum", "replaced", "withdrawn"}));
  EXPECT_EQ(run({"dataset", "show", "kr-lci", "2026.2"}).code, 0);
  EXPECT_EQ(run({"dataset", "show", "kr-lci", "2031.1"}).code, 3);  // as status does
}

TEST_F(AuditCliTest, AHolderIsWarnedOfWhatItLinksTo) {
  const Digest component = attest(1);
  const Digest other = attest(2);
  DatasetRelease release;
  release.database = "kr-lci";
  release.release = "2026.1";
  release.released_on = utc_day(network().now());
  const Digest released = network().accept(network().sign(kOperatorUri, release));
  write_sealed("coil.sealed", {{LinkKind::component, component, "0.8"},
                               {LinkKind::uses_dataset, ReleaseRef{"kr-lci", "2026.1"}, {}}});
  const auto watch = [&] {
    return run({"watch", path("coil.sealed"), "--policy", arg("policy"), "--once", "--json"});
  };
  Ran ran = watch();
  EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
  EXPECT_TRUE(ran.out.empty()) << ran.out;
  EXPECT_EQ(ran.err.find("not here"), std::string::npos) << ran.err;

  revoke(other);  // nobody links to it
  EXPECT_EQ(watch().code, 0);
  const Digest revocation = revoke(component);
  release.notice = DatasetNotice::withdrawn;
  release.replaces = released;
  network().accept(network().sign(kOperatorUri, release));
  ran = watch();
  EXPECT_EQ(ran.code, 1) << ran.err;
  const auto warnings = lines_of(ran.out);
  ASSERT_EQ(warnings.size(), 2U) << ran.out;
  const json first = json::parse(warnings[0]);
  EXPECT_EQ(first["entry_id"], revocation.hex());
  EXPECT_EQ(first["about"], component.hex());
  EXPECT_TRUE(first["what"].get<std::string>().starts_with("revoked (fraud)"));
  EXPECT_EQ(first["files"][0], path("coil.sealed"));
  EXPECT_TRUE(json::parse(warnings[1])["what"].get<std::string>().starts_with("withdrawn"));
  const auto index = json::parse(warnings[1])["index"].get<std::uint64_t>();
  const Ran later =
      run({"watch", path("coil.sealed"), "--once", "--since", std::to_string(index + 1)});
  EXPECT_EQ(later.code, 0) << later.out;

  write_sealed("bare.sealed", {});
  EXPECT_EQ(run({"watch", path("bare.sealed"), "--once"}).code, 4);
  write_sealed("lost.sealed", {{LinkKind::same_as, sha256(as_bytes("elsewhere")), {}}});
  EXPECT_NE(run({"watch", path("lost.sealed"), "--once"}).err.find("not here"), std::string::npos);
}

}  // namespace
}  // namespace footproof::api
