#include "node/follow_meter.h"

#include "node/log.h"

namespace footproof::node {

api::FollowFacts FollowMeter::look(const ledger::Head& head, const SourceBook& sources,
                                   MonoTime now) {
  if (head.height > height_) {
    recent_.emplace_back(now, head.height - std::exchange(height_, head.height));
  }
  while (!recent_.empty() && recent_.front().first + std::chrono::minutes(1) < now) {
    recent_.pop_front();
  }
  const auto seen = sources.height();
  api::FollowFacts out;
  out.sources = sources.facts(now);
  out.behind = seen > head.height ? seen - head.height : 0;
  for (const auto& [at, blocks] : recent_) out.blocks_per_minute += blocks;
  out.doing = "following";
  if (now - told_at_ >= kTellEvery) {
    told_at_ = now;
    log(LogLevel::info, "following",
        {{"height", head.height},
         {"behind", out.behind},
         {"size", head.log_size},
         {"blocks_per_minute", out.blocks_per_minute}});
  }
  return out;
}

}  // namespace footproof::node
