// An attacker who knows a whole declaration but one field, and has everything that nodes store, log
// and serve: tries every value of that field and looks for any digest that would confirm it.
//
//   guess try FOLDER --document TEMPLATE --count N --scale D     prints what it found, as JSON
//   guess seal-without-salts DOCUMENT OUT.sealed                 the negative control
//
// TEMPLATE is the document with @@ where the value stands; the candidates are 0 to N − 1, with D
// decimals. Digests are looked for as bytes, in hex and in base64, at every offset, by their first
// eight bytes: the chance of a false find is below 10^-6.
#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "attest/cbor.h"
#include "attest/digest.h"
#include "attest/leaf_value.h"
#include "attest/merkle.h"
#include "attest/seal.h"
#include "attest/subject.h"

namespace {

using namespace footproof;
namespace fs = std::filesystem;

std::string read_text(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::uint64_t prefix_of(const unsigned char* bytes) {
  std::uint64_t prefix = 0;
  std::memcpy(&prefix, bytes, sizeof prefix);
  return prefix;
}

// The first eight bytes of whatever could be a digest in what nodes hold.
class Haystack {
 public:
  void add(const std::string& bytes) {
    add_windows(bytes);
    add_runs(
        bytes, [](unsigned char c) { return std::isxdigit(c) != 0; }, 64, decode_hex, 2);
    add_runs(
        bytes, [](unsigned char c) { return std::isalnum(c) != 0 || c == '+' || c == '/'; }, 43,
        decode_base64, 4);
  }
  void finish() {
    std::sort(windows_.begin(), windows_.end());
    windows_.erase(std::unique(windows_.begin(), windows_.end()), windows_.end());
  }
  [[nodiscard]] bool has(const Digest& digest) const {
    return std::binary_search(windows_.begin(), windows_.end(), prefix_of(digest.bytes.data()));
  }
  [[nodiscard]] std::size_t size() const { return windows_.size(); }

 private:
  void add_windows(const std::string& bytes) {
    const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
    for (std::size_t i = 0; i + 8 <= bytes.size(); ++i) {
      const std::uint64_t prefix = prefix_of(data + i);
      if (prefix != 0) windows_.push_back(prefix);  // files are laid out ahead with zeros
    }
  }

  template <class Belongs, class Decode>
  void add_runs(const std::string& bytes, Belongs belongs, std::size_t length_min, Decode decode,
                std::size_t phases) {
    for (std::size_t i = 0; i < bytes.size();) {
      std::size_t end = i;
      while (end < bytes.size() && belongs(static_cast<unsigned char>(bytes[end]))) ++end;
      if (end - i >= length_min) {
        for (std::size_t phase = 0; phase < phases; ++phase) {
          add_windows(decode(bytes.substr(i + phase, end - i - phase)));
        }
      }
      i = end + 1;
    }
  }

  static std::string decode_hex(const std::string& text) {
    std::string bytes;
    for (std::size_t i = 0; i + 2 <= text.size(); i += 2) {
      bytes += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
    }
    return bytes;
  }

  static std::string decode_base64(const std::string& text) {
    const auto value = [](char c) -> std::uint32_t {
      if (c >= 'A' && c <= 'Z') return static_cast<std::uint32_t>(c - 'A');
      if (c >= 'a' && c <= 'z') return static_cast<std::uint32_t>(c - 'a' + 26);
      if (c >= '0' && c <= '9') return static_cast<std::uint32_t>(c - '0' + 52);
      return c == '+' ? 62 : 63;
    };
    std::string bytes;
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
      bits = bits << 6U | value(text[i]);
      if (i % 4 != 0) bytes += static_cast<char>(bits >> (6 - 2 * (i % 4)) & 0xFFU);
    }
    return bytes;
  }

  std::vector<std::uint64_t> windows_;
};

struct Guess {
  std::string how;
  Digest digest;
};

// Every digest of the document that somebody might have kept without a salt.
std::vector<Guess> guesses(const std::string& document, const std::string& value) {
  const Digest none{};
  const SourceDocument source{"application/json", to_bytes(as_bytes(document))};
  std::vector<Guess> all = {{"hash of the document", sha256(as_bytes(document))},
                            {"hash of the value", sha256(as_bytes(value))},
                            {"hash of the quoted value", sha256(as_bytes('"' + value + '"'))}};
  const auto sealed = SealedDeclaration::seal({none, {source}, {}, {}});
  if (!sealed) {
    std::cerr << sealed.error().detail << '\n';
    std::exit(1);
  }
  for (const SealedLeaf& leaf : sealed->leaves()) {
    if (leaf.label.starts_with("pad:")) continue;
    const std::string name = "leaf " + leaf.label;
    cbor::Writer bare;
    bare.array(2).text(leaf.label).raw(leaf.value);
    all.push_back({name + " without salt", leaf_hash(bare.view())});
    all.push_back(
        {name + " with a salt of zeros", leaf_hash(leaf_entry(none, leaf.label, leaf.value))});
    all.push_back({name + " with a seed of zeros", leaf.hash});
    all.push_back({name + ", its value", sha256(leaf.value)});
  }
  const DeclarationTree tree{std::string(sealed->profile()), sealed->tree_size(), sealed->root()};
  all.push_back({"tree root with a seed of zeros", sealed->root()});
  all.push_back({"subject with a seed of zeros", single_subject(tree).root});
  return all;
}

// What is the same for all candidates proves nothing; only what depends on the value counts.
int try_all(const fs::path& folder, const std::string& document_template, std::size_t count,
            std::size_t scale) {
  Haystack haystack;
  std::size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    haystack.add(read_text(entry.path()));
    ++files;
  }
  haystack.finish();
  nlohmann::ordered_json found = nlohmann::ordered_json::array();
  const std::size_t at = document_template.find("@@");
  std::size_t tried = 0;
  for (std::size_t candidate = 0; candidate < count; ++candidate) {
    std::string digits = std::to_string(candidate);
    if (digits.size() <= scale) digits.insert(0, scale + 1 - digits.size(), '0');
    const std::string value =
        digits.substr(0, digits.size() - scale) + "." + digits.substr(digits.size() - scale);
    std::string document = document_template;
    document.replace(at, 2, value);
    for (const Guess& guess : guesses(document, value)) {
      ++tried;
      if (haystack.has(guess.digest)) found.push_back({{"value", value}, {"how", guess.how}});
    }
  }
  std::cout << nlohmann::ordered_json{{"files", files},
                                      {"places", haystack.size()},
                                      {"candidates", count},
                                      {"guesses", tried},
                                      {"found", found}}
                   .dump()
            << '\n';
  return 0;
}

int seal_without_salts(const std::string& document, const std::string& output) {
  const std::string text = read_text(document);
  const auto sealed =
      SealedDeclaration::seal({Digest{}, {{"application/json", to_bytes(as_bytes(text))}}, {}, {}});
  if (!sealed) return 1;
  const Bytes file = sealed->encode();
  std::ofstream(output, std::ios::binary) << as_text(file);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() == 3 && words[0] == "seal-without-salts") {
    return seal_without_salts(words[1], words[2]);
  }
  if (words.size() == 8 && words[0] == "try" && words[2] == "--document" && words[4] == "--count" &&
      words[6] == "--scale") {
    return try_all(words[1], read_text(words[3]), std::stoul(words[5]), std::stoul(words[7]));
  }
  std::cerr << "see the top of guess.cc\n";
  return 4;
}
