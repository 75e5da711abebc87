#include "node/wire.h"

#include <gtest/gtest.h>

namespace footproof::node {
namespace {

Bytes envelope_of(const Frame& frame) { return to_bytes(ByteView(*frame).subspan(4)); }

Result<std::size_t> head_of(ByteView frame) {
  std::array<std::uint8_t, kFrameHeadSize> head{};
  std::copy_n(frame.begin(), head.size(), head.begin());
  return parse_frame_head(head);
}

TEST(Wire, EncodesAndParsesBack) {
  const Bytes body{1, 2, 3};
  const Frame frame = encode_frame(FrameKind::batch, 77, body);
  const auto length = head_of(*frame);
  ASSERT_TRUE(length);
  EXPECT_EQ(*length, frame->size() - 4);
  const auto envelope = parse_envelope(envelope_of(frame));
  ASSERT_TRUE(envelope) << envelope.error().detail;
  EXPECT_EQ(envelope->kind, FrameKind::batch);
  EXPECT_EQ(envelope->request_id, 77U);
  EXPECT_EQ(envelope->body, body);
}

// R6: the bytes of version 1, for ever.
TEST(Wire, GoldenBytes) {
  EXPECT_EQ(to_hex(*encode_frame(FrameKind::heartbeat, 0, {})), "000000020802");
  EXPECT_EQ(to_hex(*encode_frame(FrameKind::get_batch, 300, Bytes{0xaa, 0xbb})),
            "00000009080710ac021a02aabb");
}

TEST(Wire, LengthIsJudgedByKindBeforeAnyMemoryIsTaken) {
  for (std::uint8_t kind = 1; kind <= 8; ++kind) {
    ByteWriter good;
    good.u32(static_cast<std::uint32_t>(frame_size_max(kind))).u8(0x08).u8(kind);
    EXPECT_TRUE(head_of(good.bytes())) << int{kind};
    ByteWriter bad;
    bad.u32(static_cast<std::uint32_t>(frame_size_max(kind) + 1)).u8(0x08).u8(kind);
    EXPECT_FALSE(head_of(bad.bytes())) << int{kind};
  }
  EXPECT_FALSE(head_of(Bytes{0, 0, 0, 1, 0x08, 1}));
  EXPECT_FALSE(head_of(Bytes{0, 0, 0, 8, 0x08, 0}));
  EXPECT_FALSE(head_of(Bytes{0, 0, 0, 8, 0x08, 10}));
  EXPECT_FALSE(head_of(Bytes{0, 0, 0, 8, 0x10, 1}));
}

struct BadEnvelope {
  std::string_view name;
  std::string_view hex;
};

class WireRefuses : public testing::TestWithParam<BadEnvelope> {};

TEST_P(WireRefuses, WhatIsNotTheOneSpelling) {
  const auto bytes = from_hex(GetParam().hex);
  ASSERT_TRUE(bytes);
  EXPECT_FALSE(parse_envelope(*bytes));
}

INSTANTIATE_TEST_SUITE_P(Wire, WireRefuses,
                         testing::Values(BadEnvelope{"OverlongVarint", "088300"},
                                         BadEnvelope{"OverlongRequestId", "0803108100"},
                                         BadEnvelope{"FieldTwice", "080310011002"},
                                         BadEnvelope{"KindTwice", "08030803"},
                                         BadEnvelope{"FieldsOutOfOrder", "08031a01aa1001"},
                                         BadEnvelope{"ExplicitDefault", "08031000"},
                                         BadEnvelope{"ExplicitEmptyBody", "08031a00"},
                                         BadEnvelope{"UnknownField", "08032001"},
                                         BadEnvelope{"UnknownGroup",
                                                     "080323"
                                                     "24"},
                                         BadEnvelope{"WrongWireType",
                                                     "080312"
                                                     "0101"},
                                         BadEnvelope{"KindAbove32Bits", "0883808080801f"},
                                         BadEnvelope{"BodyLongerThanTheRest", "08031a05aabb"},
                                         BadEnvelope{"Truncated", "080310"},
                                         BadEnvelope{"UnknownKind", "080a"},
                                         BadEnvelope{"Empty", ""}),
                         [](const auto& bad) { return std::string(bad.param.name); });

// What parses encodes back to the same bytes, whatever came in.
TEST(Wire, EveryFlippedByteIsRefusedOrAnotherEnvelope) {
  const Bytes whole = envelope_of(encode_frame(FrameKind::control, 9, Bytes(40, 7)));
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      Bytes bad = whole;
      bad[at] ^= static_cast<std::uint8_t>(1U << static_cast<unsigned>(bit));
      const auto parsed = parse_envelope(bad);
      if (!parsed) continue;
      EXPECT_EQ(envelope_of(encode_frame(parsed->kind, parsed->request_id, parsed->body)), bad);
    }
  }
}

}  // namespace
}  // namespace footproof::node
