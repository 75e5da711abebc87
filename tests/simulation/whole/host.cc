#include "tests/simulation/whole/host.h"

#include <algorithm>
#include <fstream>
#include <utility>

#include "attest/check.h"
#include "ledger/fsck.h"
#include "node/source_feed.h"
#include "tests/simulation/whole/background.h"
#include "tests/support/fixture_log.h"

namespace footproof::whole {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kNoCall = ~std::size_t{0};

}  // namespace

struct Host::Life {
  Life(Host& host, Owner the_owner)
      : owner(the_owner),
        reactor(host.stage_, owner, host.clock_),
        links(host.links_, host.place_, owner, reactor),
        workers(host.stage_, owner),
        storage(host.stage_, owner, reactor,
                [&host] {
                  wait_for_background();
                  if (host.stepped) host.stepped();
                }),
        feeding(host.stage_, owner, reactor, [] {}),
        outside{reactor,      links, workers, storage, [&host] { return host.disk_space(); },
                &host.replay_} {}

  Owner owner;
  SimReactor reactor;
  SimLinks links;
  SimWorkers workers;
  SimRunner storage;
  SimRunner feeding;
  node::Outside outside;
  std::optional<node::DataFolder> folder;
  std::unique_ptr<node::Engine> engine;
  std::unique_ptr<node::SourceFeed> feed;
};

