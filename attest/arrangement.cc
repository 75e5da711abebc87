#include "attest/arrangement.h"

#include <string_view>
#include <utility>

#include "attest/cbor.h"
#include "attest/receipt.h"

namespace footproof {
namespace {

constexpr std::string_view kTag = "footproof/arrangement/v1";

std::vector<ArrangedMember> read_members(cbor::Reader& in) {
  std::vector<ArrangedMember> members;
  const std::size_t count = in.field("members").array_up_to(kSubjectCountMax);
  for (std::size_t i = 0; i < count && !in.failed(); ++i) {
    in.field("member").array_of(2);
    const Bytes file = to_bytes(in.field("file").bytes(kArrangedNameMax));
    members.push_back({std::string(as_text(file)), in.field("position").uint()});
  }
  return members;
}

Result<void> check_places(const std::vector<ArrangedMember>& members, std::uint64_t count) {
  if (members.size() < 2) {
    return fail(Errc::bad_value, "arrangement: fewer than two declarations");
  }
  std::vector<bool> taken(count);
  for (const ArrangedMember& member : members) {
    if (member.position >= count || taken[member.position]) {
      return fail(Errc::bad_value,
                  "arrangement: position " + std::to_string(member.position) + " of a declaration");
    }
    taken[member.position] = true;
  }
  return {};
}

}  // namespace

Bytes encode_arrangement(const Arrangement& arrangement) {
  cbor::Writer out;
  out.array(4).text(kTag).bytes(encode(arrangement.request));
  write_path(out, arrangement.tree.leaves());
  out.array(arrangement.members.size());
  for (const ArrangedMember& member : arrangement.members) {
    out.array(2).bytes(as_bytes(member.file)).uint(member.position);
  }
  return std::move(out).take();
}

Result<Arrangement> parse_arrangement(ByteView bytes) {
  if (bytes.size() > kArrangementSizeMax) return fail(Errc::bad_length, "arrangement: too large");
  cbor::Reader in(bytes, "arrangement");
  in.array_of(4);
  in.text_equal(kTag);
  const Bytes asked = to_bytes(in.field("late request").bytes(kLateRequestSizeMax));
  std::vector<Digest> leaves = read_path(in.field("entries"), kSubjectCountMax);
  std::vector<ArrangedMember> members = read_members(in);
  if (auto done = in.finish(); !done) return fail(std::move(done.error()));

  auto request = parse_late_request(asked);
  if (!request) return fail("arrangement", std::move(request.error()));
  auto tree = SubjectTree::make(std::move(leaves));
  if (!tree) return fail("arrangement", std::move(tree.error()));
  if (tree->subject() != Subject{request->attestation.root, request->attestation.count}) {
    return fail(Errc::mismatch, "arrangement: its entries are not those that its request is about");
  }
  if (auto placed = check_places(members, tree->leaves().size()); !placed) {
    return fail(std::move(placed.error()));
  }
  return Arrangement{std::move(*request), std::move(*tree), std::move(members)};
}

}  // namespace footproof
