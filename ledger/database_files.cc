#include "ledger/database_files.h"

#include <leveldb/dumpfile.h>
#include <leveldb/env.h>
#include <leveldb/filter_policy.h>
#include <leveldb/iterator.h>
#include <leveldb/options.h>
#include <leveldb/table.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

namespace footproof::ledger {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kTrailerSize = 8;  // of a key in a table: sequence and type, little-endian

// The lines that LevelDB's own dump makes of a log or manifest, one call for each.
class Lines final : public leveldb::WritableFile {
 public:
  explicit Lines(std::function<void(std::string_view)> visit) : visit_(std::move(visit)) {}
  leveldb::Status Append(const leveldb::Slice& line) override {
    visit_({line.data(), line.size()});
    return {};
  }
  leveldb::Status Close() override { return {}; }
  leveldb::Status Flush() override { return {}; }
  leveldb::Status Sync() override { return {}; }

 private:
  std::function<void(std::string_view)> visit_;
};

leveldb::Status dump(const fs::path& file, std::function<void(std::string_view)> visit) {
  Lines lines(std::move(visit));
  return leveldb::DumpFile(leveldb::Env::Default(), file.string(), &lines);
}

std::string escape(std::string_view key) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char byte : key) {
    if (byte >= ' ' && byte <= '~') {
      out += byte;
      continue;
    }
    const auto value = static_cast<unsigned char>(byte);
    out += "\\x";
    out += kDigits[value >> 4U];
    out += kDigits[value & 15U];
  }
  return out;
}

std::vector<fs::path> sorted_files(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (auto entry = fs::directory_iterator(folder, error); !error && entry != fs::end(entry);
       entry.increment(error)) {
    files.push_back(entry->path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

bool is_table(const fs::path& file) {
  return file.extension() == ".ldb" || file.extension() == ".sst";
}

leveldb::Status read_table(
    const fs::path& file,
    const std::function<void(std::string_view key, std::uint64_t sequence)>& visit) {
  leveldb::RandomAccessFile* opened = nullptr;
  auto status = leveldb::Env::Default()->NewRandomAccessFile(file.string(), &opened);
  if (!status.ok()) return status;
  const std::unique_ptr<leveldb::RandomAccessFile> source(opened);
  leveldb::Options options;
  options.paranoid_checks = true;
  leveldb::Table* made = nullptr;
  std::error_code error;
  const std::uint64_t size = fs::file_size(file, error);
  if (error) return leveldb::Status::IOError(error.message());
  status = leveldb::Table::Open(options, source.get(), size, &made);
  if (!status.ok()) return status;
  const std::unique_ptr<leveldb::Table> table(made);
  leveldb::ReadOptions read;
  read.verify_checksums = true;
  read.fill_cache = false;
  const std::unique_ptr<leveldb::Iterator> at(table->NewIterator(read));
  for (at->SeekToFirst(); at->Valid(); at->Next()) {
    const std::string_view key(at->key().data(), at->key().size());
    if (key.size() < kTrailerSize) return leveldb::Status::Corruption("a key without its trailer");
    std::uint64_t sequence = 0;
    for (std::size_t i = 0; i < kTrailerSize; ++i) {
      sequence = sequence << 8U | static_cast<unsigned char>(key[key.size() - 1 - i]);
    }
    visit(key.substr(0, key.size() - kTrailerSize), sequence);
  }
  return at->status();
}

// CRC-32C as LevelDB stores it.
std::uint32_t masked_crc(std::string_view bytes) {
  std::uint32_t crc = ~0U;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1U ^ ((crc & 1U) != 0 ? 0x82F63B78U : 0U);
  }
  crc = ~crc;
  return (crc >> 15U | crc << 17U) + 0xa282ead8U;
}

std::uint64_t take_varint(std::string_view& bytes) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; !bytes.empty() && shift < 64; shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 127U) << shift;
    if (byte < 128) break;
  }
  return value;
}

// The block that a handle in `bytes` names, without its trailer; none if its checksum is wrong.
std::optional<std::string_view> take_block(std::string_view table, std::string_view& bytes) {
  const std::uint64_t offset = take_varint(bytes);
  const std::uint64_t size = take_varint(bytes);
  constexpr std::size_t kBlockTrailer = 5;  // type and checksum
  if (offset > table.size() || size > table.size() - offset ||
      table.size() - offset - size < kBlockTrailer) {
    return std::nullopt;
  }
  std::uint32_t stored = 0;
  for (std::size_t i = 4; i > 0; --i) {
    stored = stored << 8U | static_cast<unsigned char>(table[offset + size + i]);
  }
  if (masked_crc(table.substr(offset, size + 1)) != stored) return std::nullopt;
  return table.substr(offset, size);
}

