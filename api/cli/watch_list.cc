#include "api/cli/watch_list.h"

#include <array>
#include <variant>

namespace footproof::api {

void WatchList::add(const Digest& entry_id, const std::string& file) {
  entries_[entry_id].files.insert(file);
}

void WatchList::add_member(const Digest& entry_id, const Digest& declaration,
                           const std::string& file) {
  entries_[entry_id].member_files[declaration].insert(file);
}

std::set<std::string> WatchList::WatchedEntry::all_files() const {
  std::set<std::string> all = files;
  for (const auto& [declaration, of_member] : member_files) {
    all.insert(of_member.begin(), of_member.end());
  }
  return all;
}

std::set<std::string> WatchList::WatchedEntry::files_about(const Digest& declaration) const {
  std::set<std::string> about = files;
  const auto found = member_files.find(declaration);
  if (found != member_files.end()) about.insert(found->second.begin(), found->second.end());
  return about;
}

void WatchList::add(const ReleaseRef& release, const std::string& file) {
  releases_[{release.database, release.release}].files.insert(file);
}

void WatchList::add(const Link& link, const std::string& file) {
  std::visit([&](const auto& target) { add(target, file); }, link.target);
}

void WatchList::warn(std::string what, std::string subject, const std::set<std::string>& files) {
  in_block_.push_back({index_, {}, entry_, std::move(what), std::move(subject), files});
}

// One statement against the list, by kind of payload.
struct WatchList::Matcher {
  WatchList& list;
  const Statement& statement;

  void operator()(const Attestation& attestation) const {
    if (!attestation.supersedes) return;
    const auto found = list.entries_.find(*attestation.supersedes);
    if (found == list.entries_.end()) return;
    list.warn("superseded by " + statement.entry_id().hex(), found->first.hex(),
              found->second.all_files());
  }

  void operator()(const StatusChange& change) const {
    const auto found = list.entries_.find(change.target);
    if (found == list.entries_.end()) return;
    const auto files = change.declaration ? found->second.files_about(*change.declaration)
                                          : found->second.all_files();
    if (files.empty()) return;
    constexpr std::array<std::string_view, 4> kWhat = {"", "suspended", "reinstated", "revoked"};
    std::string what(kWhat[static_cast<std::size_t>(change.action)]);
    what += " (" + std::string(to_text(change.reason)) + ") from " + change.effective.text();
    if (change.declaration) what += ", only the declaration " + change.declaration->hex();
    list.warn(std::move(what), found->first.hex(), files);
  }

  // A watched attestation may rest on the accreditation.
  void operator()(const AccreditationChange& change) const {
    if (change.action == AccreditationAction::grant) return;
    for (const auto& [id, watched] : list.entries_) {
      if (watched.accreditation != std::pair(statement.issuer(), change.id)) continue;
      list.warn("accreditation " + change.id + " of its verifier: " +
                    std::string(to_text(change.action)) + " from " + change.effective.text(),
                id.hex(), watched.all_files());
    }
  }

  void operator()(const KeyChange& change) const {
    if (change.action != KeyAction::compromised || !change.kid) return;
    for (const auto& [id, watched] : list.entries_) {
      if (watched.kid != change.kid) continue;
      const bool voids = change.since && watched.recorded && *change.since <= *watched.recorded;
      list.warn("its key is reported compromised since " +
                    (change.since ? change.since->text() : std::string("?")) +
                    (voids ? ": it counts no more" : "; it was recorded before"),
                id.hex(), watched.all_files());
    }
  }

  void operator()(const Ballot&) const {}

  void operator()(const DatasetRelease& release) const {
    const auto found = list.releases_.find({release.database, release.release});
    if (found != list.releases_.end()) {
      found->second.entries.insert(statement.entry_id());
      if (release.notice) {
        list.warn(std::string(to_text(*release.notice)) + " of " + release.released_on.text(),
                  release.database + ' ' + release.release, found->second.files);
      }
    }
    if (release.notice || !release.replaces) return;
    for (const auto& [name, watched] : list.releases_) {
      if (!watched.entries.contains(*release.replaces)) continue;
      list.warn("replaced by release " + release.release, name.first + ' ' + name.second,
                watched.files);
    }
  }
};

void WatchList::see(std::uint64_t index, const Statement& statement) {
  index_ = index;
  entry_ = statement.entry_id();
  if (const auto found = entries_.find(entry_); found != entries_.end()) {
    found->second.kid = statement.kid();
    if (const auto* attestation = statement.as<Attestation>(); attestation != nullptr) {
      const auto& [body, id] = attestation->accreditation;
      found->second.accreditation = std::pair(body, id);
    }
    seen_in_block_.push_back(entry_);
  }
  std::visit(Matcher{*this, statement}, statement.payload());
}

void WatchList::see(const BlockRecord& record) {
  for (const Digest& id : seen_in_block_) entries_[id].recorded = record.time;
  seen_in_block_.clear();
  for (Warning& warning : in_block_) {
    warning.recorded = record.time;
    ready_.push_back(std::move(warning));
  }
  in_block_.clear();
}

std::vector<Warning> WatchList::take() { return std::exchange(ready_, {}); }

std::vector<std::string> WatchList::unseen() const {
  std::vector<std::string> names;
  for (const auto& [id, watched] : entries_) {
    if (!watched.recorded) names.push_back(id.hex());
  }
  for (const auto& [name, watched] : releases_) {
    if (watched.entries.empty()) names.push_back(name.first + ' ' + name.second);
  }
  return names;
}

}  // namespace footproof::api
