#include "ledger/anchor.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

namespace footproof::ledger {
namespace {

constexpr std::string_view kMagic = "FPANCHR1";
constexpr std::string_view kChecksumTag = "footproof/anchor/v1";
// One sector. A slot is written as two equal copies, so that a byte that rots in the newest slot
// does not bring the older one back: only a write that never finished does.
constexpr std::size_t kCopySize = 4096;
constexpr std::size_t kCopies = 2;
constexpr std::size_t kSlotSize = kCopies * kCopySize;
constexpr std::size_t kBodySize = 8 + 8 + 32 + 8 + 32 + 8 + 32 + 8 + 32 + 8;

struct Slot {
  std::uint64_t generation = 0;
  AnchorState state;
};

Bytes encode_copy(const Slot& slot) {
  ByteWriter out;
  out.raw(as_bytes(kMagic)).u64(slot.generation).raw(slot.state.chain_id.view());
  out.u64(slot.state.height).raw(slot.state.block_id.view());
  out.u64(slot.state.log_size).raw(slot.state.log_root.view());
  out.u64(slot.state.cosigned_size).raw(slot.state.cosigned_root.view());
  out.u64(slot.state.cosigned_time_s);
  out.raw(tagged_hash(kChecksumTag, {out.bytes()}).view());
  Bytes bytes = std::move(out).take();
  bytes.resize(kCopySize);
  return bytes;
}

Digest take_digest(ByteReader& in) {
  auto digest = to_digest(in.take(Digest::kSize));
  return digest ? *digest : Digest{};
}

std::optional<Slot> decode_copy(ByteView bytes) {
  if (bytes.size() != kCopySize) return std::nullopt;
  ByteReader in(bytes.first(kBodySize + Digest::kSize));
  Slot slot;
  if (as_text(in.take(kMagic.size())) != kMagic) return std::nullopt;
  slot.generation = in.u64();
  slot.state.chain_id = take_digest(in);
  slot.state.height = in.u64();
  slot.state.block_id = take_digest(in);
  slot.state.log_size = in.u64();
  slot.state.log_root = take_digest(in);
  slot.state.cosigned_size = in.u64();
  slot.state.cosigned_root = take_digest(in);
  slot.state.cosigned_time_s = in.u64();
  take_digest(in);
  // The checksum and the padding, by making the slot again: one spelling.
  if (!in.exhausted() || !equal(encode_copy(slot), bytes)) return std::nullopt;
  return slot;
}

tl::unexpected<Error> io_error(const std::filesystem::path& path, const char* what) {
  return fail(Errc::io, "anchor " + path.string() + ": " + what + ": " + std::strerror(errno));
}

bool write_slot(int file, const Slot& slot) {
  Bytes bytes = encode_copy(slot);
  append(bytes, to_bytes(bytes));
  const auto at = static_cast<off_t>((slot.generation % 2) * kSlotSize);
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t wrote =
        pwrite(file, bytes.data() + done, bytes.size() - done, at + static_cast<off_t>(done));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return false;
    done += static_cast<std::size_t>(wrote);
  }
  return fdatasync(file) == 0;
}

std::optional<Slot> read_copy(int file, std::size_t number) {
  Bytes bytes(kCopySize);
  const ssize_t got =
      pread(file, bytes.data(), bytes.size(), static_cast<off_t>(number * kCopySize));
  if (got != static_cast<ssize_t>(bytes.size())) return std::nullopt;
  return decode_copy(bytes);
}

bool sync_folder(const std::filesystem::path& path) {
  const std::filesystem::path parent = path.has_parent_path() ? path.parent_path() : ".";
  const int folder = ::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return false;
  const bool synced = fsync(folder) == 0;
  close(folder);
  return synced;
}

Result<void> check_step(const AnchorState& from, const AnchorState& to) {
  if (to.chain_id != from.chain_id) return fail(Errc::mismatch, "anchor: another chain");
  if (to.height < from.height || to.log_size < from.log_size) {
    return fail(Errc::mismatch, "anchor: the executed head would go back");
  }
  if (to.height == from.height && to.block_id != from.block_id) {
    return fail(Errc::mismatch, "anchor: another block at the height anchored");
  }
  if (to.cosigned_size < from.cosigned_size || to.cosigned_time_s < from.cosigned_time_s) {
    return fail(Errc::mismatch, "anchor: the cosigned head would go back");
  }
  if (to.cosigned_size == from.cosigned_size && to.cosigned_root != from.cosigned_root) {
    return fail(Errc::mismatch, "anchor: another root at the size cosigned");
  }
  return {};
}

}  // namespace