// What LevelDB goes without when it is damaged, and says nothing: the filter and the padding.
std::string inspect_filter(const fs::path& file) {
  constexpr std::size_t kFooter = 48;
  constexpr std::size_t kMagic = 8;
  std::ifstream in(file, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  const std::string_view table = bytes;
  if (table.size() < kFooter) return "is shorter than a table's end";
  std::string_view footer = table.substr(table.size() - kFooter, kFooter - kMagic);
  auto meta = take_block(table, footer);
  const auto index = take_block(table, footer);
  if (!meta || !index) return "its end has a wrong checksum";
  if (footer.find_first_not_of('\0') != std::string_view::npos) return "its end is not zero";
  // One entry: {shared, rest of the key, length of the handle, key, handle}, then offsets of
  // entries.
  take_varint(*meta);
  const std::uint64_t key = take_varint(*meta);
  take_varint(*meta);
  if (key == 0 || key > meta->size()) return {};
  meta->remove_prefix(key);
  return take_block(table, *meta) ? std::string() : "its filter has a wrong checksum";
}

std::string word_after(std::string_view text, std::size_t at) {
  return std::string(text.substr(at, text.find_first_of(" \n", at) - at));
}

// Number → size of the tables that a manifest leaves alive.
std::map<std::string, std::string> live_tables(const fs::path& manifest) {
  std::map<std::string, std::string> live;
  static_cast<void>(dump(manifest, [&live](std::string_view line) {
    for (std::size_t at = 0; at < line.size();) {
      const std::string_view row = line.substr(at, line.find('\n', at) - at);
      at += row.size() + 1;
      constexpr std::string_view kAdd = "  AddFile: ";
      const bool removes = row.starts_with("  RemoveFile: ") || row.starts_with("  DeleteFile: ");
      if (!removes && !row.starts_with(kAdd)) continue;
      std::size_t word = row.find(": ") + 2;
      word += word_after(row, word).size() + 1;  // the level
      const std::string number = word_after(row, word);
      if (removes) {
        live.erase(number);
      } else {
        live[number] = word_after(row, word + number.size() + 1);
      }
    }
  }));
  return live;
}

// The names of the tables found.
std::set<std::string> inspect_live(const fs::path& folder, const fs::path& manifest,
                                   std::vector<FileDamage>& found) {
  std::set<std::string> named;
  for (const auto& [number, size] : live_tables(manifest)) {
    const std::string padded = std::string(number.size() < 6 ? 6 - number.size() : 0, '0') + number;
    std::error_code error;
    fs::path table = folder / (padded + ".ldb");
    if (!fs::exists(table, error)) table = folder / (padded + ".sst");
    named.insert(table.filename().string());
    const auto there = fs::file_size(table, error);
    if (error) {
      found.push_back({padded + ".ldb", "is not there, and the manifest names it"});
    } else if (std::to_string(there) != size) {
      found.push_back({table.filename().string(),
                       "is " + std::to_string(there) + " bytes long, the manifest says " + size});
    }
  }
  return named;
}

// The tables that belong to the database; none: who knows.
std::optional<std::set<std::string>> inspect_current(const fs::path& folder,
                                                     std::vector<FileDamage>& found) {
  std::ifstream in(folder / "CURRENT", std::ios::binary);
  std::string name;
  std::getline(in, name);
  std::error_code error;
  if (!in || in.eof() || !name.starts_with("MANIFEST-") || name.find('/') != std::string::npos) {
    found.push_back({"CURRENT", "is not there, or does not name a manifest"});
  } else if (!fs::is_regular_file(folder / name, error)) {
    found.push_back({name, "is not there, and CURRENT names it"});
  } else {
    return inspect_live(folder, folder / name, found);
  }
  return std::nullopt;
}

}  // namespace

std::vector<FileDamage> inspect_files(const fs::path& folder) {
  std::vector<FileDamage> found;
  const auto named = inspect_current(folder, found);
  for (const fs::path& file : sorted_files(folder)) {
    const std::string name = file.filename().string();
    if (named && is_table(file) && !named->contains(name)) continue;
    leveldb::Status status;
    std::string what;
    if (is_table(file)) {
      status = read_table(file, [](std::string_view, std::uint64_t) {});
      if (status.ok()) what = inspect_filter(file);
    } else if (file.extension() == ".log" || name.starts_with("MANIFEST-")) {
      status = dump(file, [&what](std::string_view line) {
        if (line.starts_with("corruption: ") && what.empty()) what = line.substr(0, 200);
      });
    }
    if (!status.ok()) what = status.ToString();
    while (!what.empty() && what.back() == '\n') what.pop_back();
    if (!what.empty()) found.push_back({name, what});
  }
  return found;
}

std::string damage_text(const fs::path& folder, const std::vector<FileDamage>& found) {
  if (found.empty()) return {};
  const FileDamage& first = found.front();
  std::string text = folder.filename().string() + "/" + first.file + ": " + first.what;
  if (found.size() > 1) text += ", and " + std::to_string(found.size() - 1) + " more";
  return text;
}

std::map<std::string, std::string> files_of(const fs::path& folder,
                                            const std::set<std::string>& keys) {
  std::map<std::string, std::string> found;
  if (keys.empty()) return found;
  std::map<std::string, std::string> in_logs;  // as the dump writes them
  for (const std::string& key : keys) in_logs["  put '" + escape(key) + "' '"] = key;
  std::map<std::string, std::uint64_t> newest;
  const auto files = sorted_files(folder);
  for (const fs::path& file : files) {
    if (!is_table(file)) continue;
    static_cast<void>(read_table(file, [&](std::string_view key, std::uint64_t sequence) {
      const auto asked = keys.find(std::string(key));
      if (asked == keys.end() || newest[*asked] >= sequence) return;
      newest[*asked] = sequence;
      found[*asked] = file.filename().string();
    }));
  }
  for (const fs::path& file : files) {
    if (file.extension() != ".log") continue;
    static_cast<void>(dump(file, [&](std::string_view line) {
      const std::size_t end = line.find("' '");
      if (end == std::string_view::npos) return;
      const auto asked = in_logs.find(std::string(line.substr(0, end + 3)));
      if (asked != in_logs.end()) found[asked->second] = file.filename().string();
    }));
  }
  return found;
}

}  // namespace footproof::ledger
