// load: offers attestations to running nodes and checks afterwards what they answered.
//
//   load run   --nodes URL[,URL…] --key FILE [--passphrase-file FILE] --issuer URI --body URI
//   --accreditation ID
//              --scope S --scheme ID:VERSION --standard ID
//              [--count N] [--seconds S] [--submitters M] --out FILE
//   load sign  as `run`, without --seconds and --submitters
//   load check --nodes URL[,URL…] --policy FILE --results FILE [--connections N]
//
// `run` signs everything first, then M submitters send one statement each at a time, to their nodes
// in turn, and write one JSON line for each: what became of it, its index, how long its receipt
// took. `sign` writes the statements instead of sending them, one JSON line each: entry id and the
// bytes in hex. `check` demands of every statement that was answered as logged: each node has it at
// that index, and the receipt that it gives verifies under the policy, offline. It asks all nodes
// at once, each over N connections (4). Exit 0 if all holds.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <list>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "api/client/client.h"
#include "attest/policy.h"
#include "attest/receipt_check.h"
#include "attest/statement.h"

namespace footproof {
namespace {

using Arguments = std::map<std::string, std::string>;
using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using std::chrono::system_clock;

[[noreturn]] void stop(const std::string& why) {
  std::cerr << "load: " << why << '\n';
  std::exit(4);
}

template <class T>
T must(Result<T> result, const std::string& what) {
  if (!result) stop(what + ": " + result.error().detail);
  return std::move(*result);
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  std::stringstream in(text);
  for (std::string part; std::getline(in, part, ',');) parts.push_back(part);
  return parts;
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) stop("cannot read " + path);
  return {std::istreambuf_iterator<char>(in), {}};
}

const std::string& required(const Arguments& arguments, const std::string& name) {
  const auto found = arguments.find(name);
  if (found == arguments.end()) stop("missing --" + name);
  return found->second;
}

std::uint64_t number(const Arguments& arguments, const std::string& name, std::uint64_t otherwise) {
  const auto found = arguments.find(name);
  return found == arguments.end() ? otherwise : std::stoull(found->second);
}

api::Client client_of(const Arguments& arguments) {
  return must(api::Client::make(split(required(arguments, "nodes"))), "nodes");
}

SigningKey signing_key(const Arguments& arguments) {
  const std::string pem = read_file(required(arguments, "key"));
  if (!arguments.contains("passphrase-file")) {
    return must(SigningKey::from_pem(pem, std::nullopt), "key");
  }
  std::string passphrase = read_file(arguments.at("passphrase-file"));
  passphrase = passphrase.substr(0, passphrase.find('\n'));
  return must(SigningKey::from_pem(pem, passphrase), "key");
}

std::vector<Bytes> sign_all(const Arguments& arguments, const Digest& chain_id, std::size_t count) {
  const SigningKey key = signing_key(arguments);
  const Instant now{static_cast<std::uint64_t>(
      duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count())};
  const std::string scheme = required(arguments, "scheme");
  Attestation attestation;
  attestation.accreditation = {required(arguments, "body"), required(arguments, "accreditation")};
  attestation.scope = required(arguments, "scope");
  attestation.scheme = {scheme.substr(0, scheme.find(':')), scheme.substr(scheme.find(':') + 1)};
  attestation.standards = split(required(arguments, "standard"));
  attestation.assurance = Assurance::limited;
  attestation.issued_on = utc_day(now);
  attestation.valid_from = attestation.issued_on;
  attestation.valid_until = attestation.issued_on.plus(365);
  std::vector<Bytes> statements;
  statements.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    fill_random(attestation.root.bytes);
    const StatementDraft draft{.issuer = required(arguments, "issuer"),
                               .subject = random_subject(),
                               .chain_id = chain_id,
                               .issued_at = now.seconds(),
                               .payload = attestation};
    statements.push_back(must(sign_statement(draft, key), "sign").bytes());
  }
  return statements;
}

nlohmann::json describe(const Result<api::Submitted>& answer) {
  if (!answer) return {{"what", "error"}, {"detail", answer.error().detail}};
  switch (answer->what) {
    case api::Submitted::What::logged:
      return {{"what", "logged"}, {"index", answer->index}};
    case api::Submitted::What::pending:
      return {{"what", "pending"}};
    case api::Submitted::What::refused:
      return {{"what", "refused"}, {"detail", answer->refusal.detail}};
  }
  return {};
}

