#include "attest/policy.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "attest/check.h"
#include "attest/identifier.h"
#include "attest/merkle.h"

namespace footproof {
namespace {

constexpr std::string_view kTitle = "# footproof trust policy 1";
constexpr std::string_view kGroup = "validators";
// Names inside the file share one namespace with the group's; a slash keeps ids apart from it.
constexpr std::string_view kWitnessPrefix = "validator/";

std::string member_line(const PolicyMember& member) {
  return "# member " + member.id + " " + member.cosign_key.vkey() + " " + member.log_key.vkey() +
         "\n";
}

std::string epoch_lines(const PolicyEpoch& epoch) {
  std::string text =
      "# epoch " + std::to_string(epoch.epoch) + " sizes " + std::to_string(epoch.first_size) +
      " to " + (epoch.last_size ? std::to_string(*epoch.last_size) : "now") + " quorum " +
      std::to_string(epoch.quorum()) + " of " + std::to_string(epoch.members.size()) + "\n";
  if (epoch.last_root && epoch.last_day) {
    text += "# root " + epoch.last_root->hex() + " ended " + epoch.last_day->text() + "\n";
  }
  for (const PolicyMember& member : epoch.members) text += member_line(member);
  return text;
}

// What other tools read: the newest epoch as a C2SP tlog-policy.
std::string tlog_policy_lines(const PolicyEpoch& epoch) {
  std::string text;
  for (const PolicyMember& member : epoch.members) text += "log " + member.log_key.vkey() + "\n";
  for (const PolicyMember& member : epoch.members) {
    text += "witness ";
    text += kWitnessPrefix;
    text += member.id + " " + member.cosign_key.vkey() + "\n";
  }
  text += "group ";
  text += kGroup;
  text += " " + std::to_string(epoch.quorum());
  for (const PolicyMember& member : epoch.members) {
    text += " ";
    text += kWitnessPrefix;
    text += member.id;
  }
  text += "\nquorum ";
  text += kGroup;
  text += "\n";
  return text;
}

// Reads the file line by line, each line as its words. Says which line it is at.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}

  // The words of the next line if it begins with these; else nothing, and the line stays.
  std::vector<std::string_view> take(std::string_view prefix) {
    const std::size_t end = rest_.find('\n');
    if (end == std::string_view::npos || !rest_.starts_with(prefix)) return {};
    std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    ++number_;
    std::vector<std::string_view> words;
    while (!line.empty()) {
      const std::size_t space = std::min(line.find(' '), line.size());
      words.push_back(line.substr(0, space));
      line.remove_prefix(std::min(space + 1, line.size()));
    }
    return words;
  }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  [[nodiscard]] std::size_t number() const { return number_; }

  // An error at the line last taken, or the next one.
  [[nodiscard]] tl::unexpected<Error> error(Errc code, std::string_view what) const {
    return fail(code, "policy: line " + std::to_string(number_) + ": " + std::string(what));
  }
  [[nodiscard]] tl::unexpected<Error> missing(std::string_view what) const {
    return fail(Errc::malformed, "policy: line " + std::to_string(number_ + 1) + ": expected \"" +
                                     std::string(what) + "\"");
  }