Host::Host(Stage stage, const Plan& plan, const Cast& cast, Network& links, Place place,
           fs::path home)
    : stage_(stage),
      plan_(plan),
      cast_(cast),
      links_(links),
      place_(place),
      person_(links.person(place)),
      home_(std::move(home)),
      keys_(Cast::keys(person_, 0)) {
  clock_.wall_base_ms = static_cast<std::uint64_t>(testing::kFixtureGenesis.ms) + 86'400'000;
  clock_.mono_base = stage_.random.between(1, 100'000) * kSecond;
  fs::create_directories(home_);
  std::ofstream(home_ / "genesis.cbor", std::ios::binary) << as_text(cast_.network().genesis_bytes);
  configure();
  {
    auto folder = node::DataFolder::open(config_.data);
    CHECK(folder.has_value());
    CHECK(node::make_data(*folder, cast_.network(), keys_, false, segment_size_).has_value());
  }
  disk_ = std::make_unique<test::FaultyDisk>(config_.data);
}

std::optional<node::DiskSpace> Host::disk_space() {
  constexpr std::uint64_t kGiB = std::uint64_t{1} << 30U;
  auto& points = stage_.points;
  if (points.hit("the disk's room cannot be asked", 2)) return std::nullopt;
  if (points.hit("the disk is nearly full for a while", 10)) {
    disk_low_until_ = stage_.loop.now() + points.between(1, 5) * kSecond;
  }
  std::uint64_t free = 1024 * kGiB;
  if (points.hit("the disk gets scarce", 10)) free = 10 * kGiB;
  if (stage_.loop.now() < disk_low_until_) free = kGiB + kGiB / 2;
  if (points.hit("the disk is full", 3)) {
    disk_exhausted_ = true;
    free = kGiB / 2;
  }
  return node::DiskSpace{free, 1024 * kGiB};
}

Host::~Host() {
  if (life_) end();
}

void Host::configure() {
  auto& points = stage_.points;
  config_.home = home_;
  config_.genesis = home_ / "genesis.cbor";
  config_.data = home_ / "data";
  config_.validator = Cast::id_of(person_);
  config_.delta = std::chrono::milliseconds(plan_.delta_ms);
  config_.idle_block = std::chrono::milliseconds(plan_.idle_ms);
  config_.follow = {"http://the-others.example"};  // start_feed() makes them
  if (points.chosen("batches of one statement")) config_.batch_statements_max = 1;
  if (points.chosen("batches of few bytes")) config_.batch_bytes_max = std::size_t{17} * 1024;
  if (points.chosen("batches wait long")) config_.batch_delay = std::chrono::milliseconds(1'000);
  if (points.chosen("batches do not wait")) config_.batch_delay = std::chrono::milliseconds(0);
  if (points.chosen("a small mempool")) config_.mempool_statements_max = 3;
  if (points.chosen("delta differs between hosts"))
    config_.delta *= static_cast<int>(1 + place_ % 3);
  if (points.chosen("idle blocks come often")) config_.idle_block = std::chrono::seconds(1);
  if (points.chosen("idle blocks are rare")) config_.idle_block = std::chrono::seconds(60);
  segment_size_ = std::size_t{256} * 1024;
  if (points.chosen("tiny segments of the log")) segment_size_ = node::kWalSegmentSizeMin * 2;
  if (points.chosen("smallest segments of the log")) segment_size_ = node::kWalSegmentSizeMin;
}

node::Config Host::config() const { return config_; }

node::Engine* Host::engine_of() {
  CHECK(life_ != nullptr && life_->engine != nullptr);
  return life_->engine.get();
}

void Host::give_keys(std::size_t generation) { keys_.add(Cast::keys(person_, generation)); }

bool Host::disk_failed() const { return fault_armed_ && disk_->fault_met(); }

bool Host::is_observer() { return is_up() && engine().is_observer(); }

Result<void> Host::start() {
  CHECK(life_ == nullptr && refusal_.empty());
  ++lives_;
  disk_exhausted_ = false;
  life_ = std::make_unique<Life>(*this, stage_.loop.make_owner());
  auto folder = node::DataFolder::open_existing(config_.data);
  auto started = Result<std::unique_ptr<node::Engine>>(nullptr);
  if (folder) {
    life_->folder.emplace(*std::move(folder));
    started = node::Engine::start({life_->outside, config_, cast_.network(), keys_,
                                   [this](const std::string& why) {
                                     if (died) died(why);
                                   },
                                   segment_size_});
  } else {
    started = fail(folder.error());
  }
  wait_for_background();
  if (started) {
    life_->engine = *std::move(started);
    start_feed();
    return {};
  }
  const bool explained = disk_failed();
  const std::string why = started.error().detail;
  if (disk_->is_cut()) {
    cut_power(test::Kept::names);
  } else {
    kill();
  }
  if (explained) return {};
  if (damaged_) {
    refusal_ = why;
    return {};
  }
  return fail(Errc::corrupt, why);
}

// As node.cc does.
void Host::start_feed() {
  std::vector<std::unique_ptr<node::Source>> sources;
  for (Place other = 0; other < plan_.places(); ++other) {
    if (other != place_) sources.push_back(std::make_unique<SimSource>(place_, other, ask));
  }
  life_->feed = std::make_unique<node::SourceFeed>(life_->engine->store(), life_->reactor,
                                                   life_->engine->fed(), std::move(sources));
  life_->feeding.start([this] { return life_->feed->step(); });
}

// Everything that waits goes first: it may hold parts of the engine.
void Host::end() {
  stage_.loop.forget(life_->owner);
  disk_->cut_power();
  life_->feed.reset();
  life_->engine.reset();
  wait_for_background();
  life_.reset();
}

void Host::kill() {
  end();
  disk_->set_fault(test::Fault::io, kNoCall);  // works again
  fault_armed_ = false;
}

void Host::stop(bool finished) {
  engine().refuse_requests();
  life_->feeding.stop();
  engine().stop();
  if (finished) engine().finish();
  kill();
}

void Host::count_calls() { disk_->set_fault(test::Fault::power_cut, kNoCall); }

void Host::keep_copy() {
  CHECK(life_ == nullptr);
  fs::remove_all(home_ / "copy");
  fs::copy(config_.data, home_ / "copy", fs::copy_options::recursive);
}

namespace {

std::vector<std::string_view> names_of(Host::Part part) {
  switch (part) {
    case Host::Part::database:
      return {node::kDatabaseFolder};
    case Host::Part::log:
      return {node::kWalFolder};
    case Host::Part::anchor:
      return {node::kAnchorFile};
    case Host::Part::all:
      break;
  }
  return {node::kDatabaseFolder, node::kWalFolder, node::kAnchorFile};
}

}  // namespace

void Host::lose(Part part) {
  CHECK(life_ == nullptr);
  disk_->stop();
  for (const auto name : names_of(part)) fs::remove_all(config_.data / name);
  damaged_ = true;
  disk_ = std::make_unique<test::FaultyDisk>(config_.data);
}

void Host::bring_back(Part part) {
  if (!fs::exists(home_ / "copy")) return;
  lose(part);
  disk_->stop();
  for (const auto name : names_of(part)) {
    fs::copy(home_ / "copy" / name, config_.data / name, fs::copy_options::recursive);
  }
  disk_ = std::make_unique<test::FaultyDisk>(config_.data);
}

Result<std::string> Host::fsck() const {
  CHECK(life_ == nullptr);
  const fs::path work = home_ / "fsck";
  fs::create_directory(work);
  const auto found =
      ledger::fsck(node::store_paths(config_.data), cast_.network().genesis_bytes, work, nullptr);
  fs::remove_all(work);
  if (!found) return fail(found.error());
  for (const auto& finding : found->findings) {
    if (finding.file == "anchor" && finding.what.find("was cut off") != std::string::npos) continue;
    return finding.file + ": " + finding.what;
  }
  return std::string(found->complete ? "" : "the log cannot be executed to its end");
}

void Host::cut_power(test::Kept kept) {
  if (life_) end();
  fault_armed_ = false;
  disk_->stop();
  const fs::path found = home_ / "found";
  disk_->restore(found, kept, stage_.random.next());
  fs::remove_all(config_.data);
  fs::rename(found, config_.data);
  disk_ = std::make_unique<test::FaultyDisk>(config_.data);
  if (kept == test::Kept::pages) damaged_ = true;
}

void Host::flip_bit() {
  CHECK(life_ == nullptr);
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(config_.data)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_regular_file() && entry.file_size() > 0 && !name.starts_with("LOG")) {
      files.push_back(entry.path());
    }
  }
  if (files.empty()) return;
  std::ranges::sort(files);
  disk_->stop();
  const fs::path& file = files[stage_.random.below(files.size())];
  const std::uint64_t at = stage_.random.below(fs::file_size(file));
  {
    std::fstream io(file, std::ios::binary | std::ios::in | std::ios::out);
    char byte = 0;
    io.seekg(static_cast<std::streamoff>(at)).get(byte);
    byte = static_cast<char>(static_cast<unsigned char>(byte) ^ (1U << stage_.random.below(8)));
    io.seekp(static_cast<std::streamoff>(at)).put(byte);
  }
  damaged_ = true;
  disk_ = std::make_unique<test::FaultyDisk>(config_.data);
}

void Host::set_disk_fault(test::Fault fault, std::size_t call, bool syncs_only) {
  if (disk_->is_cut()) return;
  disk_->set_fault(fault, call, syncs_only);
  fault_armed_ = true;
}

// One that was met stays known until the next life.
void Host::clear_disk_fault() {
  if (fault_armed_ && !disk_->fault_met() && !disk_->is_cut())
    disk_->set_fault(test::Fault::io, kNoCall);
}

void Host::pause(Micros until) {
  if (life_) stage_.loop.pause(life_->owner, until);
}

}  // namespace footproof::whole
