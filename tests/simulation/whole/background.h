// LevelDB's background thread, made to keep step: leveldb::Env::Default() of this program counts
// what is scheduled, and the simulation waits after each step of storage until nothing is left. So
// every step finds the database's files as the last one left them. Within one step a compaction may
// still run beside it; what it has written and not synced when a power cut falls into that very
// step is the one thing that a seed does not fix.
#pragma once

namespace footproof::whole {

void wait_for_background();

}  // namespace footproof::whole
