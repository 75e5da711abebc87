// The sets of a run and its epochs: what is true of them, whoever may think otherwise.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "consensus/epoch_end.h"
#include "consensus/replica.h"
#include "tests/simulation/keys.h"
#include "tests/simulation/plan.h"

namespace footproof::simulation {

using Person = std::uint8_t;  // who runs a host, for ever; the place in an epoch is another number

[[nodiscard]] std::string id_of(Person who);
// A list of members as the simulated state spells it: two bytes each.
[[nodiscard]] Bytes encode_set(const Set& set);
[[nodiscard]] Set parse_set(ByteView record);
[[nodiscard]] consensus::NextSet next_set(const Set& set, const Keys& keys);
// A cosignature over a log head, as the hop of an epoch carries q of them.
[[nodiscard]] Bytes cosigned_bytes(consensus::Epoch epoch, std::uint64_t size, const Digest& root);

// The head after the boundary block, cosigned by q of the set that ends with it.
struct Hop {
  consensus::Epoch epoch = 0;
  consensus::Height height = 0;
  std::uint64_t log_size = 0;
  Digest log_root;
  std::vector<std::pair<Person, consensus::Signature>> cosignatures;
};

struct EpochFacts {
  consensus::Membership membership;
  consensus::EpochRoot root;
  Set set;  // by place

  [[nodiscard]] std::optional<consensus::ValidatorIndex> place_of(Person who) const;
  [[nodiscard]] const SetMember& member(consensus::ValidatorIndex place) const {
    return set[place];
  }
  [[nodiscard]] bool verify(const Hop& hop, const Keys& keys) const;
};

class Epochs {
 public:
  Epochs(const Keys& keys, const Digest& chain_id, const Set& first, const Digest& members_hash,
         const consensus::EpochRoot& root, std::vector<consensus::ValidatorIndex> leaders);
  [[nodiscard]] const EpochFacts& at(consensus::Epoch epoch) const { return *epochs_[epoch]; }
  [[nodiscard]] consensus::Epoch highest() const { return epochs_.size() - 1; }
  // The epoch that this block begins. What is wrong if another began it already, or empty.
  [[nodiscard]] std::string begin(const consensus::Block& boundary,
                                  const consensus::Checkpoint& head);

 private:
  void add(consensus::Epoch epoch, Set set, const Digest& members_hash,
           const consensus::EpochRoot& root);

  const Keys& keys_;
  Digest chain_id_;
  std::vector<std::unique_ptr<EpochFacts>> epochs_;
};

}  // namespace footproof::simulation
