// A segment of the write-ahead log with any bytes in it: opening never crashes; what is trusted
// reads the same a second time, and can be written to.
#include <fstream>
#include <vector>

#include "attest/check.h"
#include "node/wal.h"
#include "tests/support/temp_folder.h"

namespace {

using namespace footproof;

struct Read {
  node::WalOpened opened;
  std::vector<Bytes> bodies;
};

Read read(const std::filesystem::path& folder) {
  Read out;
  auto opened = node::Wal::open(folder, node::kWalSegmentSizeMin, [&out](node::WalRecord&& record) {
    out.bodies.push_back(std::move(record.body));
  });
  CHECK(opened.has_value());
  out.opened = *std::move(opened);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > node::kWalSegmentSizeMin) return 0;
  const test::TempFolder temp;
  const auto folder = temp / "wal";
  std::filesystem::create_directory(folder);
  {
    std::ofstream out(folder / "0000000000000001.wal", std::ios::binary);
    out.write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
    const std::vector<char> zeros(node::kWalSegmentSizeMin - size, 0);
    out.write(zeros.data(), static_cast<std::streamsize>(zeros.size()));
    std::ofstream(folder / "first", std::ios::binary) << "1\n";
  }
  std::vector<Bytes> first;
  {
    auto once = read(folder);
    if (!once.opened.trusted) return 0;
    first = std::move(once.bodies);
    CHECK(once.opened.wal->append(0, 1, 1, Bytes{1}).has_value());
    CHECK(once.opened.wal->sync().has_value());
  }
  first.push_back({1});
  auto again = read(folder);
  CHECK(again.opened.trusted);
  CHECK(again.bodies == first);
  return 0;
}
