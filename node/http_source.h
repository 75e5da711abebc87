// A source over HTTP or HTTPS, with the client that the footproof command has (api/client): the
// certificates of the system's authorities, or those of the file that SSL_CERT_FILE names.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "node/source.h"

namespace footproof::node {

// usage: not the URL of a node.
[[nodiscard]] Result<std::unique_ptr<Source>> make_http_source(const std::string& url);
// Those of [node] follow, in their order.
[[nodiscard]] Result<std::vector<std::unique_ptr<Source>>> make_http_sources(
    const std::vector<std::string>& urls);

}  // namespace footproof::node
