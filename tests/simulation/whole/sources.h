// The public HTTP interface of the other hosts, which a validator asks while it has no links
// (node/source_feed.h): one question at a time, answered from what that host has now. It fails
// where the host is down or a line is cut; a host that keeps no rules may answer anything.
#pragma once

#include <functional>
#include <string>

#include "node/source.h"
#include "tests/simulation/whole/network.h"

namespace footproof::whole {

// What a host answers to a GET of another one.
using Ask = std::function<Result<Bytes>(Place from, Place to, const std::string& path)>;

class SimSource final : public node::Source {
 public:
  SimSource(Place from, Place to, const Ask& ask)
      : from_(from), to_(to), name_("http://host-" + std::to_string(to)), ask_(ask) {}

  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] Result<Bytes> get(const std::string& path, std::size_t size_max) override {
    auto answer = ask_(from_, to_, path);
    if (answer && answer->size() > size_max) return fail(Errc::io, "larger than it may be");
    return answer;
  }

 private:
  Place from_;
  Place to_;
  std::string name_;
  const Ask& ask_;
};

}  // namespace footproof::whole
