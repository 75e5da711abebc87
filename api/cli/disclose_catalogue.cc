// footproof disclose --catalogue: one presentation for each member, all opened by one profile. A
// node is asked for a few receipts; those of the other members follow (attest/member_receipts.h).
// With --hops each carries the same ones, which are fetched once.
#include <atomic>
#include <filesystem>
#include <iostream>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "api/cli/bulk.h"
#include "api/cli/catalogue.h"
#include "api/cli/describe.h"
#include "api/cli/disclosing.h"
#include "api/cli/hops.h"
#include "api/cli/inspect.h"
#include "api/cli/submitting.h"
#include "api/client/client.h"
#include "attest/member_receipts.h"
#include "attest/receipt_check.h"

namespace footproof::api {
namespace {

struct Proof {
  Receipt receipt;
  std::vector<Hop> hops;
};

// Hands out the members' receipts and the hops to them; many threads ask.
class ReceiptSource {
 public:
  // `hops_from`: the epoch where the readers' policies end; none: they need no hops.
  ReceiptSource(Statement statement, Client client, const Policy* policy,
                std::optional<std::uint64_t> hops_from)
      : entry_id_(statement.entry_id()),
        receipts_(std::move(statement)),
        client_(std::move(client)),
        policy_(policy),
        hops_from_(hops_from) {}

  Result<Proof> of(const Digest& declaration_root) {
    const std::lock_guard lock(mutex_);
    if (auto made = receipts_.make(declaration_root)) return with_hops(std::move(*made));
    ++asked_;
    auto receipt = client_.receipt(entry_id_, declaration_root);
    if (!receipt) return fail(std::move(receipt.error()));
    auto proof = with_hops(*receipt);
    if (!proof) return proof;
    if (policy_ != nullptr) {
      const auto walked = walk_hops(*policy_, proof->hops);
      if (!walked) return fail("--policy", walked.error());
      if (auto checked = check_receipt(*receipt, *walked); !checked) return fail(checked.error());
    }
    if (auto added = receipts_.add(*receipt); !added) return fail(added.error());
    return proof;
  }

  [[nodiscard]] std::size_t asked() const { return asked_; }
  // Once all threads have ended: why a member has no hops though they were asked for.
  [[nodiscard]] std::optional<std::string> without_hops() const {
    if (!needless_) return std::nullopt;
    return no_hops_text(*hops_from_, *needless_);
  }

 private:
  Result<Proof> with_hops(Receipt receipt) {
    Proof out{std::move(receipt), {}};
    if (!hops_from_) return out;
    const auto epoch = epoch_of(out.receipt);
    if (!epoch) return fail(epoch.error());
    if (*epoch <= *hops_from_) {
      needless_ = *epoch;
      return out;
    }
    auto known = hops_.find(*epoch);
    if (known == hops_.end()) {
      auto hops = fetch_hops(client_, *hops_from_, *epoch);
      if (!hops) return fail("--hops", std::move(hops.error()));
      known = hops_.emplace(*epoch, *std::move(hops)).first;
    }
    out.hops = known->second;
    return out;
  }

  std::mutex mutex_;
  const Digest entry_id_;
  MemberReceipts receipts_;
  Client client_;
  const Policy* policy_;
  const std::optional<std::uint64_t> hops_from_;
  std::map<std::uint64_t, std::vector<Hop>> hops_;  // by the epoch that they lead to
  std::optional<std::uint64_t> needless_;           // epoch of a receipt that needs none
  std::size_t asked_ = 0;
};

Result<void> check_options(const DiscloseOptions& options) {
  const bool for_somebody = !options.audience.empty() || !options.nonce.empty() ||
                            !options.expires.empty() || !options.holder_key.empty();
  if (for_somebody || !options.documents.empty()) {
    return fail(Errc::usage,
                "--catalogue: an audience or a document goes with a single declaration; disclose "
                "that one by itself");
  }
  return {};
}

class CatalogueDisclosure {
 public:
  CatalogueDisclosure(const DiscloseOptions& options, const Catalogue& catalogue,
                      ReceiptSource& receipts)
      : options_(options), catalogue_(catalogue), receipts_(receipts) {}

