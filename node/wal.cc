#include "node/wal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/crc.hpp>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <deque>
#include <optional>
#include <utility>

#include "attest/check.h"
#include "node/data_folder.h"

namespace footproof::node {
namespace {

// Segment: magic u64 | sequence u64 | salt u32 | crc32c u32, then records, each at a multiple of 8:
// length u32 (of the body, plus one) | crc32c u32 of the body | group u64 | epoch u64 | view u64 |
// type u8 | zero u8 u8 u8 | crc32c u32 of the header before it | body. A zero length word with
// nothing behind it is the end. Both checksums begin with the salt, which is drawn for each segment
// and never leaves this machine: the bodies hold what others chose, and whoever could write a good
// header into one could make a torn tail look like a lost group.
constexpr std::uint64_t kMagic = 0x46505741'4c303032;  // "FPWAL002"
constexpr std::size_t kSegmentHeader = 24;
constexpr std::size_t kHeadChecked = 4 + 4 + 8 + 8 + 8 + 4;
constexpr std::size_t kRecordHeader = kHeadChecked + 4;
constexpr std::uint8_t kSealType = 255;
constexpr std::size_t kSealSize = kRecordHeader;

std::size_t padded(std::size_t size) { return (size + 7) / 8 * 8; }

std::uint32_t crc32c(std::uint32_t salt, ByteView bytes) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  const Bytes first = ByteWriter().u32(salt).bytes();
  crc.process_bytes(first.data(), first.size());
  crc.process_bytes(bytes.data(), bytes.size());
  return crc.checksum();
}

tl::unexpected<Error> disk_error(std::string_view what, const std::filesystem::path& file) {
  return fail(Errc::io, fmt::format("{} {}: {}", what, file.string(), std::strerror(errno)));
}

// Where a group begins, over all segments.
std::uint64_t place(std::uint64_t sequence, std::size_t offset) {
  return sequence << 32U | static_cast<std::uint64_t>(offset);
}

struct ParsedHead {
  WalRecord record;  // without its body
  std::size_t size = 0;
  std::uint32_t body_crc = 0;
  std::uint64_t group = 0;
};

// The header of a record at `offset`, or none. It costs a few bytes' checksum, whatever is there.
// The stored length is that of the body plus one, so that no record begins with a zero word.
std::optional<ParsedHead> parse_head(std::uint32_t salt, ByteView segment, std::size_t offset) {
  if (offset + kRecordHeader > segment.size()) return std::nullopt;
  ByteReader in(segment.subspan(offset, kRecordHeader));
  const std::uint32_t stored = in.u32();
  if (stored == 0 || stored - 1 > kWalBodySizeMax) return std::nullopt;
  ParsedHead out;
  out.size = stored - 1;
  out.body_crc = in.u32();
  out.group = in.u64();
  out.record.epoch = in.u64();
  out.record.view = in.u64();
  out.record.type = in.u8();
  const auto zeros = in.take(3);
  if (in.u32() != crc32c(salt, segment.subspan(offset, kHeadChecked))) return std::nullopt;
  if (std::ranges::any_of(zeros, [](std::uint8_t byte) { return byte != 0; })) return std::nullopt;
  return out;
}

struct Parsed {
  WalRecord record;
  std::size_t end = 0;  // where the next record begins
};

// The record at `offset`, or none: bad length, bad checksum, padding that is not zero.
std::optional<Parsed> parse_record(std::uint32_t salt, ByteView segment, std::size_t offset) {
  auto head = parse_head(salt, segment, offset);
  if (!head) return std::nullopt;
  const std::size_t begin = offset + kRecordHeader;
  const std::size_t end = offset + padded(kRecordHeader + head->size);
  if (end > segment.size()) return std::nullopt;
  const auto body = segment.subspan(begin, head->size);
  if (crc32c(salt, body) != head->body_crc) return std::nullopt;
  const auto padding = segment.subspan(begin + head->size, end - begin - head->size);
  if (std::ranges::any_of(padding, [](std::uint8_t byte) { return byte != 0; })) {
    return std::nullopt;
  }
  head->record.body = to_bytes(body);
  return Parsed{std::move(head->record), end};
}

Bytes encode_record(std::uint32_t salt, std::uint64_t group, const WalRecord& head, ByteView body) {
  ByteWriter out;
  out.u32(static_cast<std::uint32_t>(body.size() + 1)).u32(crc32c(salt, body));
  out.u64(group).u64(head.epoch).u64(head.view).u8(head.type).u8(0).u8(0).u8(0);
  const std::uint32_t crc = crc32c(salt, out.bytes());
  out.u32(crc).raw(body);
  Bytes bytes = std::move(out).take();
  bytes.resize(padded(bytes.size()), 0);
  return bytes;
}

Bytes encode_segment_header(std::uint64_t sequence, std::uint32_t salt) {
  ByteWriter out;
  out.u64(kMagic).u64(sequence).u32(salt);
  const std::uint32_t crc = crc32c(salt, out.bytes());
  out.u32(crc);
  return std::move(out).take();
}

// The salt of a segment whose header is whole.
std::optional<std::uint32_t> parse_segment_header(std::uint64_t sequence, ByteView segment) {
  if (segment.size() < kSegmentHeader) return std::nullopt;
  const std::uint32_t salt = ByteReader(segment.subspan(16, 4)).u32();
  const Bytes whole = encode_segment_header(sequence, salt);
  if (!equal(segment.first(kSegmentHeader), whole)) return std::nullopt;
  return salt;
}

struct Scan {
  bool header_good = false;
  bool sealed = false;
  std::size_t end = kSegmentHeader;  // of the last good record in a row
  bool tail_is_clean = true;         // only zeros behind `end`
  bool later_group_follows = false;  // a good header of a group that begins behind `end`
  std::uint64_t records = 0;
};

Scan scan_segment(std::uint64_t sequence, ByteView segment, const WalVisitor& visit) {
  Scan scan;
  const auto salt = parse_segment_header(sequence, segment);
  scan.header_good = salt.has_value();
  if (!scan.header_good) return scan;
  while (!scan.sealed) {
    auto parsed = parse_record(*salt, segment, scan.end);
    if (!parsed) break;
    scan.end = parsed->end;
    scan.sealed = parsed->record.type == kSealType;
    if (scan.sealed) break;
    ++scan.records;
    visit(std::move(parsed->record));
  }
  const auto rest = segment.subspan(scan.end);
  scan.tail_is_clean = std::ranges::all_of(rest, [](std::uint8_t byte) { return byte == 0; });
  if (scan.tail_is_clean) return scan;
  for (std::size_t offset = scan.end; offset + kRecordHeader <= segment.size(); offset += 8) {
    // A group is written only after the one before it was synced: its header is enough.
    const auto head = parse_head(*salt, segment, offset);
    if (head && head->group > place(sequence, scan.end)) scan.later_group_follows = true;
  }
  return scan;
}

std::string segment_name(std::uint64_t sequence) { return fmt::format("{:016x}.wal", sequence); }

bool write_at(int file, std::size_t offset, ByteView bytes) {
  while (!bytes.empty()) {
    const auto done = ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    offset += static_cast<std::size_t>(done);
    bytes = bytes.subspan(static_cast<std::size_t>(done));
  }
  return true;
}

// Preallocated, so that a sync later writes data only, and space cannot run out in the middle of
// a group.
Result<bool> create_segment(const std::filesystem::path& folder, std::uint64_t sequence,
                            std::size_t size) {
  const auto made = folder / "next";
  const int file = ::open(made.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return disk_error("cannot create", made);
  const int reserved = ::posix_fallocate(file, 0, static_cast<off_t>(size));
  errno = reserved != 0 ? reserved : errno;
  const std::uint32_t salt = ByteReader(random_bytes(4)).u32();
  const bool written = reserved == 0 && write_at(file, 0, encode_segment_header(sequence, salt)) &&
                       ::fsync(file) == 0;
  ::close(file);
  if (!written) return disk_error("cannot preallocate", made);
  const auto name = folder / segment_name(sequence);
  if (::rename(made.c_str(), name.c_str()) != 0) return disk_error("cannot rename", made);
  return sync_directory(folder);
}

constexpr std::string_view kFirstName = "first";  // holds the lowest sequence that must be there

Result<bool> write_first(const std::filesystem::path& folder, std::uint64_t sequence) {
  const std::string text = fmt::format("{}\n", sequence);
  return replace_file(folder / kFirstName, as_bytes(text));
}

Result<std::optional<std::uint64_t>> read_first(const std::filesystem::path& folder) {
  auto content = read_file(folder / kFirstName, 64);
  if (!content) {
    if (content.error().code == Errc::not_found) return std::optional<std::uint64_t>();
    return fail(content.error());
  }
  std::uint64_t value = 0;
  const auto text = as_text(*content);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || fmt::format("{}\n", value) != text) {
    return fail(Errc::corrupt, "wal/first does not hold a number");
  }
  return std::optional<std::uint64_t>(value);
}

Result<std::vector<std::uint64_t>> list_segments(const std::filesystem::path& folder) {
  std::vector<std::uint64_t> sequences;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    std::uint64_t sequence = 0;
    const auto [end, bad] = std::from_chars(name.data(), name.data() + name.size(), sequence, 16);
    if (bad == std::errc{} && segment_name(sequence) == name) sequences.push_back(sequence);
  }
  if (error) return fail(Errc::io, "cannot list " + folder.string() + ": " + error.message());
  std::ranges::sort(sequences);
  return sequences;
}

}  // namespace

