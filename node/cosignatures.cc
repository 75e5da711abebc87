#include "node/cosignatures.h"

#include <algorithm>
#include <utility>

#include "attest/check.h"
#include "attest/policy.h"

namespace footproof::node {
namespace {

// The limits of a checkpoint and of a cosignature's time in attest/note.cc. What is above them is
// refused by every verifier, with the whole note that it stands in.
constexpr std::uint64_t kNumberMax = (std::uint64_t{1} << 63) - 1;

std::string checkpoint_text(const std::string& origin, const CosignedHead& head) {
  return encode(Checkpoint{origin, head.size, head.root, {}});
}

}  // namespace

Bytes encode_cosignature(const Cosignature& cosignature) {
  ByteWriter out;
  out.u64(cosignature.epoch)
      .u64(cosignature.size)
      .raw(cosignature.root.view())
      .u64(cosignature.time_s);
  out.raw(cosignature.signature);
  return std::move(out).take();
}

Result<Cosignature> parse_cosignature(ByteView bytes) {
  ByteReader in(bytes);
  Cosignature out;
  out.epoch = in.u64();
  out.size = in.u64();
  const auto root = to_digest(in.take(Digest::kSize));
  out.time_s = in.u64();
  out.signature = to_bytes(in.take(kSignatureSize));
  if (!in.exhausted() || !root) return fail(Errc::bad_length, "no cosignature");
  out.root = *root;
  return out;
}

CosignatureBook::CosignatureBook(std::string origin, const ValidatorsRecord& set)
    : origin_(std::move(origin)),
      epoch_(set.epoch),
      quorum_(quorum_of(set.members.size())),
      faulty_max_(faulty_max(set.members.size())),
      of_validator_(set.members.size()),
      floor_(set.epoch == 0 ? 0 : set.from_size + 1) {
  for (const auto& member : set.members) {
    auto key = NoteKey::make(member.cosign_name, NoteKeyType::cosignature, member.cosign_key);
    CHECK(key.has_value());  // genesis and ballots have judged names and keys
    keys_.push_back(*std::move(key));
  }
}

Result<bool> CosignatureBook::add(std::size_t validator, const Cosignature& cosignature) {
  const CosignedHead head{cosignature.size, cosignature.root};
  if (validator >= keys_.size()) return fail(Errc::not_found, "no such validator");
  if (head.size > kNumberMax || cosignature.time_s > kNumberMax) {
    return fail(Errc::bad_value, "a cosignature of a size or time that no checkpoint can have");
  }
  if (cosignature.epoch != epoch_ || head.size < floor_ || head.size > ceiling_) return false;
  auto& lines = heads_[head];
  const auto known = lines.find(validator);
  const bool is_new = known == lines.end() || known->second.time_s < cosignature.time_s;
  const bool good =
      is_new && verify(keys_[validator].key(),
                       cosignature_message(cosignature.time_s, checkpoint_text(origin_, head)),
                       cosignature.signature);
  if (good) {
    lines[validator] = {cosignature.time_s, cosignature.signature};
    auto& own = of_validator_[validator];
    own[head] = true;
    if (own.size() > kHeadsMax) {
      const auto smallest = own.begin()->first;
      own.erase(own.begin());
      const auto old = heads_.find(smallest);
      old->second.erase(validator);
      if (old->second.empty()) heads_.erase(old);
    }
  }
  if (const auto place = heads_.find(head); place != heads_.end() && place->second.empty()) {
    heads_.erase(place);
  }
  if (is_new && !good) return fail(Errc::bad_signature, "a cosignature that does not verify");
  return is_new;
}

bool CosignatureBook::has_quorum(const CosignedHead& head) const {
  const auto found = heads_.find(head);
  return found != heads_.end() && found->second.size() >= quorum_;
}

std::optional<CosignedHead> CosignatureBook::largest() const {
  for (auto head = heads_.rbegin(); head != heads_.rend(); ++head) {
    if (head->second.size() >= quorum_) return head->first;
  }
  return std::nullopt;
}

std::vector<std::pair<std::size_t, CosignatureBook::Line>> CosignatureBook::best_lines(
    const CosignedHead& head) const {
  const auto found = heads_.find(head);
  if (found == heads_.end() || found->second.size() < quorum_) return {};
  std::vector<std::pair<std::size_t, Line>> lines(found->second.begin(), found->second.end());
  std::ranges::stable_sort(
      lines, [](const auto& a, const auto& b) { return a.second.time_s > b.second.time_s; });
  lines.resize(quorum_);
  return lines;
}

std::optional<std::string> CosignatureBook::make_note(const CosignedHead& head,
                                                      const SigningKey& log_key) const {
  auto lines = best_lines(head);
  if (lines.empty()) return std::nullopt;
  std::ranges::sort(lines, [this](const auto& a, const auto& b) {
    return keys_[a.first].name() < keys_[b.first].name();
  });
  Note note;
  note.text = checkpoint_text(origin_, head);
  note.signatures.push_back(sign_note(log_key, origin_, note.text));
  for (const auto& [validator, line] : lines) {
    note.signatures.push_back(cosignature_line(keys_[validator], line.time_s, line.signature));
  }
  return encode(note);
}

std::optional<std::uint64_t> CosignatureBook::as_of(const CosignedHead& head) const {
  const auto lines = best_lines(head);
  if (lines.empty()) return std::nullopt;
  std::vector<std::uint64_t> times;
  times.reserve(lines.size());
  for (const auto& [validator, line] : lines) times.push_back(line.time_s);
  return as_of_time(times, faulty_max_);
}

void CosignatureBook::end_at(std::uint64_t size) {
  ceiling_ = size;
  const auto is_beyond = [size](const auto& item) { return item.first.size > size; };
  std::erase_if(heads_, is_beyond);
  for (auto& own : of_validator_) std::erase_if(own, is_beyond);
}

void CosignatureBook::drop_below(std::uint64_t size) {
  if (size <= floor_) return;
  floor_ = size;
  const auto is_old = [size](const auto& item) { return item.first.size < size; };
  std::erase_if(heads_, is_old);
  for (auto& own : of_validator_) std::erase_if(own, is_old);
}

}  // namespace footproof::node
