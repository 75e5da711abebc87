#include "node/wal.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "node/data_folder.h"
#include "tests/support/temp_folder.h"

namespace footproof::node {
namespace {

constexpr std::size_t kSegment = 4096;

struct Reopened {
  bool trusted = false;
  std::string reason;
  std::vector<std::string> bodies;
  std::unique_ptr<Wal> wal;
};

Reopened reopen(const std::filesystem::path& folder, std::size_t segment = kSegment) {
  Reopened out;
  auto opened = Wal::open(folder, segment, [&out](WalRecord&& record) {
    out.bodies.emplace_back(as_text(record.body));
  });
  EXPECT_TRUE(opened) << opened.error().detail;
  if (!opened) return out;
  out.trusted = opened->trusted;
  out.reason = opened->reason;
  out.wal = std::move(opened->wal);
  return out;
}

void add(Wal& wal, std::string_view body, std::uint64_t view = 1) {
  ASSERT_TRUE(wal.append(0, view, 1, as_bytes(body)));
}

Bytes load(const std::filesystem::path& file) {
  auto bytes = read_file(file, 1 << 24);
  EXPECT_TRUE(bytes);
  return *bytes;
}

void store(const std::filesystem::path& file, const Bytes& bytes) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out.write(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
}

class WalTest : public testing::Test {
 protected:
  WalTest() { EXPECT_TRUE(Wal::create(folder(), kSegment)); }
  std::filesystem::path folder() const { return temp_ / "wal"; }
  std::filesystem::path segment(int sequence) const {
    char name[32];
    std::snprintf(name, sizeof name, "%016x.wal", static_cast<unsigned>(sequence));
    return folder() / name;
  }
  // Groups {one}, {two}, {three, four}; returns where each record begins and where the last ends.
  std::vector<std::size_t> write_groups() const {
    auto opened = reopen(folder());
    add(*opened.wal, "one");
    EXPECT_TRUE(opened.wal->sync());
    add(*opened.wal, "two");
    EXPECT_TRUE(opened.wal->sync());
    add(*opened.wal, "three");
    add(*opened.wal, "four");
    EXPECT_TRUE(opened.wal->sync());
    return {24, 72, 120, 168, 216};
  }
  test::TempFolder temp_;
};

TEST_F(WalTest, GivesBackWhatWasSynced) {
  write_groups();
  const auto again = reopen(folder());
  ASSERT_TRUE(again.trusted) << again.reason;
  EXPECT_EQ(again.bodies, (std::vector<std::string>{"one", "two", "three", "four"}));
}

TEST_F(WalTest, ForgetsWhatWasNotSynced) {
  {
    auto opened = reopen(folder());
    add(*opened.wal, "kept");
    ASSERT_TRUE(opened.wal->sync());
    add(*opened.wal, "lost");
    EXPECT_TRUE(opened.wal->has_unsynced());
  }
  EXPECT_EQ(reopen(folder()).bodies, std::vector<std::string>{"kept"});
}

TEST_F(WalTest, KeepsEpochViewTypeAndAnyBytes) {
  const Bytes body = [] {
    Bytes all;
    for (int i = 0; i < 256; ++i) all.push_back(static_cast<std::uint8_t>(i));
    return all;
  }();
  {
    auto opened = reopen(folder());
    ASSERT_TRUE(opened.wal->append(7, 1ULL << 40U, 254, body));
    ASSERT_TRUE(opened.wal->append(0, 0, 1, Bytes{}));
    ASSERT_TRUE(opened.wal->sync());
  }
  std::vector<WalRecord> records;
  const auto opened = Wal::open(folder(), kSegment,
                                [&](WalRecord&& record) { records.push_back(std::move(record)); });
  ASSERT_TRUE(opened && opened->trusted);
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].epoch, 7U);
  EXPECT_EQ(records[0].view, 1ULL << 40U);
  EXPECT_EQ(records[0].type, 254);
  EXPECT_EQ(records[0].body, body);
  EXPECT_TRUE(records[1].body.empty());
}

// A torn write leaves a prefix of the new bytes and zeros behind.
TEST_F(WalTest, EveryTornLengthOfTheLastRecordIsCutOff) {
  const auto places = write_groups();
  const Bytes whole = load(segment(1));
  for (std::size_t length = 0; length < places[4] - places[3]; ++length) {
    Bytes torn = whole;
    std::fill(torn.begin() + static_cast<std::ptrdiff_t>(places[3] + length),
              torn.begin() + static_cast<std::ptrdiff_t>(places[4]), std::uint8_t{0});
    if (torn == whole) continue;  // the zeros of the padding are no loss
    store(segment(1), torn);
    {
      auto again = reopen(folder());
      ASSERT_TRUE(again.trusted) << length << ": " << again.reason;
      ASSERT_EQ(again.bodies, (std::vector<std::string>{"one", "two", "three"})) << length;
      add(*again.wal, "five");
      ASSERT_TRUE(again.wal->sync());
    }
    ASSERT_EQ(reopen(folder()).bodies, (std::vector<std::string>{"one", "two", "three", "five"}));
  }
}