struct Wal::State {
  std::filesystem::path folder;
  std::size_t segment_size = 0;
  std::deque<std::uint64_t> segments;  // sequences, oldest first; the last is written to
  int file = -1;                       // the last one
  std::uint32_t salt = 0;              // of the last one
  std::size_t kept = 0;                // segments that the last rewrite left
  std::size_t written = 0;             // its bytes that are synced
  Bytes pending;                       // appended, not yet synced
  std::uint64_t position = 0;          // of the last record appended
  bool broken = false;

  ~State() {
    if (file >= 0) ::close(file);
  }

  [[nodiscard]] std::filesystem::path path(std::uint64_t sequence) const {
    return folder / segment_name(sequence);
  }

  Result<bool> open_last() {
    if (file >= 0) ::close(file);
    file = ::open(path(segments.back()).c_str(), O_RDWR | O_CLOEXEC);
    if (file < 0) return disk_error("cannot open", path(segments.back()));
    Bytes head(kSegmentHeader);
    const auto got = ::pread(file, head.data(), head.size(), 0);
    const auto found = got == static_cast<ssize_t>(head.size())
                           ? parse_segment_header(segments.back(), head)
                           : std::nullopt;
    if (!found) return disk_error("cannot read the header of", path(segments.back()));
    salt = *found;
    return true;
  }

