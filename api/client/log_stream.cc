#include "api/client/log_stream.h"

#include <algorithm>
#include <fstream>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "attest/block_record.h"
#include "attest/cose.h"
#include "attest/statement.h"
#include "ledger/tiles.h"

namespace footproof::api {
namespace {

constexpr std::size_t kBundleMax = 256 * (cose::kSign1SizeMax + 4);
constexpr std::uint32_t kWidth = 256;
// A statement begins with CBOR tag 18, a block record with an array.
constexpr std::uint8_t kStatementHead = 0xd2;

// Nothing where there is none, or where it is not what was written: then it is downloaded again,
// so that a damaged disk of the reader's own is not taken for a network that broke its rules.
std::optional<Bytes> read_cached(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text(Digest{}.bytes.size() + kBundleMax + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  ByteReader file(as_bytes(text));
  const ByteView digest = file.take(Digest{}.bytes.size());
  if (file.failed()) return std::nullopt;
  const ByteView bytes = as_bytes(text).subspan(digest.size());
  if (bytes.size() > kBundleMax || !std::ranges::equal(sha256(bytes).bytes, digest)) {
    return std::nullopt;
  }
  return to_bytes(bytes);
}

// Best effort: a bundle that is not kept is downloaded again.
void write_cached(const std::filesystem::path& path, ByteView bytes) {
  std::error_code ignored;
  std::filesystem::create_directories(path.parent_path(), ignored);
  const std::filesystem::path beside = path.string() + ".part";
  {
    std::ofstream out(beside, std::ios::binary | std::ios::trunc);
    out << as_text(sha256(bytes).view()) << as_text(bytes);
    if (!out.flush()) return;
  }
  std::filesystem::rename(beside, path, ignored);
}

Result<StreamEntry> take_entry(ByteReader& in, std::uint64_t index) {
  const std::uint32_t size = in.u32();
  const ByteView bytes = in.take(size);
  if (in.failed() || size == 0 || size > cose::kSign1SizeMax) {
    return fail(Errc::malformed, "statement bundle: cut off at entry " + std::to_string(index));
  }
  StreamEntry entry{index, bytes.front() != kStatementHead, to_bytes(bytes), {}};
  entry.entry = entry.is_record ? block_record_entry(bytes) : statement_entry(bytes);
  return entry;
}

}  // namespace

Result<StreamHead> LogStream::head() {
  auto note = client_.checkpoint();
  if (!note) return fail(note.error());
  if (policy_ != nullptr) {
    auto trusted = judge_live_checkpoint(*policy_, as_bytes(*note));
    if (!trusted) return fail("checkpoint", trusted.error());
    return StreamHead{trusted->checkpoint, std::move(*note), trusted->as_of};
  }
  const auto parsed = parse_note(as_bytes(*note));
  if (!parsed) return fail("checkpoint", parsed.error());
  auto checkpoint = parse_checkpoint(parsed->text);
  if (!checkpoint) return fail("checkpoint", checkpoint.error());
  return StreamHead{std::move(*checkpoint), std::move(*note), {}};
}

Result<Bytes> LogStream::bundle(std::uint64_t number, std::uint32_t width) {
  const std::string path = ledger::tile_path({ledger::TileKind::statements, 0, number, width});
  const bool kept = width == kWidth && !cache_.empty();
  if (kept) {
    if (auto bytes = read_cached(cache_ / path)) return std::move(*bytes);
  }
  const auto answer = client_.get("/" + path, kBundleMax);
  if (!answer) return fail(answer.error());
  Bytes bytes = to_bytes(as_bytes(answer->body));
  if (kept) write_cached(cache_ / path, bytes);
  return bytes;
}

Result<void> LogStream::advance_to(const Checkpoint& head, const Visit& visit) {
  if (head.size < tree_.size()) {
    return fail(Errc::mismatch, "checkpoint: of size " + std::to_string(head.size) + ", but " +
                                    std::to_string(tree_.size()) + " entries were read before");
  }
  while (tree_.size() < head.size) {
    const std::uint64_t number = tree_.size() / kWidth;
    const std::uint64_t begin = number * kWidth;
    const auto width =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(kWidth, head.size - begin));
    const auto bytes = bundle(number, width);
    if (!bytes) return fail(bytes.error());
    ByteReader in(*bytes);
    for (std::uint64_t index = begin; index < begin + width; ++index) {
      const auto entry = take_entry(in, index);
      if (!entry) return fail(entry.error());
      if (index < tree_.size()) continue;  // of an earlier, narrower bundle
      tree_.append(leaf_hash(entry->entry.view()));
      if (auto visited = visit(*entry); !visited) return visited;
    }
    if (!in.exhausted()) {
      return fail(Errc::malformed, "statement bundle " + std::to_string(number) + ": bytes left");
    }
  }
  if (tree_.root() == head.root) return {};
  return fail(
      Errc::mismatch,
      "the log that the node serves is not that of its checkpoint of size " +
          std::to_string(head.size) +
          (cache_.empty() ? "" : "; an earlier node filled the cache: remove it, ask again"));
}

Result<StreamHead> LogStream::advance(const Visit& visit) {
  auto to = head();
  if (!to) return fail(to.error());
  if (auto done = advance_to(to->checkpoint, visit); !done) return fail(done.error());
  return to;
}

}  // namespace footproof::api
