// One machine of the simulated network: a disk that outlives the node on it, a clock, and lives of
// the production node::Engine, one after the other.
//
// A crash drops the engine without its stop: as after a kill -9 the disk keeps what was written,
// and after a power cut what was synced, and of the rest what the disk pleases (tests/disk).
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "node/data_folder.h"
#include "node/engine.h"
#include "tests/disk/faulty_disk.h"
#include "tests/simulation/whole/cast.h"
#include "tests/simulation/whole/network.h"
#include "tests/simulation/whole/plan.h"
#include "tests/simulation/whole/replay.h"
#include "tests/simulation/whole/sources.h"

namespace footproof::whole {

class Host {
 public:
  Host(Stage stage, const Plan& plan, const Cast& cast, Network& links, Place place,
       std::filesystem::path home);
  ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  // An error that no fault of its disk explains.
  [[nodiscard]] Result<void> start();
  void kill();                      // the process; the machine runs on
  void cut_power(test::Kept kept);  // and the power comes back at once
  void flip_bit();                  // of a file, while the host is down
  // The next call of the disk, or one after it, fails.
  void set_disk_fault(test::Fault fault, std::size_t call, bool syncs_only);
  void clear_disk_fault();
  void pause(Micros until);
  // Ends as footproofd ends when it is told to; `finished`: also what was delivered is executed.
  void stop(bool finished);
  // While the host is down: copies of its folder, and what people do with them.
  void keep_copy();
  enum class Part : std::uint8_t { all, database, log, anchor };
  void bring_back(Part part);  // from the last copy; nothing if there is none
  void lose(Part part);
  // A frame leaves. False: the power is gone.
  [[nodiscard]] bool speaks() { return disk_->count_other(); }
  [[nodiscard]] bool power_is_gone() const { return disk_->is_cut(); }
  [[nodiscard]] std::size_t calls_counted() const { return disk_->calls_counted(); }
  void count_calls();
  // What fsck finds, but for a write of the anchor that was cut off. The host is down.
  [[nodiscard]] Result<std::string> fsck() const;
  void set_clock(std::int64_t offset_ms) { clock_.offset_ms = offset_ms; }

  [[nodiscard]] bool is_up() const { return life_ != nullptr; }
  [[nodiscard]] std::uint64_t lives() const { return lives_; }
  [[nodiscard]] node::Engine& engine() { return *engine_of(); }
  [[nodiscard]] Place place() const { return place_; }
  [[nodiscard]] Person person() const { return person_; }
  [[nodiscard]] const std::string& id() const { return config_.validator; }
  // Keys that a ballot may name: they lie in the folder of next keys from now on.
  void give_keys(std::size_t generation);
  // It refused to start on what was left of its disk, and says why.
  [[nodiscard]] const std::string& refusal() const { return refusal_; }
  // It follows and does not vote, because its log was not to be trusted.
  [[nodiscard]] bool is_observer();
  // A fault of its disk may have been met since the start.
  [[nodiscard]] bool disk_failed() const;
  // It was told that the disk is full, and ends because of it.
  [[nodiscard]] bool disk_exhausted() const { return disk_exhausted_; }
  [[nodiscard]] node::Config config() const;
  [[nodiscard]] std::uint64_t judged() const { return replay_.judged(); }

  std::function<void(const std::string&)> died;  // of a failed write; the host is still up
  std::function<void()> stepped;                 // storage has done something
  std::function<void(const std::string&)> broke_rule;
  Ask ask;  // over HTTP, while it has no links

 private:
  struct Life;
  [[nodiscard]] node::Engine* engine_of();
  void end();
  void configure();
  void start_feed();
  [[nodiscard]] std::optional<node::DiskSpace> disk_space();

  Stage stage_;
  const Plan& plan_;
  const Cast& cast_;
  Network& links_;
  Place place_;
  Person person_;
  std::filesystem::path home_;
  node::KeyRing keys_;
  node::Config config_;
  std::size_t segment_size_ = 0;
  HostClock clock_;
  std::unique_ptr<test::FaultyDisk> disk_;
  std::unique_ptr<Life> life_;
  std::uint64_t lives_ = 0;
  bool damaged_ = false;  // bits were flipped or pages torn: it may refuse to start
  bool fault_armed_ = false;
  bool disk_exhausted_ = false;
  Micros disk_low_until_ = 0;
  std::string refusal_;
  Replay replay_{[this](const std::string& what) {
    if (broke_rule) broke_rule(what);
  }};
};

}  // namespace footproof::whole