  Result<bool> flush() {
    if (pending.empty()) return true;
    if (!write_at(file, written, pending) || ::fdatasync(file) != 0) {
      broken = true;
      return disk_error("cannot write or sync", path(segments.back()));
    }
    written += pending.size();
    pending.clear();
    return true;
  }

  // The next segment is there before the seal that promises it.
  Result<bool> roll() {
    if (auto flushed = flush(); !flushed) return flushed;
    const std::uint64_t next = segments.back() + 1;
    if (auto made = create_segment(folder, next, segment_size); !made) {
      broken = true;
      return made;
    }
    if (auto sealed = seal(); !sealed) return sealed;
    segments.push_back(next);
    written = kSegmentHeader;
    return open_last();
  }

  Result<bool> seal() {
    pending = encode_record(salt, place(segments.back(), written),
                            WalRecord{.type = kSealType, .body = {}}, {});
    CHECK(pending.size() == kSealSize);
    return flush();
  }

  // Makes the last segment, as it was read, ready to be appended to. The bytes of a torn tail.
  Result<std::size_t> go_on(const Scan& scan, std::size_t size) {
    if (auto last = open_last(); !last) return fail(last.error());
    if (size != segment_size) {  // another size was configured when it was made
      segment_size = std::max(size, segment_size);
      if (::ftruncate(file, static_cast<off_t>(segment_size)) != 0) {
        return disk_error("cannot resize", path(segments.back()));
      }
    }
    written = scan.end;
    if (scan.tail_is_clean) {
      if (auto synced = write_again(segments.back(), scan.end); !synced) {
        return fail(synced.error());
      }
      return std::size_t{0};
    }
    if (auto cut = cut_tail(scan.end); !cut) return fail(cut.error());
    return size - scan.end;
  }

