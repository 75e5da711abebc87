#include <array>

#include "attest/verdict.h"

namespace footproof {

std::string_view to_text(Question question) {
  constexpr std::array<std::string_view, kQuestionCount> kTexts = {
      "well-formed", "network",     "quorum",        "inclusion",         "signature",
      "key",         "certificate", "accreditation", "accreditation-now", "recognition",
      "status",      "validity",    "membership",    "openings",          "document",
      "disclosure",  "holder"};
  return kTexts[static_cast<std::size_t>(question)];
}

std::string_view title_of(Question question) {
  constexpr std::array<std::string_view, kQuestionCount> kTitles = {
      "well-formed",
      "policy is of this network",
      "quorum of validators",
      "in the log",
      "statement signature",
      "key good when recorded",
      "X.509 certificate of the key",
      "accreditation covered it",
      "accreditation as known at T",
      "recognition",
      "status as of T",
      "within validity",
      "declaration is the certified one",
      "opened fields match",
      "document matches",
      "disclosure complete",
      "holder binding"};
  return kTitles[static_cast<std::size_t>(question)];
}

std::string_view to_text(Overall overall) {
  constexpr std::array<std::string_view, 4> kTexts = {"certified", "certified but", "not certified",
                                                      "cannot evaluate"};
  return kTexts[static_cast<std::size_t>(overall)];
}

std::string_view to_text(Reservation reservation) {
  constexpr std::array<std::string_view, 10> kTexts = {"not-yet-valid",
                                                       "expired",
                                                       "not-yet-recorded",
                                                       "suspended",
                                                       "superseded",
                                                       "accreditation-withdrawn",
                                                       "stale",
                                                       "not-recognised",
                                                       "incomplete-disclosure",
                                                       "presentation-expired"};
  return kTexts[static_cast<std::size_t>(reservation)];
}

std::string Verdict::summary() const {
  std::string text(to_text(overall));
  for (const Reservation reservation : reservations) {
    text += (reservation == reservations.front() ? " " : ", ") + std::string(to_text(reservation));
  }
  return text;
}

}  // namespace footproof
