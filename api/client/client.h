// Client: asks nodes over HTTP, one after the other until one answers.
//
// Every call is bounded in time, its answer in bytes, and follows no redirect. It goes to the next
// node when a node cannot be reached, is too slow, or says that it is too busy or broken; any other
// answer is the answer. Submitting is safe to repeat anywhere: the same bytes are the same entry.
// What comes back is a node's word: whoever relies on it verifies the receipt. A connection is kept
// between calls; one that was cut before it brought an answer is made anew, a few times. Where all
// nodes are too busy it asks again, in growing intervals, while its patience lasts. client.cc is
// the only file of it that sees httplib. Not for use by two threads at once.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/reader.h"
#include "attest/bytes.h"
#include "attest/digest.h"
#include "attest/receipt.h"
#include "attest/result.h"

namespace footproof::api {

struct ClientConfig {
  std::chrono::milliseconds connect_timeout{3'000};
  std::chrono::milliseconds answer_timeout{15'000};  // a node waits up to 8 s for a receipt
  std::chrono::milliseconds busy_patience{10'000};   // all nodes answer 429 or 503
};

struct NodeAnswer {
  int status = 0;
  std::string content_type;
  std::string body;
  std::string node;  // the URL that answered
};

// What has become of a submitted statement.
struct Submitted {
  enum class What : std::uint8_t { logged, pending, refused };
  What what = What::pending;
  Digest entry_id;
  std::uint64_t index = 0;  // logged
  Refusal refusal;          // refused
  std::string node;         // the URL that said so
};

class Client {
 public:
  // URLs "http://host:port" or "https://host[:port]", at least one, without a path.
  static Result<Client> make(std::vector<std::string> nodes, const ClientConfig& config = {});
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client();

  // 200 to 299 or the problem as an error: refused, not_found, usage, too_busy, io.
  Result<NodeAnswer> get(const std::string& path, std::size_t size_max);

  // Submits and waits until it is logged or refused, at most `wait_max`; then reads pending. The
  // caller has saved the bytes before.
  Result<Submitted> submit(const Bytes& statement, std::chrono::milliseconds wait_max);
  // The same for as many as fit one request (1 MiB, 4,096), each with its answer.
  Result<std::vector<Submitted>> submit_sequence(const std::vector<Bytes>& statements);
  Result<Submitted> poll(const Digest& entry_id);
  Result<DryRun> dry_run(const Bytes& statement);

  // Of this very entry, and about this declaration or none. bad_value: of something else. Whether
  // it verifies is for the caller.
  Result<Receipt> receipt(const Digest& entry_id, const std::optional<Digest>& declaration_root);
  Result<StateReceipt> state(const std::vector<Digest>& keys);
  Result<std::string> checkpoint();
  Result<std::string> trust_policy();
  // The hop that ends this epoch, not judged; not_found where it has not ended.
  Result<Hop> hop(std::uint64_t epoch);
  Result<Bytes> genesis();
  Result<Health> health();

  [[nodiscard]] const std::vector<std::string>& nodes() const { return nodes_; }

 private:
  Client(std::vector<std::string> nodes, const ClientConfig& config);

  struct Connections;
  struct Call {
    std::string method;
    std::string path;
    std::string content_type;
    std::string body;
    std::size_t size_max = 0;
  };
  // Any status but those of a node in trouble.
  Result<NodeAnswer> ask(const Call& call);
  // Each node once, the one that answered last first.
  Result<NodeAnswer> ask_all(const Call& call);
  struct Attempt;
  [[nodiscard]] Attempt attempt(std::size_t node, const Call& call);
  [[nodiscard]] Result<NodeAnswer> ask_one(std::size_t node, const Call& call);

  std::vector<std::string> nodes_;
  ClientConfig config_;
  std::size_t preferred_ = 0;
  std::unique_ptr<Connections> connections_;
};

}  // namespace footproof::api