  // What was read may have come from the page cache alone: of a life that was killed before its
  // sync ended, or whose sync failed and left the pages clean. It counts when it is on the disk.
  Result<bool> write_again(std::uint64_t sequence, std::size_t end) const {
    const auto bytes = read_file(path(sequence), std::size_t{1} << 31U);
    if (!bytes) return fail(bytes.error());
    const int again = ::open(path(sequence).c_str(), O_WRONLY | O_CLOEXEC);
    const bool done =
        again >= 0 && write_at(again, 0, ByteView(*bytes).first(end)) && ::fdatasync(again) == 0;
    const int why = errno;
    if (again >= 0) ::close(again);
    errno = why;
    if (!done) return disk_error("cannot sync", path(sequence));
    return true;
  }

  Result<bool> cut_tail(std::size_t from) {
    const Bytes zeros(segment_size - from, 0);
    if (!write_at(file, from, zeros) || ::fdatasync(file) != 0) {
      return disk_error("cannot cut the torn tail of", path(segments.back()));
    }
    return true;
  }
};

Wal::Wal(std::unique_ptr<State> state) : state_(std::move(state)) {}
Wal::~Wal() = default;

namespace {

// What is wrong with the set of files, before any is read.
std::string missing_segment(const std::vector<std::uint64_t>& sequences,
                            const std::optional<std::uint64_t>& first) {
  if (!first) return "wal/first is missing";
  if (sequences.empty() || sequences.front() != *first) {
    return fmt::format("segment {} is missing", segment_name(*first));
  }
  for (std::size_t i = 1; i < sequences.size(); ++i) {
    if (sequences[i] != sequences[i - 1] + 1) {
      return fmt::format("segment {} is missing", segment_name(sequences[i - 1] + 1));
    }
  }
  return {};
}

std::string segment_problem(const Scan& scan, bool is_last, bool only_an_empty_one_follows) {
  if (!scan.header_good) return "its header is damaged";
  if (scan.later_group_follows) return "a damaged record has good ones after it";
  if (is_last && scan.sealed) return "it is sealed but the next one is missing";
  if (!is_last && !scan.sealed && !only_an_empty_one_follows) {
    return "it ends before its seal";
  }
  if (scan.sealed && !scan.tail_is_clean) return "bytes follow its seal";
  return {};
}

}  // namespace

Result<bool> Wal::create(const std::filesystem::path& folder, std::size_t segment_size) {
  CHECK(segment_size >= kWalSegmentSizeMin && segment_size < (std::size_t{1} << 31U));
  std::error_code error;
  std::filesystem::create_directory(folder, error);
  if (error) return fail(Errc::io, "cannot make " + folder.string() + ": " + error.message());
  if (auto synced = sync_directory(folder.parent_path()); !synced) return synced;
  if (std::filesystem::exists(folder / kFirstName)) {
    return fail(Errc::usage, folder.string() + " holds a write-ahead log already");
  }
  if (auto made = create_segment(folder, 1, segment_size); !made) return made;
  return write_first(folder, 1);
}