// One submitter: its own client, preferring another node than its neighbours.
class Submitter {
 public:
  Submitter(std::vector<std::string> nodes, std::size_t number) {
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      clients_.push_back(must(api::Client::make({nodes[(i + number) % nodes.size()]}), "nodes"));
    }
  }

  nlohmann::json submit(const Bytes& statement, const Digest& entry_id) {
    const auto begun = steady_clock::now();
    auto answer = clients_[turn_].submit(statement, milliseconds(20'000));
    // A node that is down must not stop its submitter: the same bytes go to the next one.
    for (std::size_t tries = 1; !answer && tries < clients_.size(); ++tries) {
      turn_ = (turn_ + 1) % clients_.size();
      answer = clients_[turn_].submit(statement, milliseconds(20'000));
    }
    nlohmann::json line = describe(answer);
    line["entry"] = entry_id.hex();
    line["node"] = clients_[turn_].nodes().front();
    line["latency_us"] = duration_cast<microseconds>(steady_clock::now() - begun).count();
    turn_ = (turn_ + 1) % clients_.size();
    return line;
  }

 private:
  std::vector<api::Client> clients_;
  std::size_t turn_ = 0;
};

int run_load(const Arguments& arguments) {
  api::Client client = client_of(arguments);
  const Digest chain_id = must(client.health(), "health").chain_id;
  const auto submitters = number(arguments, "submitters", 1);
  const auto statements = sign_all(arguments, chain_id, number(arguments, "count", 1000));
  const auto deadline =
      steady_clock::now() + std::chrono::seconds(number(arguments, "seconds", 3600));
  std::ofstream out(required(arguments, "out"));
  std::mutex out_mutex;
  std::atomic<std::size_t> next{0};
  std::map<std::string, std::size_t> totals;
  const auto begun = steady_clock::now();
  const auto work = [&](std::size_t me) {
    Submitter submitter(client.nodes(), me);
    for (;;) {
      const std::size_t i = next.fetch_add(1);
      if (i >= statements.size() || steady_clock::now() > deadline) return;
      const Digest entry_id = must(parse_statement(statements[i]), "own statement").entry_id();
      const nlohmann::json line = submitter.submit(statements[i], entry_id);
      // No node answers: do not use up the statements while all of them are down.
      if (line["what"] == "error") std::this_thread::sleep_for(milliseconds(200));
      const std::lock_guard lock(out_mutex);
      out << line.dump() << '\n' << std::flush;
      ++totals[line["what"]];
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < submitters; ++i) threads.emplace_back(work, i);
  for (auto& thread : threads) thread.join();
  nlohmann::json summary = totals;
  summary["seconds"] = std::chrono::duration<double>(steady_clock::now() - begun).count();
  std::cout << summary.dump() << std::endl;
  return 0;
}

int sign_only(const Arguments& arguments) {
  const Digest chain_id = must(client_of(arguments).health(), "health").chain_id;
  std::ofstream out(required(arguments, "out"));
  for (const Bytes& statement : sign_all(arguments, chain_id, number(arguments, "count", 1000))) {
    const Digest entry_id = must(parse_statement(statement), "own statement").entry_id();
    const nlohmann::json line = {{"entry", entry_id.hex()}, {"statement", to_hex(statement)}};
    out << line.dump() << '\n';
  }
  return 0;
}

// Asks one node for the receipt of every statement, over several connections.
class NodeCheck {
 public:
  NodeCheck(std::string node, const std::vector<nlohmann::json>& logged, const Policy& policy)
      : node_(std::move(node)), logged_(logged), policy_(policy) {}

  void add_threads(std::size_t count, std::vector<std::thread>& threads) {
    for (std::size_t i = 0; i < count; ++i) threads.emplace_back([this] { work(); });
  }
  [[nodiscard]] std::size_t asked() const { return asked_; }
  [[nodiscard]] std::size_t wrong() const { return wrong_; }

 private:
  void work() {
    api::Client client = must(api::Client::make({node_}), "node");
    for (std::size_t i = next_++; i < logged_.size(); i = next_++) {
      const std::string why = fault(client, logged_[i]);
      ++asked_;
      if (why.empty()) continue;
      ++wrong_;
      std::cerr << node_ + ": " + logged_[i]["entry"].get<std::string>() + ": " + why + '\n';
    }
  }

  // It is at its index at this node, with a receipt that verifies; else what is wrong.
  std::string fault(api::Client& client, const nlohmann::json& line) {
    const Digest entry_id = must(digest_from_hex(line["entry"].get<std::string>()), "entry");
    const auto receipt = client.receipt(entry_id, std::nullopt);
    if (!receipt) return receipt.error().detail;
    if (receipt->index != line["index"].get<std::uint64_t>()) {
      return "another index: " + std::to_string(receipt->index);
    }
    if (const auto good = check_receipt(*receipt, policy_); !good) return good.error().detail;
    return "";
  }

  const std::string node_;
  const std::vector<nlohmann::json>& logged_;
  const Policy& policy_;
  std::atomic<std::size_t> next_{0};
  std::atomic<std::size_t> asked_{0};
  std::atomic<std::size_t> wrong_{0};
};

int check_answers(const Arguments& arguments) {
  constexpr std::size_t kConnections = 4;  // of the 16 that a node grants one address
  const std::string text = read_file(required(arguments, "policy"));
  const Policy policy = must(parse_policy(as_bytes(text)), "policy");
  std::vector<nlohmann::json> logged;
  std::ifstream in(required(arguments, "results"));
  for (std::string line; std::getline(in, line);) {
    auto parsed = nlohmann::json::parse(line);
    if (parsed["what"] == "logged") logged.push_back(std::move(parsed));
  }
  if (logged.empty()) stop("no statement was answered as logged");
  std::list<NodeCheck> nodes;
  std::vector<std::thread> threads;
  const auto begun = steady_clock::now();
  for (const std::string& node : split(required(arguments, "nodes"))) {
    nodes.emplace_back(node, logged, policy)
        .add_threads(number(arguments, "connections", kConnections), threads);
  }
  for (auto& thread : threads) thread.join();
  std::size_t wrong = 0;
  for (const NodeCheck& node : nodes) {
    wrong += node.wrong();
    if (node.asked() != logged.size()) stop("not every receipt was asked for");
  }
  std::cout << "checked " << logged.size() << " receipts at each of " << nodes.size() << " nodes, "
            << wrong << " wrong, in "
            << duration_cast<std::chrono::seconds>(steady_clock::now() - begun).count() << " s\n";
  return wrong == 0 ? 0 : 1;
}

}  // namespace
}  // namespace footproof

int main(int argc, char** argv) {
  footproof::Arguments arguments;
  for (int i = 2; i + 1 < argc; i += 2) arguments[std::string(argv[i]).substr(2)] = argv[i + 1];
  const std::string command = argc > 1 ? argv[1] : "";
  if (command == "run") return footproof::run_load(arguments);
  if (command == "sign") return footproof::sign_only(arguments);
  if (command == "check") return footproof::check_answers(arguments);
  footproof::stop("usage: load run|sign|check --name value …");
}
