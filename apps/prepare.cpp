// burin prepare TASK --from DIR --to DIR: a published data set, or a synthetic one, to the folder
// layout that train reads.
#include <chrono>
#include <cstdio>

#include "apps/options.h"
#include "apps/output.h"
#include "apps/prepare_fundus.h"

namespace burin::apps {
namespace {

struct Options {
  GlobalOptions global;
  PrepareOptions prepare;
  std::string task, from, to;
};

int run(Options& options) {
  apply(options.global);
  PrepareOptions& prepare = options.prepare;
  prepare.from = options.from;
  prepare.to = options.to;
  prepare.seed = options.global.seed.value_or(1);
  const auto begin = std::chrono::steady_clock::now();
  prepare.progress = [](std::int64_t done, std::int64_t all, const std::string& line) {
    note(std::to_string(done) + "/" + std::to_string(all) + " " + line);
  };
  const PrepareResult result = prepare_fundus(prepare);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  if (options.global.json) {
    print_json({{"task", options.task},
                {"to", options.to},
                {"train", result.train},
                {"val", result.val},
                {"test", result.test},
                {"field_share", number(result.field_share)},
                {"was_there", result.was_there},
                {"seconds", number(seconds.count())}});
    return 0;
  }
  char share[32];
  std::snprintf(share, sizeof share, "%.1f", 100 * result.field_share);
  print_line(options.to + ": " + std::to_string(result.train) + " train, " +
             std::to_string(result.val) + " val, " + std::to_string(result.test) +
             " test; field of view " + share + " % of the area" +
             (result.was_there ? "; was there already" : ""));
  return 0;
}

}  // namespace

Verb add_prepare(CLI::App& app, const CommandLine&) {
  auto options = std::make_shared<Options>();
  CLI::App* verb =
      app.add_subcommand("prepare", "makes a data folder from a published data set, or draws one");
  verb->add_option("task", options->task, "what the pictures show")
      ->required()
      ->check(CLI::IsMember({"fundus"}));
  auto* from = verb->add_option("--from", options->from, "data set in its published layout");
  verb->add_option("--to", options->to, "data folder to make")->required();
  auto* synthetic = verb->add_option("--synthetic", options->prepare.synthetic,
                                     "make this many pictures instead of reading some")
                        ->check(CLI::Range(3, 100000));
  verb->add_option("--size", options->prepare.size,
                   "sides of synthetic pictures, in pixels (default: 512)")
      ->check(CLI::Range(64, 8192))
      ->needs(synthetic);
  verb->add_option("--val", options->prepare.validation,
                   "share of the training images for a part val, chosen by the seed (default: "
                   "no such part, the recipe's data.validation decides)")
      ->check(number_within(0.01, 0.9));
  from->excludes(synthetic);
  add_global_options(*verb, options->global);
  verb->callback([from, synthetic] {
    if (from->count() + synthetic->count() == 0) throw CLI::RequiredError("--from or --synthetic");
  });
  return {verb, "burin prepare fundus --synthetic 12 --seed 1 --to data/synthetic",
          [options] { return run(*options); }};
}

}  // namespace burin::apps