// Pages of one group may reach the disk in any order: a good record behind a bad one of the same
// group is no damage, and neither was acknowledged.
TEST_F(WalTest, TornFirstRecordOfTheLastGroupCutsTheGroup) {
  const auto places = write_groups();
  Bytes torn = load(segment(1));
  std::fill(torn.begin() + static_cast<std::ptrdiff_t>(places[2]),
            torn.begin() + static_cast<std::ptrdiff_t>(places[3]), std::uint8_t{0});
  store(segment(1), torn);
  const auto again = reopen(folder());
  ASSERT_TRUE(again.trusted) << again.reason;
  EXPECT_EQ(again.bodies, (std::vector<std::string>{"one", "two"}));
}

TEST_F(WalTest, EveryFlippedByteIsSeen) {
  const auto places = write_groups();
  const Bytes whole = load(segment(1));
  std::size_t distrusted = 0;
  for (std::size_t at = 0; at < places[4]; ++at) {
    Bytes bad = whole;
    bad[at] ^= 0x41;
    store(segment(1), bad);
    const auto again = reopen(folder());
    if (at < places[2]) {
      // The segment header and synced groups that others follow.
      EXPECT_FALSE(again.trusted) << at;
      EXPECT_EQ(again.wal, nullptr);
      distrusted += again.trusted ? 0 : 1;
    } else {
      EXPECT_TRUE(again.trusted) << at << again.reason;
      // Never a wrong record: what is given back is a prefix of the truth.
      const std::vector<std::string> truth{"one", "two", "three", "four"};
      ASSERT_LE(again.bodies.size(), truth.size());
      EXPECT_TRUE(std::equal(again.bodies.begin(), again.bodies.end(), truth.begin()));
    }
  }
  EXPECT_EQ(distrusted, places[2]);
}

TEST_F(WalTest, RollsOverAndRewrites) {
  std::vector<std::string> all;
  {
    auto opened = reopen(folder());
    for (int i = 0; i < 40; ++i) {
      all.push_back(std::string(300, static_cast<char>('a' + i % 26)));
      add(*opened.wal, all.back());
      if (i % 3 == 0) {
        ASSERT_TRUE(opened.wal->sync());
      }
    }
    ASSERT_TRUE(opened.wal->sync());
    EXPECT_GE(opened.wal->segment_count(), 3U);
  }
  auto again = reopen(folder());
  ASSERT_TRUE(again.trusted) << again.reason;
  EXPECT_EQ(again.bodies, all);

  std::vector<WalRecord> live;
  for (const int i : {3, 39}) {
    live.push_back({.epoch = 0,
                    .view = 1,
                    .type = 1,
                    .body = to_bytes(as_bytes(all[static_cast<std::size_t>(i)]))});
  }
  ASSERT_TRUE(again.wal->rewrite(live));
  EXPECT_EQ(again.wal->segment_count(), 1U);
  add(*again.wal, "after");
  ASSERT_TRUE(again.wal->sync());
  again.wal.reset();
  again = reopen(folder());
  ASSERT_TRUE(again.trusted) << again.reason;
  EXPECT_EQ(again.bodies, (std::vector<std::string>{all[3], all[39], "after"}));
}

// A crash right after the promise moved leaves files that are no longer needed.
TEST_F(WalTest, LeftoversOfAnInterruptedRewriteAreTakenAway) {
  Bytes old;
  {
    auto opened = reopen(folder());
    add(*opened.wal, "old");
    ASSERT_TRUE(opened.wal->sync());
    old = load(segment(1));
    ASSERT_TRUE(opened.wal->rewrite({}));
    add(*opened.wal, "new");
    ASSERT_TRUE(opened.wal->sync());
  }
  store(segment(1), old);
  const auto again = reopen(folder());
  ASSERT_TRUE(again.trusted) << again.reason;
  EXPECT_EQ(again.bodies, std::vector<std::string>{"new"});
  EXPECT_FALSE(std::filesystem::exists(segment(1)));
}

TEST_F(WalTest, MissingSegmentIsDistrusted) {
  {
    auto opened = reopen(folder());
    for (int i = 0; i < 40; ++i) add(*opened.wal, std::string(300, 'x'));
    ASSERT_TRUE(opened.wal->sync());
    ASSERT_GE(opened.wal->segment_count(), 4U);
  }
  for (const int gone : {1, 2, 4}) {
    const Bytes kept = load(segment(gone));
    std::filesystem::remove(segment(gone));
    const auto again = reopen(folder());
    EXPECT_FALSE(again.trusted) << gone;
    EXPECT_EQ(again.wal, nullptr);
    store(segment(gone), kept);
  }
  EXPECT_TRUE(reopen(folder()).trusted);
}

