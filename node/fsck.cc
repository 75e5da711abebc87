#include "node/fsck.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <system_error>
#include <utility>

#include "consensus/blocks.h"
#include "node/batch.h"
#include "node/chain_store.h"
#include "node/core_loop.h"
#include "node/data_folder.h"
#include "node/evidence_book.h"
#include "node/key_verifier.h"
#include "node/network.h"
#include "node/own_keys.h"
#include "node/wal.h"

namespace footproof::node {
namespace {

namespace fs = std::filesystem;
using ledger::BlobFault;
using ledger::StoredBlock;

class WorkFolder {
 public:
  explicit WorkFolder(fs::path path) : path_(std::move(path)) {}
  ~WorkFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;

 private:
  fs::path path_;
};

// The finalised chain, one block after the other.
class ChainCheck {
 public:
  explicit ChainCheck(const Network& network) : network_(network), verifier_(network.validators) {}

  // The first block that is to be there.
  consensus::Height begin(const ledger::BlobSource& source) {
    const auto blob = source(first_height_blob(0).key);
    if (blob && *blob) first_ = ByteReader(**blob).u64();
    return first_;
  }

  std::optional<BlobFault> check(const StoredBlock& stored, const ledger::BlobSource& source) {
    const Digest key = block_key(stored.head.height);
    const auto fault = [&key](std::string what) {
      return BlobFault{key, "finalised block: " + std::move(what)};
    };
    const auto blob = source(key);
    if (!blob) return fault(blob.error().detail);
    if (!*blob) return fault("is missing");
    const auto applied = parse_block_blob(**blob);
    if (!applied) return fault("does not parse");
    const auto& header = applied->block.header;
    if (consensus::block_id(header) != stored.head.block_id)
      return fault("is not the one executed");
    // The head below the first one is not there in a store that began with a snapshot.
    const bool follows = header.parent == stored.before.block_id || header.height == first_;
    if (header.height != stored.head.height || header.epoch != stored.head.epoch ||
        header.time_ms != stored.head.time_ms || !follows) {
      return fault("does not follow the block before, or was executed as of another time");
    }
    const auto& certificate = applied->finalization;
    if (certificate.type != consensus::VoteType::finalize ||
        !finalises(certificate, header, stored.head)) {
      return fault("its certificate finalises another");
    }
    if (header.epoch != network_.membership.epoch()) {
      ++unchecked_;
    } else if (!network_.membership.verify(certificate, verifier_)) {
      return fault("its certificate does not verify");
    }
    if (!consensus::body_fits(applied->block)) {
      return fault("its batches or its evidence are not those of its header");
    }
    for (const auto& brought : evidence_.add(applied->block)) {
      const auto kept = source(brought.key);
      if (!kept) return BlobFault{brought.key, "evidence: " + kept.error().detail};
      if (!*kept || **kept != brought.bytes) {
        return BlobFault{brought.key, "evidence: is not what the blocks bring"};
      }
    }
    return check_batches(applied->block, stored, source);
  }

  // Heights whose certificate finalises a block that is not in the chain above them. The blocks at
  // the very end may await theirs: a stop came between it and them.
  [[nodiscard]] std::vector<consensus::Height> unfinalised() const {
    std::vector<consensus::Height> heights;
    for (const auto& [id, height] : awaited_) {
      if (id != newest_ || height < newest_since_) heights.push_back(height);
    }
    return heights;
  }
  [[nodiscard]] std::uint64_t unchecked() const { return unchecked_; }

 private:
  // The block itself, or a descendant (consensus/replica.h, Deliver): after a view without a
  // finalization, the next one finalises all before it. Descendants have later views.
  bool finalises(const consensus::Certificate& certificate, const consensus::BlockHeader& header,
                 const ledger::Head& head) {
    const Digest& id = certificate.proposal.block_id;
    awaited_.erase(head.block_id);
    if (id != newest_) {
      newest_ = id;
      newest_since_ = head.height;
    }
    if (id == head.block_id) return true;
    if (certificate.proposal.view <= header.view) return false;
    awaited_.emplace(id, head.height);
    return true;
  }