Anchor::Anchor(int file, AnchorState state, std::uint64_t generation)
    : file_(file), state_(state), generation_(generation) {}

Anchor::Anchor(Anchor&& other) noexcept { *this = std::move(other); }

Anchor& Anchor::operator=(Anchor&& other) noexcept {
  std::swap(file_, other.file_);
  std::swap(state_, other.state_);
  std::swap(generation_, other.generation_);
  std::swap(failed_, other.failed_);
  std::swap(on_disk_, other.on_disk_);
  return *this;
}

Anchor::~Anchor() {
  if (file_ >= 0) close(file_);
}

Result<Anchor> Anchor::create(const std::filesystem::path& path, const AnchorState& state) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return io_error(path, "create");
  Anchor anchor(file, state, 1);
  // Both slots, so that the first torn write still leaves one.
  if (!write_slot(file, {0, state}) || !write_slot(file, {1, state}) || !sync_folder(path)) {
    return io_error(path, "write");
  }
  anchor.on_disk_ = true;
  return anchor;
}

Result<Anchor> Anchor::open(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0 && errno == ENOENT) {
    return fail(Errc::not_found, "anchor " + path.string() + ": there is none");
  }
  if (file < 0) return io_error(path, "open");
  Anchor anchor(file, {}, 0);  // closes the file on every path from here
  std::optional<Slot> best;
  for (std::size_t number = 0; number < 2 * kCopies; ++number) {
    auto slot = read_copy(file, number);
    if (!slot || slot->generation % 2 != number / kCopies) continue;
    if (!best || slot->generation > best->generation) best = slot;
  }
  if (!best) return fail(Errc::corrupt, "anchor " + path.string() + ": no slot is whole");
  anchor.state_ = best->state;
  anchor.generation_ = best->generation;
  return anchor;
}

std::vector<std::string> Anchor::inspect(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return {io_error(path, "open").value().detail};
  std::vector<std::string> found;
  std::array<std::optional<Slot>, 2 * kCopies> slots;
  for (std::size_t number = 0; number < slots.size(); ++number) {
    slots[number] = read_copy(file, number);
    if (slots[number] && slots[number]->generation % 2 == number / kCopies) continue;
    found.push_back("slot " + std::to_string(number / kCopies) + ", copy " +
                    std::to_string(number % kCopies) +
                    " is not whole: damaged, or a write was cut off");
  }
  struct stat facts {};
  if (fstat(file, &facts) == 0 && facts.st_size != 2 * static_cast<off_t>(kSlotSize)) {
    found.push_back("is " + std::to_string(facts.st_size) + " bytes long instead of " +
                    std::to_string(2 * kSlotSize));
  }
  close(file);
  if (!found.empty()) return found;
  for (std::size_t slot = 0; slot < 2; ++slot) {
    const std::size_t first = slot * kCopies;
    const std::size_t other = (1 - slot) * kCopies;
    const auto of_slot = std::minmax(slots[first]->generation, slots[first + 1]->generation);
    // The other slot was written before it, or after it, once the process came back.
    if (of_slot.first + 2 == of_slot.second && (of_slot.first + 1 == slots[other]->generation ||
                                                of_slot.second + 1 == slots[other]->generation)) {
      return {"slot " + std::to_string(slot) +
              ": one copy is two writes older than the other: exchanged, or a write was cut off"};
    }
  }
  const auto generations = std::minmax(slots[0]->generation, slots[kCopies]->generation);
  const bool alike = slots[0]->state == slots[1]->state && slots[2]->state == slots[3]->state &&
                     slots[0]->generation == slots[1]->generation &&
                     slots[2]->generation == slots[3]->generation;
  if (!alike || generations.first + 1 != generations.second) {
    found.emplace_back("its copies are not of two writes, one after the other");
  }
  return found;
}

Result<void> Anchor::write(const AnchorState& next) {
  if (failed_) return fail(Errc::io, "anchor: a write failed before; nothing more is written");
  if (auto step = check_step(state_, next); !step) return step;
  if (next == state_ && on_disk_) return {};
  if (!write_slot(file_, {generation_ + 1, next})) {
    failed_ = true;
    return fail(Errc::io, std::string("anchor: write: ") + std::strerror(errno));
  }
  ++generation_;
  state_ = next;
  on_disk_ = true;
  return {};
}

}  // namespace footproof::ledger