  Result<void> disclose_one(const std::string& path, const std::string& output) {
    const auto file = read_file(path, kSealedFileMax);
    if (!file) return fail(file.error());
    const auto sealed = SealedDeclaration::parse(*file);
    if (!sealed) return fail(wrong_file(path, *file, "sealed declaration", sealed.error()));
    const auto member = member_of(catalogue_, tree_of(*sealed));
    if (!member) return fail(Errc::mismatch, path + ": " + member.error().detail);
    auto openings = open_asked(options_, *sealed);
    if (!openings) return fail(path, openings.error());
    if (std::filesystem::exists(output)) {
      if (auto good = check_disclosed_before(output, *openings); !good) return good;
      if (!options_.refresh) {
        ++kept_;
        return {};
      }
    }
    auto proof = receipts_.of(member->tree_root);
    if (!proof) return fail(std::move(proof.error()));
    Presentation presentation{
        std::move(proof->receipt), std::string(sealed->profile()), sealed->tree_size(),
        member->position,          member->subject_path,           std::move(*openings),
        options_.profile,          std::move(proof->hops),         {}};
    if (auto good = check_presentation(presentation, *sealed); !good)
      return fail(path, good.error());
    const Bytes bytes = encode_presentation(presentation);
    if (auto done = write_file_unsynced(output, bytes, 0644); !done) return done;
    ++written_;
    bytes_ += bytes.size();
    return {};
  }

  void print(bool json) const {
    const std::size_t written = written_;
    const std::size_t average = written == 0 ? 0 : bytes_ / written;
    if (json) {
      nlohmann::ordered_json shown;
      shown["folder"] = options_.output;
      shown["profile"] = options_.profile;
      shown["written"] = written;
      shown["kept"] = kept_.load();
      shown["bytes_each"] = average;
      shown["receipts_fetched"] = receipts_.asked();
      std::cout << shown.dump(2) << '\n';
      return;
    }
    std::cout << options_.output << ": " << written << " presentations of " << average
              << " bytes each, profile " << options_.profile;
    if (kept_ > 0) std::cout << "; " << kept_ << " were there already";
    std::cout << '\n';
  }

 private:
  // What an earlier run left is kept, or made anew with --refresh, only where it is what this run
  // would make: of this catalogue, by this profile, with the same fields opened.
  Result<void> check_disclosed_before(const std::string& output, const Openings& wanted) const {
    const auto bytes = read_file(output, kPresentationSizeMax);
    if (!bytes) return fail(bytes.error());
    const auto before = parse_presentation(*bytes);
    const bool same = before && before->disclosure_profile == options_.profile &&
                      before->receipt.statement == catalogue_.statement &&
                      before->openings.entries == wanted.entries;
    if (same) return {};
    return fail(Errc::usage, output +
                                 ": exists and is not a presentation of this catalogue by this "
                                 "profile and with these fields; remove it, or choose another "
                                 "--output");
  }

  const DiscloseOptions& options_;
  const Catalogue& catalogue_;
  ReceiptSource& receipts_;
  std::atomic<std::size_t> written_ = 0;
  std::atomic<std::size_t> kept_ = 0;
  std::atomic<std::size_t> bytes_ = 0;
};

}  // namespace

Result<void> disclose_catalogue(const DiscloseOptions& options, const Context& context) {
  if (auto good = check_options(options); !good) return good;
  const auto catalogue = read_catalogue(options.attested);
  if (!catalogue) return fail(catalogue.error());
  auto statement = parse_statement(catalogue->statement);
  if (!statement) return fail(statement.error());
  const auto files = list_files(options.catalogue, ".sealed");
  if (!files) return fail(files.error());
  const auto outputs = outputs_in(options.output, *files, ".footproof");
  if (!outputs) return fail(outputs.error());
  std::optional<Policy> policy;
  if (!options.policy.empty()) {
    auto read = read_policy(options.policy);
    if (!read) return fail("--policy", std::move(read.error()));
    policy = std::move(*read);
  }
  auto client = Client::make(context.nodes.empty() ? catalogue->nodes : context.nodes);
  if (!client) return fail("--node", std::move(client.error()));
  if (auto made = make_folder(options.output); !made) return made;

  ReceiptSource receipts(std::move(*statement), std::move(*client), policy ? &*policy : nullptr,
                         options.hops ? std::optional(options.hops_from) : std::nullopt);
  CatalogueDisclosure disclosure(options, *catalogue, receipts);
  auto done = for_each_index(files->size(), "disclosing", [&](std::size_t i) {
    return disclosure.disclose_one((*files)[i], (*outputs)[i]);
  });
  if (!done) return done;
  if (auto synced = sync_folder(options.output); !synced) return synced;
  if (const auto why = receipts.without_hops()) std::cerr << "footproof: " << *why << '\n';
  disclosure.print(context.json);
  return {};
}

}  // namespace footproof::api
