#include "apps/tuned_file.h"

#include <cctype>
#include <cstdlib>
#include <string>

#include "apps/output.h"
#include "apps/version.h"
#include "engine/runtime/topology.h"
#include "io/atomic_file.h"
#include "io/file.h"
#include "kernels/cpu.h"

namespace burin::apps {
namespace {

namespace fs = std::filesystem;

// Entries and their speed may change with each version.
std::string first_line() {
  return std::string("burin ") + version + ": shape, fastest kernel, milliseconds\n";
}

fs::path cache_folder() {
  for (const auto& [variable, below] : {std::pair{"XDG_CACHE_HOME", ""}, {"HOME", ".cache"}}) {
    const char* folder = std::getenv(variable);
    if (folder != nullptr && folder[0] == '/') return fs::path(folder) / below / "burin";
  }
  throw Error("--tune", "XDG_CACHE_HOME or HOME, an absolute folder to remember choices in",
              "neither");
}

// Letters and digits, and '-' for any run of others.
std::string file_word(const std::string& text) {
  std::string word;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)))
      word += c;
    else if (!word.empty() && word.back() != '-')
      word += '-';
  }
  while (!word.empty() && word.back() == '-') word.pop_back();
  return word;
}

std::string highest_level() {
  std::string level;
  for (int i = 0; i <= static_cast<int>(kernels::Isa::amx); ++i)
    if (const auto isa = static_cast<kernels::Isa>(i); kernels::usable(isa)) level = isa_name(isa);
  return level;
}

std::string remembered(const fs::path& path) {
  constexpr std::uint64_t most_bytes = 1 << 24;
  std::string text;
  try {
    const std::vector<std::uint8_t> bytes = read_file(path, most_bytes);
    text.assign(bytes.begin(), bytes.end());
  } catch (const Error&) {  // none yet, or none of ours: everything is timed
  }
  return text.starts_with(first_line()) ? text.substr(first_line().size()) : std::string();
}

fs::path file_of_this_cpu() {
  return cache_folder() / ("kernels-" + file_word(runtime::discover_topology().cpu_name) + "-" +
                           highest_level() + ".txt");
}

}  // namespace

void add_tune_option(CLI::App& verb, bool& tune) {
  verb.add_flag(
      "--tune", tune,
      "chooses kernels by timing them, once for each shape; remembered for this CPU in the "
      "cache folder");
}

TunedFile::TunedFile() : path_(file_of_this_cpu()), kernels_(remembered(path_)) {}

void TunedFile::save() try {
  if (kernels_.timed() == 0) return;
  make_folder(path_.parent_path());
  kernels_.add(TunedKernels(remembered(path_)));
  write_file(path_, first_line() + kernels_.text());
} catch (const Error& error) {
  note(std::string("--tune: times are not kept: ") + error.what());
}

}  // namespace burin::apps