 private:
  std::string_view rest_;
  std::size_t number_ = 0;
};

std::optional<std::uint64_t> to_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Result<PolicyMember> read_member(Lines& lines) {
  const auto words = lines.take("# member ");
  if (words.size() != 5) return lines.missing("# member <id> <cosign key> <log key>");
  auto cosign = NoteKey::parse(words[3]);
  if (!cosign) return lines.error(cosign.error().code, "cosign key: " + cosign.error().detail);
  auto log = NoteKey::parse(words[4]);
  if (!log) return lines.error(log.error().code, "log key: " + log.error().detail);
  return PolicyMember{std::string(words[2]), std::move(*cosign), std::move(*log)};
}

// The quorum that a file states is never used; where it is not that of its members, the file was
// edited, or made under another rule.
Result<PolicyEpoch> read_epoch(Lines& lines) {
  const auto words = lines.take("# epoch ");
  if (words.size() != 11) {
    return lines.missing("# epoch <e> sizes <first> to <last or now> quorum <q> of <n>");
  }
  const auto number = to_number(words[2]);
  const auto first = to_number(words[4]);
  const auto last = to_number(words[6]);
  const auto quorum = to_number(words[8]);
  const auto count = to_number(words[10]);
  const bool open = words[6] == "now";
  if (!number || !first || (!last && !open) || !quorum || !count) {
    return lines.error(Errc::malformed, "not a number where one belongs");
  }
  if (*count < kValidatorsMin || *count > kValidatorsMax) {
    return lines.error(Errc::bad_value, "an epoch has 4 to 31 validators");
  }
  if (*quorum != quorum_of(*count)) {
    return lines.error(Errc::bad_value, "quorum: " + std::to_string(*count) + " validators need " +
                                            std::to_string(quorum_of(*count)) + ", not " +
                                            std::to_string(*quorum));
  }
  PolicyEpoch epoch;
  epoch.epoch = *number;
  epoch.first_size = *first;
  if (!open) {
    epoch.last_size = *last;
    const auto root_words = lines.take("# root ");
    if (root_words.size() != 5) return lines.missing("# root <hex> ended <date>");
    const auto root = digest_from_hex(root_words[2]);
    if (!root) return lines.error(root.error().code, root.error().detail);
    const auto ended = Date::parse(root_words[4]);
    if (!ended) return lines.error(ended.error().code, ended.error().detail);
    epoch.last_root = *root;
    epoch.last_day = *ended;
  }
  for (std::uint64_t i = 0; i < *count; ++i) {
    auto member = read_member(lines);
    if (!member) return fail(member.error());
    epoch.members.push_back(std::move(*member));
  }
  return epoch;
}

Result<Policy> read_policy(Lines& lines) {
  Policy policy;
  if (lines.take(kTitle).size() != 5) return lines.missing(kTitle);
  const auto chain = lines.take("# chain ");
  if (chain.size() != 3) return lines.missing("# chain <64 hex>");
  const auto chain_id = digest_from_hex(chain[2]);
  if (!chain_id) return lines.error(chain_id.error().code, chain_id.error().detail);
  policy.chain_id = *chain_id;
  const auto origin = lines.take("# origin ");
  if (origin.size() != 3) return lines.missing("# origin <name>");
  policy.origin = origin[2];
  const auto made = lines.take("# made ");
  if (made.size() != 3) return lines.missing("# made <date>");
  const auto made_on = Date::parse(made[2]);
  if (!made_on) return lines.error(made_on.error().code, made_on.error().detail);
  policy.made_on = *made_on;
  do {
    if (policy.epochs.size() == kPolicyEpochsMax) {
      return lines.error(Errc::bad_length, "more than 1024 epochs");
    }
    auto epoch = read_epoch(lines);
    if (!epoch) return fail(epoch.error());
    policy.epochs.push_back(std::move(*epoch));
  } while (policy.epochs.back().last_size);
  return policy;
}

tl::unexpected<Error> bad_epoch(const PolicyEpoch& epoch, std::string_view what) {
  return fail(Errc::bad_value,
              "policy: epoch " + std::to_string(epoch.epoch) + ": " + std::string(what));
}

// Who holds a public key, over all epochs: one validator, in one role.
using Holders = std::map<Bytes, std::pair<std::string, NoteKeyType>>;

Result<void> check_members(const Policy& policy, const PolicyEpoch& epoch, Holders& holders) {
  for (std::size_t i = 0; i < epoch.members.size(); ++i) {
    const PolicyMember& member = epoch.members[i];
    if (!is_id(member.id)) return bad_epoch(epoch, "a member's id is not an id");
    if (i > 0 && member.id <= epoch.members[i - 1].id) {
      return bad_epoch(epoch, "members must ascend by id without duplicates");
    }
    if (member.cosign_key.type() != NoteKeyType::cosignature ||
        member.cosign_key.name() != cosigner_name(policy.origin, member.id)) {
      return bad_epoch(epoch, member.id + ": cosign key: must be of type 4, under <origin>/<id>");
    }
    if (member.log_key.type() != NoteKeyType::ed25519 || member.log_key.name() != policy.origin) {
      return bad_epoch(epoch, member.id + ": log key: must be of type 1, under the origin");
    }
    for (const NoteKey* key : {&member.cosign_key, &member.log_key}) {
      const auto holder = std::pair(member.id, key->type());
      const auto [at, fresh] = holders.try_emplace(to_bytes(key->key().raw()), holder);
      if (!fresh && at->second != holder) {
        return bad_epoch(epoch, member.id + ": a key is in two hands or two roles");
      }
    }
  }
  return {};
}

Result<void> check_sizes(const Policy& policy, std::size_t index) {
  const PolicyEpoch& epoch = policy.epochs[index];
  const bool newest = index + 1 == policy.epochs.size();
  if (epoch.last_size.has_value() == newest || epoch.last_root.has_value() == newest ||
      epoch.last_day.has_value() == newest) {
    return bad_epoch(epoch, "all epochs but the newest end, with a size, a root and a day");
  }
  if (epoch.last_day && *epoch.last_day > policy.made_on) {
    return bad_epoch(epoch, "ended after the policy was made");
  }
  if (epoch.last_size && (*epoch.last_size < epoch.first_size || *epoch.last_size > kTreeSizeMax)) {
    return bad_epoch(epoch, "ends before it begins");
  }
  if (index == 0) {
    if (epoch.first_size == 0 || (epoch.epoch == 0) != (epoch.first_size == 1)) {
      return bad_epoch(epoch, "epoch 0 and no other begins at size 1");
    }
    return {};
  }
  const PolicyEpoch& before = policy.epochs[index - 1];
  if (epoch.epoch != before.epoch + 1 || epoch.first_size != *before.last_size + 1) {
    return bad_epoch(epoch, "must follow the one before without a gap");
  }
  if (epoch.last_day && *epoch.last_day < *before.last_day) {
    return bad_epoch(epoch, "ended before the one before it");
  }
  return {};
}

// Every log key of the policy, then the cosign keys of one epoch.
struct KnownKeys {
  std::vector<NoteKey> keys;
  std::vector<std::string> ids;  // of the validators, beside the keys
  std::size_t log_count = 0;
  [[nodiscard]] bool is_log(std::size_t key) const { return key < log_count; }
};

KnownKeys known_keys(const Policy& policy, const PolicyEpoch& cosigners) {
  KnownKeys known;
  // A validator keeps its log key over many epochs. By the bytes of the key: check() has seen to it
  // that no two names share one.
  std::set<Bytes> seen;
  const auto add = [&](const NoteKey& key, const std::string& id) {
    if (!seen.insert(to_bytes(key.key().raw())).second) return;
    known.keys.push_back(key);
    known.ids.push_back(id);
  };
  for (const PolicyEpoch& epoch : policy.epochs) {
    for (const PolicyMember& member : epoch.members) add(member.log_key, member.id);
  }
  known.log_count = known.keys.size();
  for (const PolicyMember& member : cosigners.members) add(member.cosign_key, member.id);
  return known;
}

struct Judged {
  Note note;
  TrustedCheckpoint trusted;
  std::size_t log_lines = 0;
};

// What both ways of judging share.
Result<Judged> judge(const Policy& policy, ByteView bytes) {
  auto note = parse_note(bytes);
  if (!note) return fail(note.error());
  auto checkpoint = checkpoint_of(policy, *note);
  if (!checkpoint) return fail(checkpoint.error());
  Judged judged{std::move(*note), {}, 0};
  const PolicyEpoch* epoch = policy.epoch_of_size(checkpoint->size);
  if (epoch == nullptr) {
    return fail(Errc::not_found,
                "checkpoint: the policy names no validators for this size; get a newer policy");
  }
  if (epoch->last_size == checkpoint->size && epoch->last_root != checkpoint->root) {
    return fail(Errc::bad_proof, "checkpoint: epoch " + std::to_string(epoch->epoch) +
                                     " ended at this size with another root, says the policy");
  }
  const KnownKeys known = known_keys(policy, *epoch);
  const auto lines = verify_note(judged.note, known.keys);
  if (!lines) return fail(lines.error());
  std::vector<std::uint64_t> timestamps;
  for (const VerifiedLine& line : *lines) {
    if (known.is_log(line.key)) {
      ++judged.log_lines;
      judged.trusted.served_by = known.ids[line.key];
    } else {
      timestamps.push_back(line.timestamp);
      judged.trusted.cosigners.push_back(known.ids[line.key]);
    }
  }
  if (timestamps.size() < epoch->quorum()) {
    return fail(Errc::bad_signature, "checkpoint: " + std::to_string(timestamps.size()) + " of " +
                                         std::to_string(epoch->quorum()) +
                                         " cosignatures that a quorum needs");
  }
  if (judged.log_lines == 0) {
    return fail(Errc::bad_signature, "checkpoint: the line of the node that served it is missing");
  }
  judged.trusted.as_of = as_of_time(timestamps, epoch->faulty_max());
  if (epoch->last_day && utc_day(instant_from_seconds(judged.trusted.as_of)) > *epoch->last_day) {
    return fail(Errc::bad_signature, "checkpoint: cosigned after the set of epoch " +
                                         std::to_string(epoch->epoch) + " had left, on " +
                                         epoch->last_day->text());
  }
  judged.trusted.checkpoint = std::move(*checkpoint);
  judged.trusted.epoch = epoch;
  return judged;
}

}  // namespace

