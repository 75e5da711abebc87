// footproof compare: do two renderings of one declaration (PACT here, Catena-X there) carry the
// same core? Slot by slot, offline, for whoever holds both.
#include <CLI/CLI.hpp>
#include <array>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string_view>

#include "api/cli/command.h"
#include "api/cli/inspect.h"
#include "attest/core_profile.h"
#include "attest/printable.h"
#include "attest/seal.h"

namespace footproof::api {
namespace {

enum class Likeness { same, only_first, only_second, different };

std::string_view to_text(Likeness likeness) {
  switch (likeness) {
    case Likeness::same:
      return "same";
    case Likeness::only_first:
      return "only in the first";
    case Likeness::only_second:
      return "only in the second";
    case Likeness::different:
      return "different";
  }
  return "";
}

struct ComparedSlot {
  std::string_view name;
  Likeness likeness = Likeness::same;
  std::string first;  // "absent" where it is
  std::string second;
  std::string note;  // where two that differ may look alike: by which character
};

// Of the character that begins here; 0 at the end.
std::uint32_t code_point(std::string_view text) {
  if (text.empty()) return 0;
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  std::uint32_t point = size == 1 ? lead : lead & (0x7FU >> size);
  for (std::size_t i = 1; i < size && i < text.size(); ++i) {
    point = point << 6U | (static_cast<unsigned char>(text[i]) & 0x3FU);
  }
  return point;
}

// Spaces, marks that combine, parts of syllables, letters of another width.
bool is_subtle(std::uint32_t point) {
  const auto within = [point](std::uint32_t first, std::uint32_t last) {
    return point >= first && point <= last;
  };
  return point == 0x20 || point == 0xA0 || point == 0x3000 || within(0x300, 0x36F) ||
         within(0x1100, 0x11FF) || within(0x2000, 0x206F) || within(0xFF00, 0xFFEF);
}

std::string point_text(std::uint32_t point) {
  if (point == 0) return "the end";
  std::array<char, 16> shown{};
  std::snprintf(shown.data(), shown.size(), "U+%04X", point);
  return shown.data();
}

// A letter composed or of parts, a space of another kind or at the end, a Cyrillic letter for a
// Latin one look alike and make another text. A set or a release may be divided elsewhere.
std::string note_on(std::string_view one, std::string_view other) {
  if (one == other) return "they look alike and are divided into other parts";
  const auto inside = [](std::string_view text, std::size_t at) {  // of a character
    return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
  };
  std::size_t at = 0;
  while (at < one.size() && at < other.size() && one[at] == other[at]) ++at;
  while (at > 0 && (inside(one, at) || inside(other, at))) --at;
  const std::uint32_t first = code_point(one.substr(at));
  const std::uint32_t second = code_point(other.substr(at));
  const bool other_script = first != 0 && second != 0 && (first < 0x80) != (second < 0x80);
  if (!other_script && !is_subtle(first) && !is_subtle(second)) return {};
  return "they may look alike and differ: " + point_text(first) + " | " + point_text(second);
}

// The slots that at least one of the two fills.
std::vector<ComparedSlot> compare_cores(const SealedDeclaration& first,
                                        const SealedDeclaration& second) {
  std::vector<ComparedSlot> slots;
  for (std::size_t rank = 0; rank < core_profile().slots.size(); ++rank) {
    const Bytes& one = first.core_value(rank);
    const Bytes& other = second.core_value(rank);
    if (is_absent(one) && is_absent(other)) continue;
    const Likeness likeness = one == other       ? Likeness::same
                              : is_absent(other) ? Likeness::only_first
                              : is_absent(one)   ? Likeness::only_second
                                                 : Likeness::different;
    slots.push_back(
        {core_profile().slots[rank].name, likeness, value_text(one), value_text(other), {}});
    if (likeness == Likeness::different)
      slots.back().note = note_on(slots.back().first, slots.back().second);
  }
  return slots;
}

struct Counts {
  std::size_t same = 0;
  std::size_t one_sided = 0;
  std::size_t different = 0;

