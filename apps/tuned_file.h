// What --tune found on this CPU, kept in the user's cache folder.
#pragma once

#include <filesystem>
#include <memory>

#include "apps/options.h"
#include "engine/ops/tuned_kernels.h"

namespace burin::apps {

// --tune
void add_tune_option(CLI::App& verb, bool& tune);

class TunedFile {
 public:
  // Reads <cache>/burin/kernels-<CPU>-<level>.txt, where <cache> is $XDG_CACHE_HOME or $HOME/.cache.
  // A file of another version counts as none. Throws Error where neither is set.
  TunedFile();

  [[nodiscard]] TunedKernels& kernels() noexcept { return kernels_; }
  // Writes the file where something was timed, with what other processes wrote since it was read;
  // of two that write at the same moment, one is lost and times again. A line on standard error says where that fails.
  void save();

 private:
  std::filesystem::path path_;
  TunedKernels kernels_;
};

// For CompileOptions::tuned while `compile` runs; saved after it. Without --tune: null.
template <class F>
auto with_tuned(bool tune, F&& compile) {
  const auto file = tune ? std::make_unique<TunedFile>() : nullptr;
  auto compiled = compile(file ? &file->kernels() : nullptr);
  if (file) file->save();
  return compiled;
}

}  // namespace burin::apps