const PolicyEpoch* Policy::epoch_of_size(std::uint64_t size) const {
  for (const PolicyEpoch& epoch : epochs) {
    if (size >= epoch.first_size && (!epoch.last_size || size <= *epoch.last_size)) return &epoch;
  }
  return nullptr;
}

Result<void> check(const Policy& policy) {
  if (!is_origin_of(policy.origin, policy.chain_id)) {
    return fail(Errc::mismatch,
                "policy: origin: must be <domain>/<network>/<first 16 hex of the chain id>");
  }
  if (policy.epochs.empty() || policy.epochs.size() > kPolicyEpochsMax) {
    return fail(Errc::bad_length, "policy: 1 to 1024 epochs");
  }
  Holders holders;
  for (std::size_t i = 0; i < policy.epochs.size(); ++i) {
    const std::size_t members = policy.epochs[i].members.size();
    if (members < kValidatorsMin || members > kValidatorsMax) {
      return bad_epoch(policy.epochs[i], "an epoch has 4 to 31 validators");
    }
    if (auto sizes = check_sizes(policy, i); !sizes) return sizes;
    if (auto valid = check_members(policy, policy.epochs[i], holders); !valid) return valid;
  }
  return {};
}

PolicyEpoch make_policy_epoch(std::string_view origin, const ValidatorsRecord& record) {
  PolicyEpoch epoch;
  epoch.epoch = record.epoch;
  epoch.first_size = record.from_size + 1;
  for (const Member& member : record.members) {
    auto cosign = NoteKey::make(member.cosign_name, NoteKeyType::cosignature, member.cosign_key);
    auto log = NoteKey::make(std::string(origin), NoteKeyType::ed25519, member.log_key);
    CHECK(cosign && log);  // a parsed record names Ed25519 keys, and our origin is a note name
    epoch.members.push_back({member.id, std::move(*cosign), std::move(*log)});
  }
  return epoch;
}

