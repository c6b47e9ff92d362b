#include "apps/options.h"

#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>

#include "apps/output.h"
#include "apps/version.h"
#include "engine/graph/band_choice.h"
#include "engine/runtime/workers.h"

namespace burin::apps {

void add_global_options(CLI::App& verb, GlobalOptions& options, const CLI::Validator& precision) {
  verb.add_flag("--json", options.json, "one JSON object per result on standard output");
  verb.add_option("--threads", options.threads,
                  "how many run (default: one for each core that this process may use)")
      ->check(CLI::Range(1, 1024));
  verb.add_option("--bind", options.bind, "where threads run: none, compact, spread, cores")
      ->check(CLI::IsMember({"none", "compact", "spread", "cores"}));
  verb.add_option("--seed", options.seed,
                  "decides what is drawn at random; recorded where nothing is drawn");
  verb.add_option("--precision", options.precision,
                  "how exact results are (exact: f32 multiply-adds of the definition only)")
      ->check(precision);
  verb.add_option("--max-memory", options.max_memory, "most memory for tensors, as in 4G");
  verb.set_version_flag("--version", std::string("burin ") + version);
}

CLI::Validator any_precision() {
  const auto& names = kernels::precision_names;
  return CLI::IsMember(std::vector<std::string>(names.begin(), names.end()));
}

kernels::Precision precision_from(std::string_view word) {
  if (const auto precision = kernels::precision_named(word)) return *precision;
  throw UsageError("--precision", "exact, f32 or bf16", "'" + std::string(word) + "'");
}

void add_bands_option(CLI::App& verb, std::string& word) {
  verb.add_option(
      "--bands", word,
      "layers in bands of so many rows, depth first, or off (default: auto, where memory "
      "is short); results are the same");
}

std::int64_t band_rows_from(const std::string& word, bool tune) {
  if (word == "auto") return bands_by_choice;
  if (word == "off") return 0;
  std::int64_t rows = 0;
  const auto [rest, error] = std::from_chars(word.data(), word.data() + word.size(), rows);
  if (error != std::errc() || rest != word.data() + word.size() || rows < 1 || rows > 1 << 30)
    throw UsageError("--bands", "auto, off or a number of rows", "'" + word + "'");
  if (tune)
    throw UsageError("--bands", "auto or off with --tune, which times kernels on whole images",
                     word);
  return rows;
}

CLI::Validator number_within(double least, double most) {
  const CLI::Validator range = CLI::Range(least, most);
  const auto check = [range](std::string& word) {
    double value = 0;  // a word that is no number is left to the range
    const bool nan = CLI::detail::lexical_cast(word, value) && std::isnan(value);
    return nan ? "Value " + word + " is no number" : range(word);
  };
  return CLI::Validator(check, range.get_description());
}

std::size_t memory_from(const std::string& text) {
  const UsageError wrong("--max-memory", "a size such as 512M or 4G", "'" + text + "'");
  std::size_t digits = 0, number = 0;
  for (; digits < text.size() && std::isdigit(static_cast<unsigned char>(text[digits])); ++digits) {
    if (number > std::numeric_limits<std::size_t>::max() / 16) throw wrong;
    number = number * 10 + static_cast<std::size_t>(text[digits] - '0');
  }
  const std::string unit = text.substr(digits);
  int shift = 0;
  if (unit == "K" || unit == "k")
    shift = 10;
  else if (unit == "M" || unit == "m")
    shift = 20;
  else if (unit == "G" || unit == "g")
    shift = 30;
  else if (!unit.empty())
    throw wrong;
  if (digits == 0 || number == 0 || number > (std::numeric_limits<std::size_t>::max() >> shift))
    throw wrong;
  return number << shift;
}

std::size_t memory_limit(const GlobalOptions& options) {
  return options.max_memory.empty() ? 0 : memory_from(options.max_memory);
}

void leave_limit_to_program() { arena_set_limit(0); }

namespace {

// `precision` may be a list.
void note_missing_level(std::string_view precision) {
  if (precision.find("bf16") == std::string_view::npos || kernels::usable(kernels::Isa::bf16))
    return;
  note(
      "bf16: this CPU has neither AVX512_BF16 nor AMX, or BURIN_MAX_ISA leaves them out; f32 "
      "serves in its place");
}

}  // namespace

void apply(const GlobalOptions& options, NewPages pages) {
  note_missing_level(options.precision);
  runtime::configure({.threads = options.threads, .bind = runtime::bind_from(options.bind)});
  arena_set_new_pages(pages);
  if (const std::size_t limit = memory_limit(options); limit > 0) arena_set_limit(limit);
}

}  // namespace burin::apps
