#include "attest/payload.h"

#include <algorithm>
#include <array>

namespace footproof {
namespace {

constexpr std::array<std::string_view, 6> kKinds = {"attestation", "status", "accreditation",
                                                    "key",         "ballot", "dataset"};
constexpr std::array<std::string_view, kReasonCount> kReasons = {
    "investigation",  "complaint",      "data-doubt",
    "key-doubt",      "cleared",        "misstatement",
    "fraud",          "key-compromise", "withdrawn-by-declarant",
    "issued-in-error"};

template <class Enum, std::size_t N>
std::optional<Enum> find_text(const std::array<std::string_view, N>& texts, std::string_view text) {
  const auto found = std::ranges::find(texts, text);
  if (found == texts.end()) return std::nullopt;
  return static_cast<Enum>(found - texts.begin());
}

template <class T>
Result<Payload> as_payload(Result<T> parsed) {
  if (!parsed) return fail(parsed.error());
  return Payload(std::move(*parsed));
}

}  // namespace

std::string_view to_text(StatementKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

std::optional<StatementKind> to_statement_kind(std::string_view text) {
  return find_text<StatementKind>(kKinds, text);
}

std::string_view to_text(AttestationType type) {
  constexpr std::array<std::string_view, 3> kTexts = {"verification", "validation",
                                                      "programme certification"};
  return kTexts[static_cast<std::size_t>(type)];
}

std::string_view to_text(Assurance assurance) {
  constexpr std::array<std::string_view, 3> kTexts = {"none", "limited", "reasonable"};
  return kTexts[static_cast<std::size_t>(assurance)];
}

std::string_view to_text(Coverage coverage) {
  constexpr std::array<std::string_view, 4> kTexts = {"product", "programme", "model",
                                                      "installation and period"};
  return kTexts[static_cast<std::size_t>(coverage)];
}

std::string_view to_text(StatusAction action) {
  constexpr std::array<std::string_view, 4> kTexts = {"", "suspend", "reinstate", "revoke"};
  return kTexts[static_cast<std::size_t>(action)];
}

std::string_view to_text(Reason reason) { return kReasons[static_cast<std::size_t>(reason)]; }

std::optional<Reason> to_reason(std::string_view text) { return find_text<Reason>(kReasons, text); }

std::string_view to_text(AccreditationAction action) {
  constexpr std::array<std::string_view, 6> kTexts = {"grant",   "extend",    "reduce",
                                                      "suspend", "reinstate", "withdraw"};
  return kTexts[static_cast<std::size_t>(action)];
}

std::string_view to_text(KeyAction action) {
  constexpr std::array<std::string_view, 3> kTexts = {"add", "rotate", "compromised"};
  return kTexts[static_cast<std::size_t>(action)];
}

std::string_view to_text(KeyUsage usage) {
  return usage == KeyUsage::sign ? role::kSign : role::kStatus;
}

std::string_view to_text(PartyRole role) {
  constexpr std::array<std::string_view, 5> kTexts = {
      "verifier", "accreditation body", "association", "scheme owner", "dataset operator"};
  return kTexts[static_cast<std::size_t>(role)];
}

std::string_view to_text(DatasetNotice notice) {
  return notice == DatasetNotice::erratum ? "erratum" : "withdrawn";
}

StatementKind kind_of(const Payload& payload) {
  return static_cast<StatementKind>(payload.index());
}

Bytes encode_payload(const Payload& payload) {
  return std::visit([](const auto& one) { return encode(one); }, payload);
}

Result<Payload> parse_payload(StatementKind kind, ByteView bytes) {
  switch (kind) {
    case StatementKind::attestation:
      return as_payload(parse_attestation(bytes));
    case StatementKind::status:
      return as_payload(parse_status_change(bytes));
    case StatementKind::accreditation:
      return as_payload(parse_accreditation_change(bytes));
    case StatementKind::key:
      return as_payload(parse_key_change(bytes));
    case StatementKind::ballot:
      return as_payload(parse_ballot(bytes));
    case StatementKind::dataset:
      return as_payload(parse_dataset_release(bytes));
  }
  return fail(Errc::bad_version, "statement: unknown kind");
}

}  // namespace footproof