Result<WalOpened> Wal::open(const std::filesystem::path& folder, std::size_t segment_size,
                            const WalVisitor& visit) {
  CHECK(segment_size >= kWalSegmentSizeMin && segment_size < (std::size_t{1} << 31U));
  WalOpened opened;
  const auto distrust = [&opened](std::string reason) {
    opened.wal.reset();
    opened.reason = std::move(reason);
    return std::move(opened);
  };
  std::error_code error;
  if (!std::filesystem::exists(folder, error)) return distrust("there is no " + folder.string());
  // Names too may be known to the page cache alone (write_again).
  if (auto synced = sync_directory(folder); !synced) return fail(synced.error());
  auto first = read_first(folder);
  if (!first && first.error().code == Errc::corrupt) return distrust(first.error().detail);
  if (!first) return fail(first.error());
  auto sequences = list_segments(folder);
  if (!sequences) return fail(sequences.error());
  while (*first && !sequences->empty() && sequences->front() < **first) {
    std::filesystem::remove(folder / segment_name(sequences->front()), error);  // half dropped
    sequences->erase(sequences->begin());
  }
  if (auto reason = missing_segment(*sequences, *first); !reason.empty()) return distrust(reason);

  auto state = std::make_unique<State>();
  state->folder = folder;
  state->segment_size = segment_size;
  Scan previous;
  for (std::size_t i = 0; i < sequences->size(); ++i) {
    const std::uint64_t sequence = (*sequences)[i];
    const bool is_last = i + 1 == sequences->size();
    auto bytes = read_file(folder / segment_name(sequence), std::size_t{1} << 31U);
    if (!bytes) return fail(bytes.error());
    Scan scan = scan_segment(sequence, *bytes, visit);
    opened.records += scan.records;
    // A crash between making a segment and sealing the one before leaves the new one empty.
    const bool next_to_last = i + 2 == sequences->size();
    const auto reason = segment_problem(scan, is_last, next_to_last);
    if (!reason.empty()) return distrust(segment_name(sequence) + ": " + reason);
    if (is_last && i > 0 && !previous.sealed && scan.records > 0) {
      return distrust(segment_name((*sequences)[i - 1]) + ": it ends before its seal");
    }
    state->segments.push_back(sequence);
    // The seal may not be on the disk: nothing has followed it that was synced.
    if (is_last && previous.sealed && scan.records == 0) {
      auto synced = state->write_again(state->segments[i - 1], previous.end);
      if (!synced) return fail(synced.error());
    }
    if (is_last || !scan.sealed) {
      auto cut = state->go_on(scan, bytes->size());
      if (!cut) return fail(cut.error());
      opened.bytes_cut += *cut;
      if (!is_last) {
        if (auto sealed = state->seal(); !sealed) return fail(sealed.error());
      }
    }
    previous = scan;
  }
  opened.trusted = true;
  opened.wal = std::unique_ptr<Wal>(new Wal(std::move(state)));
  return opened;
}

Result<std::uint64_t> Wal::append(std::uint64_t epoch, std::uint64_t view, std::uint8_t type,
                                  ByteView body) {
  CHECK(type != 0 && type != kSealType);
  if (state_->broken) return fail(Errc::io, "the log failed before; restart");
  if (body.size() > kWalBodySizeMax ||
      padded(kRecordHeader + body.size()) + kSegmentHeader + kSealSize > state_->segment_size) {
    return fail(Errc::bad_length, "a record of the write-ahead log is too large");
  }
  const std::size_t size = padded(kRecordHeader + body.size());
  if (state_->written + state_->pending.size() + size + kSealSize > state_->segment_size) {
    if (auto rolled = state_->roll(); !rolled) return fail(rolled.error());
  }
  const WalRecord head{.epoch = epoch, .view = view, .type = type, .body = {}};
  footproof::append(
      state_->pending,
      encode_record(state_->salt, place(state_->segments.back(), state_->written), head, body));
  return ++state_->position;
}

Result<std::uint64_t> Wal::sync() {
  if (state_->broken) return fail(Errc::io, "the log failed before; restart");
  if (auto flushed = state_->flush(); !flushed) return fail(flushed.error());
  return state_->position;
}

bool Wal::has_unsynced() const { return !state_->pending.empty(); }

bool Wal::wants_rewrite() const {
  return state_->segments.size() > std::max(kWalSegmentsMax, 2 * state_->kept);
}

std::size_t Wal::segment_count() const { return state_->segments.size(); }

Result<bool> Wal::rewrite(const std::vector<WalRecord>& live) {
  if (state_->broken) return fail(Errc::io, "the log failed before; restart");
  if (auto rolled = state_->roll(); !rolled) return rolled;
  const std::uint64_t kept = state_->segments.back();
  for (const auto& record : live) {
    auto appended = append(record.epoch, record.view, record.type, record.body);
    if (!appended) return fail(appended.error());
  }
  if (auto flushed = state_->flush(); !flushed) return flushed;
  // The promise moves first: a crash in between leaves files that open() takes away.
  if (auto wrote = write_first(state_->folder, kept); !wrote) return wrote;
  while (state_->segments.front() != kept) {
    const auto old = state_->path(state_->segments.front());
    if (::unlink(old.c_str()) != 0) return disk_error("cannot delete", old);
    state_->segments.pop_front();
  }
  state_->kept = state_->segments.size();
  return sync_directory(state_->folder);
}

}  // namespace footproof::node
