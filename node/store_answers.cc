#include "node/store_answers.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "attest/printable.h"

namespace footproof::node {
namespace {

using nlohmann::ordered_json;

// What a damaged store made us quote may be no UTF-8.
std::string text_of(const ordered_json& object) {
  return object.dump(2, ' ', false, ordered_json::error_handler_t::replace) + '\n';
}

}  // namespace

std::string fsck_text(const FsckReport& report) {
  const ledger::Fsck& store = report.store;
  std::string text;
  for (const auto& finding : store.findings) {
    text += fmt::format("wrong     {}  height {}: {}\n", printable(finding.file), finding.height,
                        printable(finding.what));
  }
  if (store.found > store.findings.size()) {
    text += fmt::format("          and {} more\n", store.found - store.findings.size());
  }
  text += fmt::format("executed  {} statements, {} entries up to height {}{}; {} rows compared\n",
                      store.statements, store.log_size, store.height,
                      store.complete ? "" : ", and no further", store.rows);
  if (report.unchecked_certificates > 0) {
    text += fmt::format("not checked  certificates of {} blocks of later epochs\n",
                        report.unchecked_certificates);
  }
  if (store.found == 0) text += "whole     nothing is wrong\n";
  return text;
}

std::string fsck_json(const FsckReport& report) {
  const ledger::Fsck& store = report.store;
  ordered_json shown;
  shown["whole"] = store.found == 0;
  shown["found"] = store.found;
  shown["findings"] = ordered_json::array();
  for (const auto& finding : store.findings) {
    shown["findings"].push_back(
        {{"file", finding.file}, {"height", finding.height}, {"what", finding.what}});
  }
  shown["complete"] = store.complete;
  shown["height"] = store.height;
  shown["statements"] = store.statements;
  shown["entries"] = store.log_size;
  shown["rows_compared"] = store.rows;
  shown["certificates_not_checked"] = report.unchecked_certificates;
  return text_of(shown);
}

std::string copy_text(const BackupReport& report, std::string_view what, std::string_view folder) {
  return fmt::format("{} {}: height {}, {} files, {} bytes\n", what, folder, report.height,
                     report.files, report.bytes);
}

std::string copy_json(const BackupReport& report, std::string_view folder) {
  ordered_json shown;
  shown["folder"] = folder;
  shown["height"] = report.height;
  shown["files"] = report.files;
  shown["bytes"] = report.bytes;
  return text_of(shown);
}

}  // namespace footproof::node