std::string encode(const Policy& policy) {
  std::string text(kTitle);
  text += "\n# chain " + policy.chain_id.hex() + "\n# origin " + policy.origin + "\n# made " +
          policy.made_on.text() + "\n";
  for (const PolicyEpoch& epoch : policy.epochs) text += epoch_lines(epoch);
  return text + tlog_policy_lines(policy.newest());
}

Result<Policy> parse_policy(ByteView bytes) {
  if (bytes.size() > kPolicySizeMax) return fail(Errc::bad_length, "policy: longer than 4 MiB");
  Lines lines(as_text(bytes));
  auto policy = read_policy(lines);
  if (!policy) return policy;
  if (const auto valid = check(*policy); !valid) return fail(valid.error());
  // One spelling; and what other tools read says the same as what we read.
  const std::string again = encode(*policy);
  const std::string_view given = as_text(bytes);
  if (again != given) {
    const auto differ = std::ranges::mismatch(again, given);
    const auto line = std::count(again.begin(), differ.in1, '\n') + 1;
    return fail(Errc::malformed, "policy: line " + std::to_string(line) +
                                     ": not what an exported policy says there; export it again");
  }
  return policy;
}

Result<TrustedCheckpoint> judge_presented_checkpoint(const Policy& policy, ByteView note) {
  auto judged = judge(policy, note);
  if (!judged) return fail(judged.error());
  const auto& signatures = judged->note.signatures;
  const std::size_t quorum = judged->trusted.epoch->quorum();
  // Every line is a known one exactly if one log line and q cosignatures are all there is.
  if (judged->log_lines != 1 || judged->trusted.cosigners.size() != quorum ||
      signatures.size() != quorum + 1) {
    return fail(Errc::malformed,
                "checkpoint: must have one log line and exactly the quorum's cosignatures");
  }
  if (signatures.front().name != policy.origin) {
    return fail(Errc::malformed, "checkpoint: the log line must come first");
  }
  const auto cosignatures = std::span(signatures).subspan(1);
  if (std::ranges::adjacent_find(cosignatures, std::ranges::greater_equal{},
                                 &NoteSignature::name) != cosignatures.end()) {
    return fail(Errc::malformed, "checkpoint: cosignatures must ascend by key name");
  }
  return std::move(judged->trusted);
}

Result<TrustedCheckpoint> judge_live_checkpoint(const Policy& policy, ByteView note) {
  auto judged = judge(policy, note);
  if (!judged) return fail(judged.error());
  return std::move(judged->trusted);
}

std::uint64_t as_of_time(std::span<const std::uint64_t> timestamps, std::size_t faulty_max) {
  CHECK(timestamps.size() > faulty_max);
  std::vector<std::uint64_t> sorted(timestamps.begin(), timestamps.end());
  std::ranges::sort(sorted, std::ranges::greater{});
  return sorted[faulty_max];
}

Result<Checkpoint> checkpoint_of(const Policy& policy, const Note& note) {
  auto checkpoint = parse_checkpoint(note.text);
  if (!checkpoint) return fail(checkpoint.error());
  if (checkpoint->origin != policy.origin) {
    return fail(Errc::mismatch, "checkpoint: it is of another log than the policy");
  }
  if (!checkpoint->extensions.empty()) {
    return fail(Errc::malformed, "checkpoint: this log has no extension lines");
  }
  return checkpoint;
}

}  // namespace footproof