TEST_F(WalTest, CrashBetweenNewSegmentAndSealIsHealed) {
  write_groups();
  store(segment(2), [] {
    // What create_segment leaves: a header and zeros. Made by a log of its own.
    const test::TempFolder other;
    EXPECT_TRUE(Wal::create(other / "wal", kSegment));
    auto opened = Wal::open(other / "wal", kSegment, [](WalRecord&&) {});
    EXPECT_TRUE(opened);
    for (int i = 0; i < 20; ++i) EXPECT_TRUE(opened->wal->append(0, 1, 1, Bytes(300, 1)));
    EXPECT_TRUE(opened->wal->sync());
    Bytes second = load(other / "wal" / "0000000000000002.wal");
    std::fill(second.begin() + 24, second.end(), std::uint8_t{0});
    return second;
  }());
  {
    auto again = reopen(folder());
    ASSERT_TRUE(again.trusted) << again.reason;
    EXPECT_EQ(again.bodies.size(), 4U);
    add(*again.wal, "five");
    ASSERT_TRUE(again.wal->sync());
  }
  EXPECT_EQ(reopen(folder()).bodies.size(), 5U);
}

// A log that was made and is gone held votes: making another in its place would forget them.
TEST_F(WalTest, ALogThatIsGoneIsDistrusted) {
  write_groups();
  std::filesystem::rename(folder(), temp_ / "elsewhere");
  EXPECT_FALSE(reopen(folder()).trusted);
  EXPECT_FALSE(std::filesystem::exists(folder()));
  std::filesystem::create_directory(folder());
  EXPECT_FALSE(reopen(folder()).trusted);
  std::filesystem::remove(folder());
  std::filesystem::rename(temp_ / "elsewhere", folder());
  EXPECT_FALSE(Wal::create(folder(), kSegment));
  EXPECT_EQ(reopen(folder()).bodies.size(), 4U);
  std::filesystem::remove(folder() / "first");
  EXPECT_FALSE(reopen(folder()).trusted);
}

// Bodies are others' bytes. Whole records in them, of groups to come, must not make a torn tail
// look like a disk that lost synced ones: else a peer could silence every voter of a power cut.
TEST_F(WalTest, RecordsInsideATornBodyProveNothing) {
  Bytes forged;
  {
    // A log of another machine, whose header says the same but for what only its disk knows.
    const test::TempFolder other;
    ASSERT_TRUE(Wal::create(other / "wal", kSegment));
    auto opened = Wal::open(other / "wal", kSegment, [](WalRecord&&) {});
    ASSERT_TRUE(opened && opened->wal);
    for (int i = 0; i < 10; ++i) {
      add(*opened->wal, "forged");
      ASSERT_TRUE(opened->wal->sync());
    }
    const Bytes all = load(other / "wal" / "0000000000000001.wal");
    forged.assign(all.begin() + 24 + 5 * 48, all.begin() + 24 + 10 * 48);
    auto mine = reopen(folder());
    ASSERT_TRUE(mine.wal->append(0, 1, 1, forged));
    ASSERT_TRUE(mine.wal->sync());
  }
  Bytes torn = load(segment(1));
  torn[24] ^= 1;  // the header of the record around them did not reach the disk
  store(segment(1), torn);
  const auto again = reopen(folder());
  EXPECT_TRUE(again.trusted) << again.reason;
  EXPECT_TRUE(again.bodies.empty());
}

// Where most of the log is live, a rewrite frees nothing: it waits until the log has doubled.
TEST_F(WalTest, IsRewrittenOnlyWhenThatFreesSomething) {
  auto opened = reopen(folder());
  const auto fill = [&](std::size_t segments) {
    while (opened.wal->segment_count() < segments) add(*opened.wal, std::string(900, 'x'));
  };
  fill(kWalSegmentsMax);
  EXPECT_FALSE(opened.wal->wants_rewrite());
  fill(kWalSegmentsMax + 1);
  EXPECT_TRUE(opened.wal->wants_rewrite());
  std::vector<WalRecord> live(18,
                              WalRecord{.epoch = 0, .view = 1, .type = 1, .body = Bytes(900, 1)});
  ASSERT_TRUE(opened.wal->rewrite(live));
  const std::size_t kept = opened.wal->segment_count();
  EXPECT_GT(kept, kWalSegmentsMax);
  EXPECT_FALSE(opened.wal->wants_rewrite());
  fill(2 * kept);
  EXPECT_FALSE(opened.wal->wants_rewrite());
  fill(2 * kept + 1);
  EXPECT_TRUE(opened.wal->wants_rewrite());
}

TEST_F(WalTest, RefusesARecordAboveTheLimit) {
  auto opened = reopen(folder());
  EXPECT_FALSE(opened.wal->append(0, 1, 1, Bytes(kSegment, 1)));
  EXPECT_FALSE(opened.wal->append(0, 1, 1, Bytes(kWalBodySizeMax + 1, 1)));
  EXPECT_TRUE(opened.wal->append(0, 1, 1, Bytes(kSegment - 24 - 40 - 40, 1)));
}

}  // namespace
}  // namespace footproof::node
