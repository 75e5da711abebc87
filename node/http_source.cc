#include "node/http_source.h"

#include <chrono>
#include <utility>

#include "api/client/client.h"

namespace footproof::node {
namespace {

// A node that is too busy is not waited for: there are others, and it is asked again later.
constexpr api::ClientConfig kClient{std::chrono::milliseconds(3'000),
                                    std::chrono::milliseconds(15'000),
                                    std::chrono::milliseconds(0)};

class HttpSource final : public Source {
 public:
  HttpSource(std::string url, api::Client client)
      : url_(std::move(url)), client_(std::move(client)) {}

  [[nodiscard]] const std::string& name() const override { return url_; }
  [[nodiscard]] Result<Bytes> get(const std::string& path, std::size_t size_max) override {
    const auto answer = client_.get(path, size_max);
    if (!answer) return fail(answer.error());
    return to_bytes(as_bytes(answer->body));
  }

 private:
  std::string url_;
  api::Client client_;
};

}  // namespace

Result<std::unique_ptr<Source>> make_http_source(const std::string& url) {
  auto client = api::Client::make({url}, kClient);
  if (!client) return fail(client.error());
  return std::make_unique<HttpSource>(client->nodes().front(), std::move(*client));
}

Result<std::vector<std::unique_ptr<Source>>> make_http_sources(
    const std::vector<std::string>& urls) {
  std::vector<std::unique_ptr<Source>> out;
  for (const auto& url : urls) {
    auto source = make_http_source(url);
    if (!source) return fail("[node] follow", source.error());
    out.push_back(*std::move(source));
  }
  return out;
}

}  // namespace footproof::node
