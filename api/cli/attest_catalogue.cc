// footproof attest --catalogue: one signature for many declarations, taken up again after an
// interruption, and with an accreditation body's countersignature in between where it comes late.
#include <filesystem>
#include <iostream>
#include <optional>
#include <utility>

#include "api/cli/attesting.h"
#include "api/cli/bulk.h"
#include "api/cli/catalogue.h"
#include "api/cli/late.h"
#include "attest/catalogue.h"

namespace footproof::api {
namespace {

class CatalogueAttesting {
 public:
  CatalogueAttesting(AttestOptions options, const Context& context)
      : options_(std::move(options)),
        context_(context),
        arrangement_path_(arrangement_path(options_.sign.output)) {}

  int run() {
    if (!options_.sealed.empty()) {
      return report({Errc::usage, "--catalogue: takes the place of SEALED"});
    }
    const std::string& output = options_.sign.output;
    if (output.empty()) {
      return report({Errc::usage, "--output FILE.catalogue: name the file for the attestation"});
    }
    auto members = read_members(options_.catalogue);
    if (!members) return report(members.error());
    members_ = std::move(*members);
    auto client = make_client(context_);
    if (!client) return report(client.error());
    if (!options_.late_request.empty()) return request_late(*client);
    const int code =
        std::filesystem::exists(output) && !options_.sign.check ? go_on(*client) : sign(*client);
    if (code != kOk || options_.each.empty() || options_.sign.check) return code;
    const auto written = write_each(options_.each, members_, *catalogue_);
    return written ? kOk : report(written.error());
  }

 private:
  // Everything that fixes the root is on disk before the body can see the request.
  int request_late(Client& client) {
    if (std::filesystem::exists(options_.sign.output)) {
      return report({Errc::usage, options_.sign.output +
                                      ": is signed already; choose another --output for the "
                                      "attestation that is to be countersigned"});
    }
    const bool again = std::filesystem::exists(arrangement_path_);
    auto arranged = again ? arranged_before() : arrange(members_.leaves);
    if (!arranged) return report(arranged.error());
    const auto attestation = make_attestation(options_, arranged->tree.subject());
    if (!attestation) return report(attestation.error());
    const auto request = make_late_request(options_.sign, client, *attestation);
    if (!request) return report(request.error());
    if (again) {
      const auto same = same_request(*arrangement_, arrangement_path_, *request);
      if (!same) return report(same.error());
    }
    if (const auto listed = write_list(arranged->positions); !listed) {
      return report(listed.error());
    }
    if (!again) {
      if (const auto kept = keep(*request, *arranged); !kept) return report(kept.error());
    }
    return write_late_request(options_.late_request, *request, context_);
  }

  // As the late request has them.
  Result<Arranged> arranged_before() {
    auto read = read_arrangement(arrangement_path_);
    if (!read) return fail(std::move(read.error()));
    arrangement_.emplace(std::move(*read));
    return arrange_as(*arrangement_, arrangement_path_, members_);
  }

  Result<void> keep(const LateRequest& request, const Arranged& arranged) const {
    Arrangement arrangement{request, arranged.tree, {}};
    for (std::size_t i = 0; i < members_.files.size(); ++i) {
      arrangement.members.push_back({members_.files[i], arranged.positions[i]});
    }
    const auto written =
        write_file(arrangement_path_, encode_arrangement(arrangement), 0600, Overwrite::no);
    if (!written) return fail(written.error());
    return {};
  }

  Result<void> write_list(const std::vector<std::uint64_t>& positions) const {
    const std::string list = members_csv(members_, positions);
    const auto written =
        write_file(options_.sign.output + ".members.csv", as_bytes(list), 0600, Overwrite::yes);
    if (!written) return fail(written.error());
    return {};
  }

  // Anew, or, with a countersignature, as the body saw it.
  Result<Arranged> arranged_to_sign() {
    const bool requested = std::filesystem::exists(arrangement_path_);
    if (options_.countersignature.empty()) {
      if (!requested || options_.sign.check) return arrange(members_.leaves);
      return fail(Errc::usage, arrangement_path_ +
                                   ": a late request was written for this catalogue: give what "
                                   "came back with --countersignature, or choose another --output");
    }
    if (requested) return arranged_before();
    return fail(Errc::usage, arrangement_path_ +
                                 ": not there; --late-request writes it, and without it the "
                                 "declarations cannot be put in the order that was countersigned");
  }

  Result<void> countersign(Client& client, Attestation& attestation) const {
    const auto now = make_late_request(options_.sign, client, attestation);
    if (!now) return fail(now.error());
    if (auto same = same_request(*arrangement_, arrangement_path_, *now); !same) return same;
    const auto made = read_countersignature(options_.countersignature);
    if (!made) return fail(made.error());
    attestation.countersignature = *made;
    return {};
  }

