// One run of the simulator, completely: what is drawn from a seed, or set by hand in a scenario.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "consensus/replica.h"

namespace footproof::simulation {

class Random;

enum class AdversaryKind : std::uint8_t {
  none,
  silent,
  nullify_only,
  finalize_withholder,
  equivocating_proposer,
  double_voter,
  twin,
  body_withholder,
  stale_replayer,
  checkpoint_liar,
  parent_forger,
  time_liar,
  junk_sender,
  subset_voter,
};
inline constexpr std::size_t kAdversaryKinds = 14;
[[nodiscard]] std::string_view name(AdversaryKind kind);

// Who is in a set, and which of his keys he votes with.
struct SetMember {
  std::uint8_t who = 0;
  std::uint8_t keys = 0;  // rises when he gets new ones
  friend bool operator==(const SetMember&, const SetMember&) = default;
};
using Set = std::vector<SetMember>;
inline constexpr std::size_t kKeysMax = 4;  // that one person ever has

// Decided by the first block with payload at that height or above, in the order of the plan, one a
// block.
struct SetChange {
  consensus::Height from_height = 0;
  Set set;
};

// A host that goes down once, on its way out of that epoch (host.h).
struct EpochCrash {
  std::uint8_t who = 0;
  consensus::Epoch epoch = 0;
  std::uint8_t step = 0;
};

struct Fault {
  enum class Kind : std::uint8_t {
    split,    // two sides that do not hear each other: bit i of `set` = side of validator i
    one_way,  // validators in `set` are not heard by the others
    heal,
    crash,             // host `set`
    crash_at_persist,  // host `set`, inside the step of its next `extra`-th append
    restart,           // host `set`, if it is down
    crash_all,
    restart_all,
    clock_jump,  // host `set`, to an offset of `extra` ms minus 900
  };
  std::uint64_t at_ms = 0;
  Kind kind = Kind::heal;
  std::uint64_t set = 0;
  std::uint64_t extra = 0;
};

struct Plan {
  std::uint64_t seed = 1;
  std::size_t n = 4;       // members of epoch 0: those who are 0 … n − 1
  std::size_t people = 0;  // hosts, later members included; 0: n
  std::vector<SetChange> changes;
  std::vector<EpochCrash> epoch_crashes;
  bool real_keys = false;
  consensus::Parameters parameters;
  std::vector<AdversaryKind> adversaries;          // by who it is; empty: all honest
  std::vector<consensus::ValidatorIndex> leaders;  // of the views 1, 2, …; then as the rules say
  std::vector<Fault> faults;
  // Until gst_ms messages are lost and repeated (per thousand) and take up to chaos_delay_ms;
  // from then on nothing is lost and nothing takes longer than calm_delay_ms.
  std::uint64_t gst_ms = 0;
  std::uint64_t loss = 0;
  std::uint64_t duplication = 0;
  std::uint64_t chaos_delay_ms = 20;
  std::uint64_t calm_delay_ms = 20;
  std::uint64_t disk_ms = 3;              // longest sync
  std::uint64_t execution_ms = 5;         // longest execution of a block
  std::size_t slow_disk_host = SIZE_MAX;  // its syncs take 100 times as long
  std::uint64_t offers = 40;              // batches of clients
  std::uint64_t offer_every_ms = 100;
  // From here on every view of an honest leader must succeed (I12); 0: not checked. Offers go on
  // until 3 s after it.
  std::uint64_t strict_from_ms = 0;
  std::uint64_t deadline_ms = 600'000;  // all must be final by then
  // A rule broken on purpose: hosts cosign after a crash as if they never had before.
  bool forgets_cosigned = false;

  [[nodiscard]] std::size_t hosts() const { return people == 0 ? n : people; }
  // Changes of the set of this plan, from now on drawn by `random`.
  void draw_changes(Random& random);
  [[nodiscard]] static Plan from_seed(std::uint64_t seed, consensus::Mutation mutation);
};

}  // namespace footproof::simulation
