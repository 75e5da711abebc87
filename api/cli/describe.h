// What our files say, as labelled lines for people; --json makes one object of the same lines.
//
// Every text that a file brings goes through printable(): a name in a file must not move the cursor
// of whoever inspects it.
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attest/opening.h"
#include "attest/policy.h"
#include "attest/presentation.h"
#include "attest/receipt.h"
#include "attest/statement.h"

namespace footproof::api {

// A label may occur more than once; an empty label continues the one above.
using Facts = std::vector<std::pair<std::string, std::string>>;

void print_facts(std::ostream& out, const Facts& facts);
// Object; a label that occurs more than once gets an array.
[[nodiscard]] std::string facts_json(const Facts& facts);

void describe(const Statement& statement, Facts& facts);
void describe(const Attestation& attestation, Facts& facts);
void describe(const Receipt& receipt, Facts& facts);
void describe(const Presentation& presentation, Facts& facts);
void describe(const Policy& policy, Facts& facts);
void describe_checkpoint(std::string_view note, Facts& facts);
// A leaf's value for people: of a source field the JSON token as it was received.
[[nodiscard]] std::string leaf_text(std::string_view label, ByteView value);
// One line for each opened field: label without its "core:", value.
void describe(const Openings& openings, Facts& facts);

}  // namespace footproof::api
