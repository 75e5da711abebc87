// A checker for scenarios: remembers what happened instead of judging it.
#pragma once

#include "tests/simulation/world.h"

namespace footproof::simulation {

class Watch final : public Checker {
 public:
  struct Books {
    std::set<consensus::View> nullified;
    std::map<consensus::Height, consensus::BlockHeader> chain;
    std::map<std::pair<std::size_t, consensus::View>, std::vector<consensus::Vote>> signed_votes;
    std::vector<std::pair<std::size_t, consensus::Alarm>> alarms;
    std::vector<consensus::Evidence> evidence;
    std::map<consensus::EvidenceKey, consensus::Height> in_chain;  // of evidence
    std::map<std::size_t, std::vector<consensus::Send>> sent;      // by host
  };
  explicit Watch(Books& books) : books_(books) {}

  void persisted(World&, const Host& host, const consensus::Persist&,
                 const consensus::Record& record) override {
    if (const auto* vote = std::get_if<consensus::Vote>(&record)) {
      books_.signed_votes[{host.place(), vote->proposal.view}].push_back(*vote);
    } else if (const auto* certificate = std::get_if<consensus::Certificate>(&record)) {
      if (certificate->type == consensus::VoteType::nullify) {
        books_.nullified.insert(certificate->proposal.view);
      }
    }
  }
  void sent(World&, const Host& host, const consensus::Send& send) override {
    books_.sent[host.place()].push_back(send);
  }
  void delivered(World&, const Host&, const consensus::Deliver& deliver) override {
    books_.chain.emplace(deliver.block.header.height, deliver.block.header);
    for (const auto& one : deliver.block.evidence) {
      books_.in_chain.emplace(consensus::key_of(one), deliver.block.header.height);
    }
  }
  void reported(World&, const Host&, const consensus::Evidence& evidence) override {
    books_.evidence.push_back(evidence);
  }
  void alarmed(World&, const Host& host, const consensus::Alarm& alarm) override {
    books_.alarms.emplace_back(host.place(), alarm);
  }

 private:
  Books& books_;
};

}  // namespace footproof::simulation
