// Options that mean the same for every verb, and the order in which a verb is set up.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/error.h"
#include "engine/tensor/storage.h"
#include "kernels/table.h"

namespace burin::apps {

// A wrong command line: exit code 2. Any other Error exits with 1.
struct UsageError : Error {
  using Error::Error;
  explicit UsageError(const Error& error) : Error(error) {}
};

struct GlobalOptions {
  int threads = 0;  // 0: as many as this process may use
  std::string bind = "cores";
  std::optional<std::uint64_t> seed;
  std::string precision = "f32";
  std::string max_memory;  // "4G"; empty: no limit
  bool json = false;
};

// --json, --threads, --bind, --seed, --precision, --max-memory, --version: of every verb. A verb
// that draws nothing at random records the seed in its JSON or run.json.
void add_global_options(CLI::App& verb, GlobalOptions& options,
                        const CLI::Validator& precision = CLI::IsMember({"f32"}));

// For verbs that run compiled models.
[[nodiscard]] CLI::Validator any_precision();
[[nodiscard]] kernels::Precision precision_from(std::string_view word);

// --bands, and what its word says: CompileOptions::band_rows. Throws UsageError, also for a number
// where kernels are tuned.
void add_bands_option(CLI::App& verb, std::string& word);
[[nodiscard]] std::int64_t band_rows_from(const std::string& word, bool tune);

// What MODEL may be for those verbs.
inline constexpr const char* model_help = "ONNX file, model file, run folder or name of a network";

// As CLI::Range, which takes NaN too.
[[nodiscard]] CLI::Validator number_within(double least, double most);

// Starts the thread team and sets the memory limit and the pages of new memory: most commands load
// a model for a few runs. A line on standard error says so where bf16 is asked for in vain. Throws
// UsageError.
void apply(const GlobalOptions& options, NewPages pages = NewPages::soon);

// Bytes of --max-memory; 0: no limit. Throws UsageError.
[[nodiscard]] std::size_t memory_limit(const GlobalOptions& options);

// Once a model is read: from here on a program keeps the limit by itself (CompileOptions::max_memory);
// weights in their own order do not count.
void leave_limit_to_program();

// "512M", "4G", "1048576" -> bytes. Throws UsageError{"--max-memory", ...}.
[[nodiscard]] std::size_t memory_from(const std::string& text);

// The words of the command line, for run.json.
struct CommandLine {
  std::vector<std::string> words;
};

// Each verb adds its subcommand and returns what to run when it was chosen.
struct Verb {
  CLI::App* app;
  std::string example;
  std::function<int()> run;
};
using AddVerb = Verb (*)(CLI::App& app, const CommandLine& command);

Verb add_prepare(CLI::App& app, const CommandLine& command);
Verb add_train(CLI::App& app, const CommandLine& command);
Verb add_infer(CLI::App& app, const CommandLine& command);
Verb add_eval(CLI::App& app, const CommandLine& command);
Verb add_convert(CLI::App& app, const CommandLine& command);
Verb add_run(CLI::App& app, const CommandLine& command);
Verb add_bench(CLI::App& app, const CommandLine& command);
Verb add_inspect(CLI::App& app, const CommandLine& command);
Verb add_machine(CLI::App& app, const CommandLine& command);

}  // namespace burin::apps