  // 0 the same, 1 nothing contradicts but one says more, 2 they contradict.
  [[nodiscard]] int exit_code() const {
    if (different > 0) return kRefused;
    return one_sided > 0 ? kReservation : kOk;
  }
  [[nodiscard]] std::string_view verdict() const {
    if (different > 0) return "different cores";
    return one_sided > 0 ? "no contradiction, but one says more" : "the same core";
  }
};

Counts count(const std::vector<ComparedSlot>& slots) {
  Counts counts;
  for (const ComparedSlot& slot : slots) {
    if (slot.likeness == Likeness::same) {
      ++counts.same;
    } else if (slot.likeness == Likeness::different) {
      ++counts.different;
    } else {
      ++counts.one_sided;
    }
  }
  return counts;
}

void print_json(const std::vector<ComparedSlot>& slots, const Counts& counts) {
  nlohmann::ordered_json shown;
  shown["verdict"] = counts.verdict();
  shown["same"] = counts.same;
  shown["one_sided"] = counts.one_sided;
  shown["different"] = counts.different;
  auto& list = shown["slots"] = nlohmann::ordered_json::array();
  for (const ComparedSlot& slot : slots) {
    list.push_back({{"slot", slot.name},
                    {"likeness", to_text(slot.likeness)},
                    {"first", slot.first},
                    {"second", slot.second}});
    if (!slot.note.empty()) list.back()["note"] = slot.note;
  }
  std::cout << shown.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

void print_text(const std::vector<ComparedSlot>& slots, const Counts& counts) {
  std::cout << counts.verdict() << ": " << counts.same << " slots are the same, "
            << counts.one_sided << " stand in one only, " << counts.different << " differ\n";
  for (const ComparedSlot& slot : slots) {
    std::string name(slot.name);
    name.resize(std::max<std::size_t>(name.size(), 22), ' ');
    std::string likeness(to_text(slot.likeness));
    likeness.resize(std::max<std::size_t>(likeness.size(), 20), ' ');
    std::cout << "  " << name << likeness << printable(slot.first);
    if (slot.likeness != Likeness::same) std::cout << "  |  " << printable(slot.second);
    if (!slot.note.empty()) std::cout << "  (" << slot.note << ')';
    std::cout << '\n';
  }
}

Result<SealedDeclaration> read_sealed(const std::string& path) {
  const auto bytes = read_file(path, kSealedFileMax);
  if (!bytes) return fail(bytes.error());
  auto sealed = SealedDeclaration::parse(*bytes);
  if (!sealed) return fail(wrong_file(path, *bytes, "sealed declaration", sealed.error()));
  return sealed;
}

int compare(const std::string& one, const std::string& other, bool json) {
  const auto first = read_sealed(one);
  if (!first) return report(first.error());
  const auto second = read_sealed(other);
  if (!second) return report(second.error());
  const auto slots = compare_cores(*first, *second);
  const Counts counts = count(slots);
  json ? print_json(slots, counts) : print_text(slots, counts);
  return counts.exit_code();
}

}  // namespace

void add_compare_commands(CLI::App& app, Context& context) {
  struct Options {
    std::string first;
    std::string second;
  };
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand(
      "compare", "Do two sealed declarations carry the same core? Slot by slot, offline");
  command->add_option("FIRST", options->first, "Sealed declaration (.sealed)")->required();
  command->add_option("SECOND", options->second, "Another rendering of it (.sealed)")->required();
  command->footer(
      "Exit code 0: the same core; 1: nothing contradicts, but one says more; 2: they contradict.\n"
      "Texts are the same byte for byte: where two that differ may look alike, the characters "
      "that\n"
      "tell them apart are named.\n"
      "Example:\n  footproof compare coil-pact.sealed coil-catenax.sealed\n");
  command->callback([options, &context] {
    context.exit_code = compare(options->first, options->second, context.json);
  });
}

}  // namespace footproof::api
