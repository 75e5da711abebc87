// More than 200 damaged configurations through the real `footproofd --check-config`: each is
// refused in one clear line that names the key, the line of the file, or the file it points to.
#include <algorithm>
#include <array>
#include <filesystem>
#include <iostream>

#include "tests/cli/command_line.h"

namespace footproof {
namespace {

using testing::Answer;

// A configuration with every key there is, one to a line, so that a case can replace a line.
constexpr std::string_view kGood = R"([node]
validator = "battery"
genesis = "genesis.cbor"
data = "data"
vote_key = "keys/vote.pem"
cosign_key = "keys/cosign.pem"
log_key = "keys/log.pem"
tls_key = "keys/tls.pem"
tls_certificate = "keys/tls.crt"
verifier_threads = 2
[mesh]
listen = "127.0.0.1:7101"
[[mesh.peer]]
validator = "automobile"
address = "127.0.0.1:7102"
[http]
listen = "127.0.0.1:7201"
connections_per_address_max = 16
requests_per_second_max = 0
receipt_wait_ms = 10000
[consensus]
delta_ms = 100
idle_block_ms = 60000
drift_ms = 2000
[batch]
statements_max = 256
bytes_max = 131072
delay_ms = 5
mempool_statements_max = 20000
[log]
level = "info"
)";

struct BadConfig {
  std::string how;
  std::string text;
  std::vector<std::string> names;  // each stands in the line that refuses it
};

// `line` of kGood replaced; of several equal lines the first.
std::string with(std::string_view line, std::string_view replacement) {
  std::string text(kGood);
  const std::string whole = "\n" + std::string(line) + "\n";
  const auto at = text.find(whole);
  EXPECT_NE(at, std::string::npos) << line;
  return text.replace(at, whole.size(), "\n" + std::string(replacement) + "\n");
}

// "key = value" of a line.
std::string key_of(std::string_view line) { return std::string(line.substr(0, line.find(' '))); }

std::vector<BadConfig> wrong_numbers() {
  struct Number {
    std::string_view line;
    std::int64_t below;
    std::int64_t above;
  };
  constexpr auto kNumbers = std::to_array<Number>({
      {"verifier_threads = 2", 0, 65},
      {"connections_per_address_max = 16", 0, 10'001},
      {"requests_per_second_max = 0", -1, 1'000'001},
      {"receipt_wait_ms = 10000", -1, 60'001},
      {"delta_ms = 100", 9, 10'001},
      {"idle_block_ms = 60000", 999, 3'600'001},
      {"drift_ms = 2000", 99, 60'001},
      {"statements_max = 256", 0, 1025},
      {"bytes_max = 131072", 17 * 1024 - 1, 255 * 1024 + 1},
      {"delay_ms = 5", -1, 1001},
      {"mempool_statements_max = 20000", 255, 1'000'001},
  });
  std::vector<BadConfig> bad;
  for (const Number& number : kNumbers) {
    const std::string key = key_of(number.line);
    for (const std::string& value :
         {std::to_string(number.below), std::to_string(number.above),
          std::string("-9223372036854775808"), std::string("9223372036854775807"),
          std::string("\"5\""), std::string("5.0"), std::string("true"), std::string("[5]"),
          std::string("{ ms = 5 }"), std::string("2026-11-24"), std::string("inf")}) {
      bad.push_back({key + " = " + value,
                     with(number.line, key + " = " + value),
                     {key, "must be a whole number from"}});
    }
  }
  return bad;
}

std::vector<BadConfig> wrong_texts() {
  constexpr auto kTexts = std::to_array<std::string_view>({
      "validator = \"battery\"",
      "genesis = \"genesis.cbor\"",
      "data = \"data\"",
      "vote_key = \"keys/vote.pem\"",
      "cosign_key = \"keys/cosign.pem\"",
      "log_key = \"keys/log.pem\"",
      "tls_key = \"keys/tls.pem\"",
      "tls_certificate = \"keys/tls.crt\"",
      "listen = \"127.0.0.1:7101\"",
      "validator = \"automobile\"",
      "address = \"127.0.0.1:7102\"",
      "listen = \"127.0.0.1:7201\"",
      "level = \"info\"",
  });
  std::vector<BadConfig> bad;
  for (const std::string_view line : kTexts) {
    const std::string key = key_of(line);
    for (const std::string_view value : {"7", "true", "[\"x\"]", "{ x = \"y\" }", "07:00:00"}) {
      const std::string changed = key + " = " + std::string(value);
      bad.push_back({std::string(line) + " → " + changed,
                     with(line, changed),
                     {key, "must be a string in quotes"}});
    }
    bad.push_back({key + " empty", with(line, key + " = \"\""), {key}});
  }
  for (const std::string_view id : {"배터리", "a b", "a/b", "../x", "a\\u0000"}) {
    const std::string line = "validator = \"" + std::string(id) + "\"";
    bad.push_back({line, with("validator = \"battery\"", line), {"[node] validator"}});
  }
  bad.push_back({"id of 65",
                 with("validator = \"battery\"", "validator = \"" + std::string(65, 'a') + "\""),
                 {"[node] validator"}});
  for (const std::string_view level : {"loud", "INFO", "warn", " info"}) {
    const std::string line = "level = \"" + std::string(level) + "\"";
    bad.push_back({line, with("level = \"info\"", line), {"[log] level"}});
  }
  return bad;
}

std::vector<BadConfig> wrong_addresses() {
  std::vector<BadConfig> bad;
  for (const std::string_view line : {"listen = \"127.0.0.1:7101\"", "address = \"127.0.0.1:7102\"",
                                      "listen = \"127.0.0.1:7201\""}) {
    const std::string key = key_of(line);
    for (const std::string& address :
         {std::string("127.0.0.1"), std::string(":7101"), std::string("h:"), std::string("h:x"),
          std::string("h:65536"), std::string("h:-1"), std::string("h:1 "), std::string("h h:1"),
          std::string("::1:7101"), std::string("[::1:7101"), std::string("[]:7101"),
          std::string("http://h:1/"), std::string("한국:1"), std::string(300, 'h') + ":1"}) {
      const std::string changed = key + " = \"" + address + "\"";
      bad.push_back(
          {std::string(line) + " → " + changed.substr(0, 60), with(line, changed), {key + ": "}});
    }
  }
  const std::string_view peer = "address = \"127.0.0.1:7102\"";
  bad.push_back(
      {"peer at port 0", with(peer, "address = \"127.0.0.1:0\""), {"automobile", "port 0"}});
  bad.push_back({"peer at our own address",
                 with(peer, "address = \"127.0.0.1:7101\""),
                 {"automobile", "our own"}});
  return bad;
}

std::vector<BadConfig> wrong_tables() {
  std::vector<BadConfig> bad;
  for (const std::string_view table :
       {"[node]", "[mesh]", "[[mesh.peer]]", "[http]", "[consensus]", "[batch]", "[log]"}) {
    const std::string name(table);
    if (table != "[node]") {
      bad.push_back({"unknown key in " + name,
                     with(table, name + "\nspeed = 3"),
                     {"speed: unknown key", "this table knows"}});
    }
    if (!table.starts_with("[[") && table != "[node]") {
      std::string twice(kGood);
      bad.push_back({name + " twice", twice + name + "\n", {"line"}});
    }
    bad.push_back(
        {"table without end " + name, std::string(kGood) + name.substr(0, 3) + "\n", {"line"}});
  }
  bad.push_back({"unknown key in [node]",
                 "[node]\nspeed = 3\n" + std::string(kGood.substr(7)),
                 {"speed: unknown key"}});
  bad.push_back({"unknown key on top", "speed = 3\n" + std::string(kGood), {"speed: unknown key"}});
  for (const std::string_view name : {"metrics", "tls", "Node", "peer", "한국"}) {
    const bool bare = name != "한국";
    const std::string quoted = bare ? std::string(name) : "\"" + std::string(name) + "\"";
    bad.push_back({"unknown table " + std::string(name),
                   std::string(kGood) + "[" + quoted + "]\na = 1\n",
                   {std::string(name) + ": unknown key"}});
  }
  for (const std::string_view name : {"http", "consensus", "batch", "log", "mesh"}) {
    const std::string key(name);
    bad.push_back({key + " is a value",
                   key + " = 3\n[node]\nvalidator = \"battery\"\n",
                   {key + ": must be a table"}});
    bad.push_back({key + " is an array of tables",
                   "[node]\nvalidator = \"battery\"\n[[" + key + "]]\n",
                   {key + ": must be a table"}});
  }
  bad.push_back({"peer is a table",
                 "[node]\nvalidator='a'\n[mesh]\nlisten='h:1'\n[mesh.peer]\n"
                 "validator='b'\n[http]\nlisten='h:2'\n",
                 {"[mesh] peer"}});
  bad.push_back({"peer is an array of numbers",
                 "[node]\nvalidator='a'\n[mesh]\nlisten='h:1'\npeer=[1]\n[http]\nlisten='h:2'\n",
                 {"[mesh] peer"}});
  return bad;
}

std::vector<BadConfig> missing_and_contradicting() {
  const std::string peer =
      "[[mesh.peer]]\nvalidator = \"automobile\"\naddress = \"127.0.0.1:7102\"";
  std::vector<BadConfig> bad = {
      {"empty", "", {"[node] validator: is missing"}},
      {"only comments", "# nothing\n", {"[node] validator: is missing"}},
      {"no validator", with("validator = \"battery\"", ""), {"[node] validator: is missing"}},
      {"no mesh listen", with("listen = \"127.0.0.1:7101\"", ""), {"[mesh] listen: is missing"}},
      {"no http listen", with("listen = \"127.0.0.1:7201\"", ""), {"[http] listen: is missing"}},
      {"peer without id",
       with("validator = \"automobile\"", ""),
       {"[[mesh.peer]] validator: is missing"}},
      {"peer without address", with("address = \"127.0.0.1:7102\"", ""), {"automobile is missing"}},
      {"one address for both",
       with("listen = \"127.0.0.1:7201\"", "listen = \"127.0.0.1:7101\""),
       {"[http] listen", "another port"}},
      {"peer is ourselves",
       with("validator = \"automobile\"", "validator = \"battery\""),
       {"battery is named twice or is this node"}},
      {"peer twice", with("[http]", peer + "\n[http]"), {"automobile is named twice"}},
      {"two peers at one address",
       with("[http]", "[[mesh.peer]]\nvalidator = \"steel\"\naddress = \"127.0.0.1:7102\"\n[http]"),
       {"automobile and steel"}},
  };
  std::string small = with("mempool_statements_max = 20000", "mempool_statements_max = 256");
  const auto at = small.find("statements_max = 256");
  bad.push_back({"mempool below a batch",
                 small.replace(at, 20, "statements_max = 1024"),
                 {"mempool_statements_max", "below statements_max"}});
  std::string idle = with("delta_ms = 100", "delta_ms = 10000");
  idle.replace(idle.find("idle_block_ms = 60000"), 21, "idle_block_ms = 39999");
  bad.push_back({"idle below delta", idle, {"idle_block_ms"}});
  std::string many;
  for (int i = 0; i < 30; ++i) {
    many += "[[mesh.peer]]\nvalidator = \"p" + std::to_string(i) +
            "\"\naddress = \"h:" + std::to_string(i + 1) + "\"\n";
  }
  bad.push_back({"31 peers", with("[http]", many + "[http]"), {"at most 30"}});
  return bad;
}

std::vector<BadConfig> no_toml() {
  std::vector<BadConfig> bad;
  // Every key twice.
  std::string_view rest = kGood;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(line.size() + 1);
    if (line.starts_with('[')) continue;
    const std::string twice = std::string(line) + "\n" + std::string(line);
    bad.push_back({std::string(line) + " twice", with(line, twice), {"line"}});
  }
  const auto at_end = [&](std::string_view how, std::string_view more) {
    bad.push_back({std::string(how), std::string(kGood) + std::string(more), {"line"}});
  };
  at_end("no value", "a =\n");
  at_end("no key", "= 3\n");
  at_end("no equals", "a 3\n");
  at_end("two values", "a = 3 4\n");
  at_end("open string", "a = \"b\n");
  at_end("open literal", "a = 'b\n");
  at_end("open array", "a = [1,\n");
  at_end("open inline table", "a = { b = 1\n");
  at_end("open long string", "a = \"\"\"b\n");
  at_end("bad escape", "a = \"\\q\"\n");
  at_end("half a surrogate", "a = \"\\ud800\"\n");
  at_end("number with a leading zero", "a = 007\n");
  at_end("number beyond 64 bits", "a = 9223372036854775808\n");
  at_end("a date that is none", "a = 2026-13-40\n");
  at_end("brace", "}\n");
  at_end("yaml", "node:\n  validator: battery\n");
  at_end("json", "{\"node\": {}}\n");
  at_end("control character", "a = \"\x01\"\n");
  at_end("carriage return alone", "a = 1\rb = 2\n");
  at_end("lone continuation byte", "a = \"\x80\"\n");
  at_end("overlong slash", "a = \"\xc0\xaf\"\n");
  at_end("surrogate in UTF-8", "a = \"\xed\xa0\x80\"\n");
  at_end("beyond Unicode", "a = \"\xf5\x80\x80\x80\"\n");
  at_end("UTF-8 cut off", "a = \"\xed\x95");
  at_end("latin-1", "a = \"M\xfcller\"\n");
  bad.push_back({"UTF-16", std::string("\xff\xfe[\0n\0", 6), {"line"}});
  bad.push_back({"NUL", std::string(kGood) + std::string("a = \"\0\"\n", 8), {"line"}});
  bad.push_back({"zeros", std::string(400, '\0'), {"line"}});
  bad.push_back(
      {"nested too deep", std::string(kGood) + "a = " + std::string(5000, '[') + "\n", {"line"}});
  bad.push_back({"above 256 KiB", std::string(kGood) + std::string(300 * 1024, '#'), {"256 KiB"}});
  return bad;
}

class Configuration : public testing::CommandLine {
 protected:
  void SetUp() override {
    const Answer made = run({"network", "new", "network", "--base-port", "7100"});
    ASSERT_EQ(made.exit_code, 0) << made.err;
    put(kGood);
    const Answer good = check();
    ASSERT_EQ(good.exit_code, 0) << good.err;
    ASSERT_EQ(good.out.rfind("configuration ok: ", 0), 0U) << good.out;
  }

  [[nodiscard]] std::filesystem::path home(const std::string& validator = "battery") const {
    return path("network/" + validator);
  }
  void put(std::string_view text) const { write("network/battery/config.toml", as_bytes(text)); }
  [[nodiscard]] Answer check() const {
    return run_node({"--check-config", "network/battery/config.toml"});
  }

  static void expect_refused(const Answer& answer, int exit_code, const std::string& how,
                             const std::vector<std::string>& names) {
    EXPECT_EQ(answer.exit_code, exit_code) << how << ": " << answer.err << answer.out;
    EXPECT_EQ(answer.out, "") << how;
    EXPECT_EQ(answer.err.rfind("footproofd: ", 0), 0U) << how << ": " << answer.err;
    EXPECT_EQ(std::ranges::count(answer.err, '\n'), 1) << how << ": " << answer.err;
    EXPECT_LT(answer.err.size(), 600U) << how << ": " << answer.err;
    for (const std::string& name : names) {
      EXPECT_NE(answer.err.find(name), std::string::npos) << how << ": " << answer.err;
    }
  }
};

TEST_F(Configuration, RefusesTwoHundredDamagedOnesEachInOneClearLine) {
  int count = 0;
  for (const auto& cases : {wrong_numbers(), wrong_texts(), wrong_addresses(), wrong_tables(),
                            missing_and_contradicting(), no_toml()}) {
    for (const BadConfig& bad : cases) {
      ASSERT_NE(bad.text, kGood) << bad.how;
      put(bad.text);
      auto names = bad.names;
      names.emplace_back("config.toml: ");
      expect_refused(check(), 4, bad.how, names);
      ++count;
    }
  }
  EXPECT_GE(count, 200);
  RecordProperty("cases", count);
  std::cout << count << " damaged configurations\n";
}

TEST_F(Configuration, RefusesFilesThatAreNotThere) {
  for (const std::string file : {"genesis.cbor", "keys/vote.pem", "keys/cosign.pem", "keys/log.pem",
                                 "keys/tls.pem", "keys/tls.crt"}) {
    std::filesystem::rename(home() / file, home() / "away");
    expect_refused(check(), 3, file + " missing", {file});
    std::filesystem::create_directory(home() / file);
    expect_refused(check(), 3, file + " is a folder", {file});
    std::filesystem::remove(home() / file);
    write("network/battery/" + file, {});
    std::filesystem::permissions(home() / file, std::filesystem::perms(0600));
    expect_refused(check(), 3, file + " empty", {file});
    write("network/battery/" + file, Bytes(500, 'x'));
    expect_refused(check(), 3, file + " is rubbish", {file});
    std::filesystem::rename(home() / "away", home() / file);
  }
  EXPECT_EQ(check().exit_code, 0);
}

TEST_F(Configuration, RefusesFilesOfSomebodyElse) {
  const auto swap = [&](const std::string& file, const std::filesystem::path& other,
                        const std::vector<std::string>& names) {
    std::filesystem::rename(home() / file, home() / "away");
    std::filesystem::copy_file(other, home() / file);
    expect_refused(check(), 3, file + " of " + other.string(), names);
    std::filesystem::remove(home() / file);
    std::filesystem::rename(home() / "away", home() / file);
  };
  const auto automobile = home("automobile");
  ASSERT_EQ(run({"network", "new", "other", "--base-port", "7400"}).exit_code, 0);
  for (const std::string role : {"vote", "cosign", "log"}) {
    const std::string file = "keys/" + role + ".pem";
    swap(file, automobile / file, {file, "not the key that the genesis file names"});
  }
  swap("keys/vote.pem", home() / "keys/log.pem", {"keys/vote.pem", "not the key"});
  swap("keys/vote.pem", path("network/parties/verifier/sign.pem"), {"keys/vote.pem"});
  swap("keys/tls.crt", automobile / "keys/tls.crt", {"tls"});
  swap("keys/tls.pem", automobile / "keys/tls.pem", {"tls"});
  swap("genesis.cbor", path("other/genesis.cbor"), {"keys/vote.pem", "not the key"});
  EXPECT_EQ(check().exit_code, 0);
}

TEST_F(Configuration, RefusesTheKeysOfAnotherValidator) {
  put(with("validator = \"battery\"", "validator = \"paper\""));
  expect_refused(check(), 3, "keys of another", {"[node] validator: paper", "names for battery"});
  put(with("validator = \"automobile\"", "validator = \"paper\""));
  EXPECT_EQ(check().exit_code, 0) << "a peer may become a validator later";
  put(with("data = \"data\"", "data = \"genesis.cbor\""));
  expect_refused(check(), 3, "data is a file", {"[node] data", "not a folder"});
}

TEST_F(Configuration, RefusesKeysThatOthersCanRead) {
  for (const std::string role : {"vote", "cosign", "log"}) {
    const auto key = home() / "keys" / (role + ".pem");
    std::filesystem::permissions(key, std::filesystem::perms(0640));
    expect_refused(check(), 3, role + " readable", {role + ".pem", "chmod 600"});
    std::filesystem::permissions(key, std::filesystem::perms(0600));
  }
}

TEST_F(Configuration, NamesAFileThatIsNoConfiguration) {
  const auto check_path = [&](const std::string& name) {
    return run_node({"--check-config", name});
  };
  expect_refused(check_path("nowhere.toml"), 4, "missing", {"cannot read", "nowhere.toml"});
  expect_refused(check_path("network"), 4, "folder", {"network is a folder"});
  expect_refused(check_path("network/genesis.cbor"), 4, "genesis", {"genesis.cbor: line"});
}

}  // namespace
}  // namespace footproof
