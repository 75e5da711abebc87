// Which source is asked, and for how long one is left.
#include "node/source_book.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace footproof::node {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

class Named final : public Source {
 public:
  explicit Named(std::string name) : name_(std::move(name)) {}
  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] Result<Bytes> get(const std::string&, std::size_t) override { return Bytes{}; }

 private:
  std::string name_;
};

class SourceBookTest : public ::testing::Test {
 protected:
  static std::vector<std::unique_ptr<Source>> named(const std::vector<std::string>& names) {
    std::vector<std::unique_ptr<Source>> out;
    for (const auto& name : names) out.push_back(std::make_unique<Named>(name));
    return out;
  }
  // Until when the one that was picked is left for this.
  static seconds pause(SourceBook& book, Fault fault, MonoTime now) {
    EXPECT_NE(book.pick(now), nullptr);
    book.leave(fault, "why", now, seconds(0));
    return std::chrono::duration_cast<seconds>(book.due() - now);
  }

  MonoTime now_{hours(1)};
};

TEST_F(SourceBookTest, ALongPastLieCountsNoMore) {
  SourceBook book(named({"a"}));
  EXPECT_EQ(pause(book, Fault::wrong, now_), SourceBook::kWrongPause);
  now_ = book.due();
  EXPECT_EQ(pause(book, Fault::wrong, now_), 2 * SourceBook::kWrongPause);
  now_ = book.due();
  EXPECT_EQ(pause(book, Fault::wrong, now_), 4 * SourceBook::kWrongPause);
  now_ += 2 * SourceBook::kWrongForgiven;
  EXPECT_EQ(pause(book, Fault::wrong, now_), 2 * SourceBook::kWrongPause);
  now_ += 100 * SourceBook::kWrongForgiven;
  EXPECT_EQ(pause(book, Fault::wrong, now_), SourceBook::kWrongPause);
}

// Whoever lies whenever it is asked is forgiven nothing.
TEST_F(SourceBookTest, ALiarStaysLeftForLong) {
  SourceBook book(named({"a"}));
  for (int i = 0; i < 30; ++i) {
    (void)pause(book, Fault::wrong, now_);
    now_ = book.due();
  }
  EXPECT_EQ(pause(book, Fault::wrong, now_), SourceBook::kWrongPauseMax);
}

TEST_F(SourceBookTest, ASlowOneIsLeftForOthersAndAskedWhereThereAreNone) {
  SourceBook book(named({"slow", "other"}));
  ASSERT_EQ(book.pick(now_)->name(), "slow");
  EXPECT_TRUE(book.saw_height(7));
  book.leave(Fault::slow, "slow", now_, seconds(4));
  EXPECT_EQ(book.facts(now_)[0].trouble, "slow");
  EXPECT_EQ(book.height(), 7U);
  ASSERT_EQ(book.pick(now_)->name(), "other");
  book.answered();
  ASSERT_EQ(book.pick(now_)->name(), "other");
  book.leave(Fault::unreachable, "gone", now_, seconds(1));
  EXPECT_EQ(book.facts(now_)[0].trouble, "");  // the one that serves
  ASSERT_EQ(book.pick(now_)->name(), "slow");
  book.answered();
  now_ += seconds(60);
  ASSERT_EQ(book.pick(now_)->name(), "slow");
}

TEST_F(SourceBookTest, WhatOneThatWithholdsSaidOfItsHeightCountsForNothing) {
  SourceBook book(named({"a", "b"}));
  (void)book.pick(now_);
  EXPECT_TRUE(book.saw_height(1'000'000));
  book.leave(Fault::withholding, "gives little", now_, seconds(0));
  EXPECT_EQ(book.height(), 0U);
}

TEST_F(SourceBookTest, AllAreHeardOnceEachHasAnsweredOrIsInTrouble) {
  SourceBook book(named({"a", "b"}));
  (void)book.pick(now_);
  book.answered();
  EXPECT_FALSE(book.all_heard());
  book.go_on();
  (void)book.pick(now_);
  book.leave(Fault::unreachable, "gone", now_, seconds(0));
  EXPECT_TRUE(book.all_heard());
}

}  // namespace
}  // namespace footproof::node
