#include "api/cli/catalogue.h"

#include <array>
#include <numeric>
#include <utility>

#include "api/cli/bulk.h"
#include "api/cli/command.h"
#include "api/cli/inspect.h"
#include "attest/merkle.h"

namespace footproof::api {
namespace {

// A random number below `bound`, without the bias of a bare remainder mattering at 2^20 of 2^64.
std::uint64_t random_below(std::uint64_t bound) {
  std::array<std::uint8_t, 8> bytes{};
  fill_random(bytes);
  return ByteReader(bytes).u64() % bound;
}

// A field of a CSV file (RFC 4180).
std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace

Result<Arranged> arrange(const std::vector<Digest>& leaves) {
  if (leaves.size() > kSubjectCountMax) {
    return fail(Errc::usage, "more than 1048576 declarations; make several catalogues of them");
  }
  std::size_t count = 1;
  while (count < leaves.size()) count *= 2;
  std::vector<std::uint64_t> order(count);
  std::iota(order.begin(), order.end(), std::uint64_t{0});
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random_below(i)]);
  std::vector<Digest> placed(count);
  for (std::size_t i = 0; i < count; ++i) {
    placed[order[i]] = i < leaves.size() ? leaves[i] : leaf_hash(random_bytes(32));
  }
  auto tree = SubjectTree::make(std::move(placed));
  if (!tree) return fail(std::move(tree.error()));
  order.resize(leaves.size());
  return Arranged{std::move(*tree), std::move(order)};
}

DeclarationTree tree_of(const SealedDeclaration& sealed) {
  return {std::string(sealed.profile()), sealed.tree_size(), sealed.root()};
}

Result<DeclarationTree> read_tree(const std::string& path) {
  const auto bytes = read_file(path, kSealedFileMax);
  if (!bytes) return fail(bytes.error());
  const auto sealed = SealedDeclaration::parse(*bytes);
  if (!sealed) return fail(wrong_file(path, *bytes, "sealed declaration", sealed.error()));
  return tree_of(*sealed);
}

Result<Members> read_members(const std::string& folder_or_list) {
  auto files = list_files(folder_or_list, ".sealed");
  if (!files) return fail(std::move(files.error()));
  if (files->size() < 2 || files->size() > kSubjectCountMax) {
    return fail(Errc::usage, folder_or_list + ": a catalogue has 2 to 1048576 declarations, not " +
                                 std::to_string(files->size()));
  }
  Members members;
  members.files = std::move(*files);
  members.roots.resize(members.files.size());
  members.leaves.resize(members.files.size());
  auto done = for_each_index(members.files.size(), "checking", [&](std::size_t i) -> Result<void> {
    const auto tree = read_tree(members.files[i]);
    if (!tree) return fail(tree.error());
    members.roots[i] = tree->root;
    members.leaves[i] = subject_leaf(*tree);
    return {};
  });
  if (!done) return fail(std::move(done.error()));
  return members;
}

std::string members_csv(const Members& members, const std::vector<std::uint64_t>& positions) {
  constexpr std::size_t kRestOfLine = 80;  // root, position, commas
  std::size_t size = kRestOfLine;
  for (const std::string& file : members.files) size += file.size() + kRestOfLine;
  std::string text = "file,tree_root,position\n";
  text.reserve(size);  // grown step by step, a million lines would take twice their memory
  for (std::size_t i = 0; i < members.files.size(); ++i) {
    text += csv_field(members.files[i]) + ',' + members.roots[i].hex() + ',' +
            std::to_string(positions[i]) + '\n';
  }
  return text;
}

std::map<Digest, std::string> roots_in_csv(std::string_view text) {
  std::map<Digest, std::string> roots;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t last = line.rfind(',');
    if (last == std::string_view::npos || last < 65 || line[last - 65] != ',') continue;
    const auto root = digest_from_hex(line.substr(last - 64, 64));
    if (root) roots.emplace(*root, line.substr(0, last - 65));
  }
  return roots;
}

Result<void> write_each(const std::string& folder, const Members& members,
                        const Catalogue& catalogue) {
  const auto outputs = outputs_in(folder, members.files, ".attested");
  if (!outputs) return fail(outputs.error());
  if (auto made = make_folder(folder); !made) return made;
  auto done = for_each_index(outputs->size(), "writing", [&](std::size_t i) -> Result<void> {
    const auto position = catalogue.tree.find_leaf(members.leaves[i]);
    if (!position) return fail(Errc::mismatch, members.files[i] + ": no member of the catalogue");
    auto path = catalogue.tree.path(*position);
    if (!path) return fail(std::move(path.error()));
    return write_file_unsynced(
        (*outputs)[i],
        encode_attested({catalogue.statement, members.roots[i], *position, std::move(*path),
                         catalogue.receipt, catalogue.nodes}),
        0644);
  });
  if (!done) return done;
  return sync_folder(folder);
}

Result<Catalogue> read_catalogue(const std::string& path) {
  const auto bytes = read_file(path, kCatalogueSizeMax);
  if (!bytes) return fail(bytes.error());
  auto catalogue = parse_catalogue(*bytes);
  if (!catalogue) return fail(wrong_file(path, *bytes, "catalogue", catalogue.error()));
  return catalogue;
}

}  // namespace footproof::api
