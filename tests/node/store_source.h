// What a node serves to those who follow it, straight from its store: for tests that need no
// socket.
#pragma once

#include <algorithm>
#include <charconv>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "ledger/tiles.h"
#include "node/ports.h"
#include "node/serve_chain.h"
#include "node/snapshot_shelf.h"
#include "node/source.h"

namespace footproof::node::test {

// Time that passes when told to.
class ManualClock final : public Clock {
 public:
  [[nodiscard]] MonoTime now() const override { return now_; }
  [[nodiscard]] std::uint64_t wall_ms() const override { return 0; }
  void advance_to(MonoTime time) { now_ = std::max(now_, time); }

 private:
  MonoTime now_{std::chrono::hours(1)};
};

class StoreSource final : public Source {
 public:
  // Of an answer that would be good.
  using Change = std::function<Result<Bytes>(const std::string& path, Bytes answer)>;

  StoreSource(std::string name, const ledger::Store& store, Change change = nullptr)
      : name_(std::move(name)), store_(store), shelf_(store), change_(std::move(change)) {}

  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] Result<Bytes> get(const std::string& path, std::size_t size_max) override {
    auto answer = serve(path);
    if (!answer) return fail(answer.error());
    if (answer->size() > size_max) return fail(Errc::io, "larger than it may be");
    if (change_) return change_(path, std::move(*answer));
    return answer;
  }

 private:
  static std::uint64_t number(std::string_view text) {
    std::uint64_t out = 0;
    std::from_chars(text.data(), text.data() + text.size(), out);
    return out;
  }
  [[nodiscard]] Result<Bytes> serve(std::string_view path) {
    constexpr std::string_view kChain = "/v1/chain?from=";
    constexpr std::string_view kEpochs = "/v1/epochs/";
    constexpr std::string_view kState = "/v1/snapshot/state?size=";
    const MonoTime now{std::chrono::hours(1)};
    if (path.starts_with(kChain)) {
      auto served = serve_chain(store_, number(path.substr(kChain.size())));
      if (!served) return fail(served.error());
      return encode_chain_answer(*served);
    }
    if (path.starts_with(kEpochs)) {
      const auto hop = store_.hop(number(path.substr(kEpochs.size())));
      if (!hop) return fail(hop.error());
      if (!*hop) return fail(Errc::not_found, "no hop here");
      return encode_hop(**hop);
    }
    if (path == "/v1/snapshot") return shelf_.offer(now);
    if (path.starts_with(kState)) {
      const auto prefix = path.find("&prefix=");
      return shelf_.part(number(path.substr(kState.size())), path.substr(prefix + 8), now);
    }
    const auto tile = ledger::parse_tile_path(path.substr(1));
    if (!tile) return fail(tile.error());
    const auto published = store_.published();
    if (tile->kind == ledger::TileKind::hashes) {
      return published->tile(tile->level, tile->index, tile->width);
    }
    return published->statement_bundle(tile->index, tile->width);
  }

  std::string name_;
  const ledger::Store& store_;
  SnapshotShelf shelf_;
  Change change_;
};

// Gives the chain with this change in it, and all else as it is.
inline std::unique_ptr<Source> changed_source(std::string name, const ledger::Store& store,
                                              std::function<void(ChainAnswer&)> change) {
  return std::make_unique<StoreSource>(
      std::move(name), store,
      [change = std::move(change)](const std::string& path, Bytes answer) -> Result<Bytes> {
        if (!path.starts_with("/v1/chain")) return answer;
        auto parsed = parse_chain_answer(answer).value();
        change(parsed);
        return encode_chain_answer(parsed);
      });
}

}  // namespace footproof::node::test
