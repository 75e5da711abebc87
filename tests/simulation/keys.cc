#include "tests/simulation/keys.h"

#include <algorithm>
#include <cstring>

namespace footproof::simulation {

Keys::Keys(std::size_t people, std::size_t each, bool real, Random random) : people_(people) {
  for (std::size_t i = 0; i < people * each; ++i) {
    secrets_.push_back(random.next());
    consensus::VoteKey key;
    if (real) {
      Bytes seed(32);
      for (auto& byte : seed) byte = static_cast<std::uint8_t>(random.next());
      auto signing = SigningKey::from_ed25519_seed(seed);
      signing_.push_back(std::move(*signing));
      public_.push_back(signing_.back().public_key());
      const ByteView raw = public_.back().raw();
      std::copy(raw.begin(), raw.end(), key.bytes.begin());
    } else {
      for (auto& byte : key.bytes) byte = static_cast<std::uint8_t>(random.next());
    }
    keys_.push_back(key);
    index_.emplace(key, i);
  }
}

consensus::Signature Keys::stand_in(std::uint64_t secret, ByteView message) {
  std::uint64_t state = secret ^ message.size();
  std::size_t at = 0;
  for (; at + 8 <= message.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, message.data() + at, 8);
    state = mix(state ^ word) + secret;
  }
  for (; at < message.size(); ++at) state = mix(state ^ message[at]) + secret;
  consensus::Signature signature{};
  state = mix(state);
  std::memcpy(signature.data(), &state, 8);
  return signature;
}

consensus::Signature Keys::sign(std::size_t slot, ByteView message) const {
  if (signing_.empty()) return stand_in(secrets_[slot], message);
  const auto made = signing_[slot].sign(message);
  consensus::Signature signature{};
  std::copy(made.begin(), made.end(), signature.begin());
  return signature;
}

bool Keys::verify(const consensus::VoteKey& key, ByteView message,
                  const consensus::Signature& signature) const {
  const auto found = index_.find(key);
  if (found == index_.end()) return false;
  if (!public_.empty()) return footproof::verify(public_[found->second], message, signature);
  return stand_in(secrets_[found->second], message) == signature;
}

}  // namespace footproof::simulation