  // What was logged must stand in the batches, in their order; what else is there was refused.
  static std::optional<BlobFault> check_batches(const consensus::Block& block,
                                                const StoredBlock& stored,
                                                const ledger::BlobSource& source) {
    auto logged = stored.statements.begin();
    for (const auto& ref : block.batch_refs) {
      const Digest key = batch_key(ref.digest);
      const auto bytes = source(key);
      if (!bytes) return BlobFault{key, "batch: " + bytes.error().detail};
      if (!*bytes) return BlobFault{key, "batch: is missing"};
      if (consensus::batch_digest(**bytes) != ref.digest) {
        return BlobFault{key, "batch: is not the one that its block names"};
      }
      const auto batch = parse_batch(**bytes);
      if (!batch) return BlobFault{key, "batch: " + batch.error().detail};
      for (const Bytes& statement : batch->statements) {
        if (logged != stored.statements.end() && statement == *logged) ++logged;
      }
    }
    if (logged == stored.statements.end()) return std::nullopt;
    return BlobFault{block_key(stored.head.height),
                     "finalised block: the log has a statement that its batches do not hold"};
  }

  const Network& network_;
  KeyVerifier verifier_;
  EvidenceBook evidence_;
  consensus::Height first_ = 1;
  std::map<Digest, consensus::Height> awaited_;  // named by a certificate of this height, first
  Digest newest_;                                // what the newest certificate names …
  consensus::Height newest_since_ = 0;           // … and all below it down to here
  std::uint64_t unchecked_ = 0;
};

// Opening cuts a torn tail, so a copy is opened.
void check_wal(const fs::path& data, const fs::path& work, ledger::Fsck& store) {
  const auto wrong = [&store](std::uint64_t height, std::string what) {
    ++store.found;
    store.findings.push_back({std::string(kWalFolder), height, std::move(what)});
  };
  const fs::path copy = work / kWalFolder;
  std::error_code error;
  fs::copy(data / kWalFolder, copy, fs::copy_options::recursive, error);
  if (error) return wrong(store.height, "cannot be read: " + error.message());
  std::uint64_t reach = 0;
  const auto opened = Wal::open(copy, kWalSegmentSizeDefault, [&reach](const WalRecord& record) {
    if (record.type == kWalReach) reach = std::max(reach, ByteReader(record.body).u64());
  });
  if (!opened) return wrong(reach, opened.error().detail);
  if (!opened->trusted) return wrong(reach, opened->reason);
  if (reach < store.height) {
    wrong(reach, fmt::format("an older copy: the database reaches height {}", store.height));
  }
}

}  // namespace

Result<FsckReport> fsck_home(const Config& config, const fs::path& work) {
  auto network = load_network(config.genesis);
  if (!network) return fail(network.error());
  const auto folder = DataFolder::open_existing(config.data);
  if (!folder) return fail(folder.error());
  const auto marked = is_marked(*folder, network->chain_id, config);
  if (!marked) return fail(marked.error());
  std::error_code error;
  if (!fs::create_directory(work, error)) {
    return fail(Errc::io, work.string() + ": cannot be made, or is there already");
  }
  const WorkFolder remover(work);
  ChainCheck chain(*network);
  auto store = ledger::fsck(
      {config.data / kDatabaseFolder, config.data / kAnchorFile}, network->genesis_bytes, work,
      [&chain](const StoredBlock& block, const ledger::BlobSource& source) {
        return chain.check(block, source);
      },
      [&chain](const ledger::BlobSource& source) { return chain.begin(source); });
  if (!store) return fail(store.error());
  for (const auto height :
       store->complete ? chain.unfinalised() : std::vector<consensus::Height>{}) {
    ++store->found;
    store->findings.push_back({std::string(kDatabaseFolder), height,
                               "finalised block: its certificate finalises a block that is not in "
                               "the chain above it"});
  }
  if (!*marked) {
    ++store->found;
    store->findings.push_back({std::string(kMarkerFile), 0, "is missing"});
  }
  if (!config.follows()) check_wal(config.data, work, *store);
  return FsckReport{*std::move(store), chain.unchecked()};
}

}  // namespace footproof::node