  int sign(Client& client) {
    auto arranged = arranged_to_sign();
    if (!arranged) return report(arranged.error());
    auto attestation = make_attestation(options_, arranged->tree.subject());
    if (!attestation) return report(attestation.error());
    if (!options_.countersignature.empty()) {
      const auto done = countersign(client, *attestation);
      if (!done) return report(done.error());
    }
    const Save save = [&, this](const Statement& statement, const Receipt* receipt,
                                const std::vector<std::string>& nodes) -> Result<void> {
      if (receipt == nullptr) {
        // Before the catalogue: where that is not there, nothing was signed.
        if (auto listed = write_list(arranged->positions); !listed) return listed;
        catalogue_.emplace(Catalogue{statement.bytes(), std::move(arranged->tree), {}, nodes});
      }
      return save_catalogue(receipt);
    };
    return sign_and_submit(context_, options_.sign, client, std::move(*attestation), save);
  }

  // After an interruption: what was signed is sent again, for the very same members.
  int go_on(Client& client) {
    auto catalogue = read_catalogue(options_.sign.output);
    if (!catalogue) return report(catalogue.error());
    catalogue_ = std::move(*catalogue);
    for (std::size_t i = 0; i < members_.files.size(); ++i) {
      if (catalogue_->tree.find_leaf(members_.leaves[i])) continue;
      return report({Errc::usage, options_.sign.output + ": exists and does not attest " +
                                      members_.files[i] + "; choose another --output"});
    }
    if (const auto whole = check_list(); !whole) return report(whole.error());
    const auto statement = parse_statement(catalogue_->statement);
    if (!statement) return report(statement.error());
    const auto asked = make_attestation(options_, catalogue_->tree.subject());
    if (!asked) return report(asked.error());
    if (const auto differs = difference_to_signed(options_, *asked, *statement); !differs.empty()) {
      return report({Errc::usage, options_.sign.output +
                                      ": exists, and what is signed in it "
                                      "differs: " +
                                      differs + "; choose another --output to sign anew"});
    }
    if (const auto fits = carries_countersignature(*statement); !fits) return report(fits.error());
    std::cerr << options_.sign.output << " exists: going on with the statement signed in it\n";
    const Save save = [this](const Statement&, const Receipt* receipt,
                             const std::vector<std::string>& nodes) {
      catalogue_->nodes = nodes;  // those that answered, not those of the first try
      return save_catalogue(receipt);
    };
    return submit_saved(context_, client, *statement, options_.sign.output, save);
  }

  // The list beside the catalogue says which declarations were signed for, which the catalogue does
  // not: one that was taken away since must not be logged unseen. A lost list is made again.
  [[nodiscard]] Result<void> check_list() const {
    const std::string path = options_.sign.output + ".members.csv";
    if (!std::filesystem::exists(path)) {
      std::vector<std::uint64_t> positions;
      for (const Digest& leaf : members_.leaves) {
        positions.push_back(*catalogue_->tree.find_leaf(leaf));
      }
      std::cerr << path << ": was not there and is made again from " << options_.catalogue
                << "; it cannot be told whether members were taken away since\n";
      return write_list(positions);
    }
    const auto bytes = read_file(path, kFileListMax);
    if (!bytes) return fail(bytes.error());
    auto signed_for = roots_in_csv(as_text(*bytes));
    for (const Digest& root : members_.roots) signed_for.erase(root);
    if (signed_for.empty()) return {};
    return fail(Errc::usage, options_.sign.output + ": attests " + signed_for.begin()->second +
                                 " too, which is not in " + options_.catalogue +
                                 "; put it back, or choose another --output to sign anew");
  }

  // What was signed without it, or with another, does not become countersigned by being sent again.
  [[nodiscard]] Result<void> carries_countersignature(const Statement& statement) const {
    if (options_.countersignature.empty()) return {};
    const auto made = read_countersignature(options_.countersignature);
    if (!made) return fail(made.error());
    const auto* attestation = statement.as<Attestation>();
    if (attestation != nullptr && attestation->countersignature == *made) return {};
    return fail(Errc::usage, options_.sign.output + ": exists and is signed without " +
                                 options_.countersignature +
                                 "; move it away to have it signed anew with that");
  }

  Result<void> save_catalogue(const Receipt* receipt) {
    if (receipt != nullptr) catalogue_->receipt = *receipt;
    const auto written = write_file(options_.sign.output, encode_catalogue(*catalogue_), 0644,
                                    receipt == nullptr ? Overwrite::no : Overwrite::yes);
    if (!written) return fail(written.error());
    return {};
  }

  AttestOptions options_;
  const Context& context_;
  std::string arrangement_path_;
  Members members_;
  std::optional<Arrangement> arrangement_;  // of the late request, once read
  std::optional<Catalogue> catalogue_;      // once signed
};

}  // namespace

int attest_catalogue(AttestOptions options, const Context& context) {
  return CatalogueAttesting(std::move(options), context).run();
}

}  // namespace footproof::api
