// Receipts for the members of a catalogue: each shows the status of its own declaration, all are of
// one statement and, as long as the log stands still, of one checkpoint. So a node is asked for
// some, and the others follow from those by what their state proofs have in common
// (state_cover.h).
//
// What is made here verifies as a node's would; nothing here has to be believed. Not for two
// threads at once.
#pragma once

#include <optional>

#include "attest/digest.h"
#include "attest/receipt.h"
#include "attest/result.h"
#include "attest/state_cover.h"
#include "attest/statement.h"

namespace footproof {

class MemberReceipts {
 public:
  explicit MemberReceipts(Statement statement) : statement_(std::move(statement)) {}

  // One that a node made for a member. Where it is of another head than those before, they are
  // forgotten. mismatch: it is of another statement, or of no member.
  [[nodiscard]] Result<void> add(const Receipt& receipt);

  // For the member with this tree root, as of the newest head added. Nothing where a node must be
  // asked: its part of the state was not shown yet, or something has happened to this member.
  [[nodiscard]] std::optional<Receipt> make(const Digest& declaration_root) const;

  // The receipt that all those made since follow from.
  [[nodiscard]] const std::optional<Receipt>& base() const { return base_; }

 private:
  Statement statement_;
  std::optional<Receipt> base_;
  std::optional<StateCover> cover_;
};

}  // namespace footproof
