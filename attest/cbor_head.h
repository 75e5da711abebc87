// Numbers of the CBOR head (RFC 8949 §3), shared by the Writer and the Reader. Private to attest.
#pragma once

#include <cstdint>

namespace footproof::cbor {

inline constexpr std::uint8_t kMajorUnsigned = 0;
inline constexpr std::uint8_t kMajorNegative = 1;
inline constexpr std::uint8_t kMajorBytes = 2;
inline constexpr std::uint8_t kMajorText = 3;
inline constexpr std::uint8_t kMajorArray = 4;
inline constexpr std::uint8_t kMajorMap = 5;
inline constexpr std::uint8_t kMajorTag = 6;
inline constexpr std::uint8_t kMajorSimple = 7;

// Additional information: arguments below kOneByte are written in the first byte itself.
inline constexpr std::uint8_t kOneByte = 24;
inline constexpr std::uint8_t kTwoBytes = 25;
inline constexpr std::uint8_t kFourBytes = 26;
inline constexpr std::uint8_t kEightBytes = 27;

inline constexpr std::uint8_t kFalse = 20;
inline constexpr std::uint8_t kTrue = 21;
inline constexpr std::uint8_t kNull = 22;

}  // namespace footproof::cbor
