#include "ledger/state.h"

#include <utility>

namespace footproof::ledger {

Digest subject_key(std::string_view issuer, std::string_view subject) {
  ByteWriter framed;
  framed.sized(as_bytes(issuer)).sized(as_bytes(subject));
  return tagged_hash("footproof/subject/v1", {framed.bytes()});
}

Result<std::optional<Bytes>> Overlay::record(const Digest& state_key) const {
  if (const auto found = changes_.find(state_key); found != changes_.end()) return found->second;
  return below_.record(state_key);
}

Result<std::optional<LoggedStatement>> Overlay::logged(const Digest& entry_id) const {
  if (const auto found = logged_.find(entry_id); found != logged_.end()) {
    return std::optional<LoggedStatement>(found->second);
  }
  return below_.logged(entry_id);
}

Result<std::optional<Digest>> Overlay::entry_of(std::string_view issuer,
                                                std::string_view subject) const {
  if (const auto found = subjects_.find(subject_key(issuer, subject)); found != subjects_.end()) {
    return std::optional<Digest>(found->second);
  }
  return below_.entry_of(issuer, subject);
}

void Overlay::put(const StateChanges& changes) {
  for (const auto& [key, record] : changes) changes_.insert_or_assign(key, record);
}

void Overlay::put_logged(const Digest& entry_id, std::string_view issuer, std::string_view subject,
                         LoggedStatement statement) {
  logged_.insert_or_assign(entry_id, std::move(statement));
  subjects_.insert_or_assign(subject_key(issuer, subject), entry_id);
}

}  // namespace footproof::ledger
