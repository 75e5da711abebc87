#include "api/cli/link_text.h"

#include <array>
#include <optional>

#include "attest/decimal.h"
#include "attest/identifier.h"
#include "attest/leaf_value.h"

namespace footproof::api {
namespace {

std::optional<LinkKind> to_link_kind(std::string_view text) {
  for (const LinkKind kind :
       {LinkKind::component, LinkKind::uses_dataset, LinkKind::same_as, LinkKind::supersedes}) {
    if (to_text(kind) == text) return kind;
  }
  return std::nullopt;
}

}  // namespace

Result<Link> parse_link(const std::string& text) {
  const auto wrong = [&](const std::string& why) {
    return fail(Errc::usage, "--link: '" + text + "': " + why);
  };
  const auto equals = text.find('=');
  const auto kind = to_link_kind(text.substr(0, equals));
  if (equals == std::string::npos || !kind) {
    return wrong(
        "write component=ENTRY[@WEIGHT], same-as=ENTRY, supersedes=ENTRY or "
        "uses-dataset=DATABASE/RELEASE[@WEIGHT]");
  }
  std::string target = text.substr(equals + 1);
  Link link;
  link.kind = *kind;
  if (const auto at = target.find('@'); at != std::string::npos) {
    link.weight = target.substr(at + 1);
    target.resize(at);
    if (!is_decimal(*link.weight)) {
      return wrong("the weight is a decimal without superfluous zeros, as 0.25");
    }
  }
  if (*kind != LinkKind::uses_dataset) {
    const auto entry = digest_from_hex(target);
    if (!entry) return wrong("the target is an entry id of 64 lower-case hex digits");
    link.target = *entry;
    return link;
  }
  const auto slash = target.find('/');
  ReleaseRef release;
  release.database = target.substr(0, slash);
  if (slash != std::string::npos) release.release = target.substr(slash + 1);
  if (!is_id(release.database) || !is_id(release.release)) {
    return wrong("the target is DATABASE/RELEASE, two ids of A-Z a-z 0-9 . _ -");
  }
  link.target = std::move(release);
  return link;
}

std::string link_text(const Link& link) {
  std::string text(to_text(link.kind));
  text += '=';
  if (const auto* release = std::get_if<ReleaseRef>(&link.target)) {
    text += release->database + '/' + release->release;
  } else {
    text += std::get<Digest>(link.target).hex();
  }
  return link.weight ? text + '@' + *link.weight : text;
}

}  // namespace footproof::api
