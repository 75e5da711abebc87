// Finding: how one check ended, and why. Receipts and verdicts are lists of them.
//
// `pass` is only what was checked and holds. What was not asked for, has a failed premise, or is
// not built yet is `not checked`, with the reason.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace footproof {

enum class Outcome : std::uint8_t { pass, fail, not_checked };

[[nodiscard]] constexpr std::string_view to_text(Outcome outcome) {
  switch (outcome) {
    case Outcome::pass:
      return "pass";
    case Outcome::fail:
      return "fail";
    case Outcome::not_checked:
      break;
  }
  return "not checked";
}

struct Finding {
  Outcome outcome = Outcome::not_checked;
  std::string reason;

  [[nodiscard]] bool passed() const { return outcome == Outcome::pass; }
  [[nodiscard]] bool failed() const { return outcome == Outcome::fail; }
  friend bool operator==(const Finding&, const Finding&) = default;
};

[[nodiscard]] inline Finding passes(std::string reason) {
  return {Outcome::pass, std::move(reason)};
}
[[nodiscard]] inline Finding fails(std::string reason) {
  return {Outcome::fail, std::move(reason)};
}
[[nodiscard]] inline Finding not_checked(std::string reason) {
  return {Outcome::not_checked, std::move(reason)};
}

}  // namespace footproof
