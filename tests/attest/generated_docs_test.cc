// The tables of the documentation that are data of the code: what stands between
// "<!-- generated: NAME -->" and "<!-- end -->" must be what the code says. Where it is stale, run
// this test with FOOTPROOF_UPDATE_DOCS=1: it writes the pages anew.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "attest/core_profile.h"
#include "attest/disclosure_profile.h"
#include "attest/source_format.h"

namespace footproof {
namespace {

std::string page_path(const std::string& name) {
  return std::string(FOOTPROOF_SOURCE_DIR) + "/docs/" + name;
}

std::string page_text(const std::string& name) {
  std::ifstream file(page_path(name), std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

void expect_generated(const std::string& page, const std::string& name, const std::string& table) {
  std::string text = page_text(page);
  const std::string begin = "<!-- generated: " + name + " -->\n";
  const std::size_t from = text.find(begin);
  ASSERT_NE(from, std::string::npos) << page << " has no place for " << name;
  const std::size_t start = from + begin.size();
  const std::size_t end = text.find("<!-- end -->\n", start);
  ASSERT_NE(end, std::string::npos) << page << ": " << name << " does not end";
  const std::string wanted = "\n" + table + "\n";
  if (std::getenv("FOOTPROOF_UPDATE_DOCS") != nullptr) {
    text.replace(start, end - start, wanted);
    std::ofstream(page_path(page), std::ios::binary | std::ios::trunc) << text;
    return;
  }
  EXPECT_EQ(text.substr(start, end - start), wanted)
      << page << " is stale: run this test with FOOTPROOF_UPDATE_DOCS=1";
}

std::string quoted(std::string_view text) { return "`" + std::string(text) + "`"; }

TEST(GeneratedDocs, SlotsOfTheCoreProfile) {
  std::string table = "| slot | rank | type | meaning |\n| --- | --- | --- | --- |\n";
  std::size_t rank = 0;
  for (const CoreSlot& slot : core_profile().slots) {
    table += "| " + quoted(slot.name) + " | " + std::to_string(rank++) + " | " +
             std::string(to_text(slot.type)) + " | " + std::string(slot.meaning) + " |\n";
  }
  expect_generated("core_profile.md", "slots", table);
}

TEST(GeneratedDocs, CodesOfTheCoreProfile) {
  std::string list;
  for (const CoreSlot& slot : core_profile().slots) {
    if (slot.codes.empty()) continue;
    list += "- " + quoted(slot.name) + ": ";
    for (const std::string_view code : slot.codes) {
      list += (code == slot.codes.front() ? "" : ", ") + std::string(code);
    }
    list += "\n";
  }
  expect_generated("core_profile.md", "codes", list);
}

TEST(GeneratedDocs, MappingsOfTheFormats) {
  std::string text;
  for (const SourceFormat& format : source_formats()) {
    text += (text.empty() ? "### " : "\n### ") + std::string(format.title) + " (" +
            quoted(format.id) + ")\n\n| slot | field | read as |\n| --- | --- | --- |\n";
    for (const MappingRow& row : format.rows) {
      const bool constant = row.reading == Reading::constant;
      text += "| " + quoted(row.slot) + " | " +
              (constant ? "always " + std::string(row.constant) : quoted(row.path)) + " | " +
              std::string(to_text(row.reading)) + " |\n";
    }
  }
  expect_generated("core_profile.md", "mappings", text);
}

// Which formats fill which slot, at a glance.
TEST(GeneratedDocs, FormatsOfEverySlot) {
  std::string table = "| slot |";
  std::string rule = "\n| --- |";
  for (const SourceFormat& format : source_formats()) {
    table += " " + std::string(format.id) + " |";
    rule += " --- |";
  }
  table += rule + "\n";
  for (const CoreSlot& slot : core_profile().slots) {
    table += "| " + quoted(slot.name) + " |";
    for (const SourceFormat& format : source_formats()) {
      const bool filled = std::ranges::any_of(
          format.rows, [&](const MappingRow& row) { return row.slot == slot.name; });
      table += filled ? " yes |" : " |";
    }
    table += "\n";
  }
  expect_generated("core_profile.md", "formats", table);
}

TEST(GeneratedDocs, ReadersOfTheDisclosureProfiles) {
  std::string table = "| profile | reader | slots |\n| --- | --- | --- |\n";
  for (const DisclosureProfile& profile : disclosure_profiles()) {
    table += "| " + quoted(profile.id) + " | " + std::string(profile.reader) + " | " +
             std::to_string(profile.slots.size()) + " |\n";
  }
  expect_generated("disclosure_profiles.md", "profiles", table);
}

TEST(GeneratedDocs, WhoSeesWhichSlot) {
  std::string table = "| slot |";
  std::string rule = "\n| --- |";
  for (const DisclosureProfile& profile : disclosure_profiles()) {
    table += " " + std::string(profile.id) + " |";
    rule += " --- |";
  }
  table += rule + "\n";
  for (const CoreSlot& slot : core_profile().slots) {
    table += "| " + quoted(slot.name) + " |";
    for (const DisclosureProfile& profile : disclosure_profiles()) {
      const bool seen = std::ranges::any_of(
          profile.slots, [&](const DisclosedSlot& one) { return one.slot == slot.name; });
      table += seen ? " sees |" : " |";
    }
    table += "\n";
  }
  expect_generated("disclosure_profiles.md", "slots", table);
}

TEST(GeneratedDocs, WhyEachReaderSeesIt) {
  std::string text;
  for (const DisclosureProfile& profile : disclosure_profiles()) {
    if (profile.slots.empty() || profile.id == "audit") continue;
    text += (text.empty() ? "### " : "\n### ") + std::string(profile.id) +
            "\n\n| slot | why |\n"
            "| --- | --- |\n";
    for (const DisclosedSlot& one : profile.slots) {
      text += "| " + quoted(one.slot) + " | " + std::string(one.why) + " |\n";
    }
  }
  expect_generated("disclosure_profiles.md", "reasons", text);
}

}  // namespace
}  // namespace footproof
