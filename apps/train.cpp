// burin train RECIPE --data DIR --out DIR [--resume] [--set key=value]...
#include <unistd.h>
#include <atomic>
#include <cmath>
#include <csignal>
#include <cstdio>

#include "apps/find_recipe.h"
#include "apps/network_output.h"
#include "apps/options.h"
#include "apps/output.h"
#include "apps/progress.h"
#include "apps/run_record.h"
#include "engine/error.h"
#include "engine/runtime/workers.h"
#include "engine/tensor/storage.h"
#include "io/atomic_file.h"
#include "io/sha256.h"
#include "train/cases.h"
#include "train/history.h"
#include "train/model_file.h"
#include "train/report.h"
#include "train/trainer.h"

namespace burin::apps {
namespace {

namespace fs = std::filesystem;
using train::Recipe;

struct Options {
  GlobalOptions global;
  std::string recipe, data, out;
  std::vector<std::string> set;
  bool resume = false;
};

std::atomic<bool> stop_asked = false;

// The first signal lets the step end and a checkpoint be written; the second ends at once.
void on_signal(int number) {
  if (stop_asked.exchange(true)) _exit(128 + number);
}

void listen_to_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

// --seed and --precision go first, so that a --set which says otherwise shows.
Recipe recipe_of(const Options& options) {
  Recipe recipe = train::read_recipe(find_recipe(options.recipe));
  if (options.global.seed) try {
      train::set_recipe_key(recipe, "train.seed=" + std::to_string(*options.global.seed));
    } catch (const Error& error) {
      throw UsageError("--seed", error.expected(), error.got());
    }
  if (!options.global.precision.empty())
    recipe.train.precision = precision_from(options.global.precision);
  const train::TrainRecipe asked = recipe.train;
  for (const auto& assignment : options.set) try {
      train::set_recipe_key(recipe, assignment);
    } catch (const Error& error) {
      throw UsageError(error);
    }
  if (options.global.seed && recipe.train.seed != asked.seed)
    throw UsageError("--seed", "what --set gives train.seed", std::to_string(asked.seed));
  if (!options.global.precision.empty() && recipe.train.precision != asked.precision)
    throw UsageError("--precision", "what --set gives train.precision", options.global.precision);
  return recipe;
}

// 'word'; a quote in it becomes '\''.
std::string quoted(const std::string& word) {
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

// The command line with --resume, quoted for a shell where needed.
std::string resume_command(const CommandLine& command) {
  std::string line;
  bool resumes = false;
  for (const auto& word : command.words) {
    resumes = resumes || word == "--resume";
    const bool plain = word.find_first_not_of(
                           "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                           "0123456789-_./=+,:@%") == std::string::npos;
    line += (line.empty() ? "" : " ") + (plain && !word.empty() ? word : quoted(word));
  }
  return resumes ? line : line + " --resume";
}

std::string progress_text(const train::Progress& p) {
  char text[160];
  std::snprintf(text, sizeof text, "step %lld/%lld  loss %.4f  %.1f patches/s  %s left",
                static_cast<long long>(p.step), static_cast<long long>(p.steps), p.loss,
                p.samples_per_second, clock_text(p.seconds_left).c_str());
  return text + (std::isnan(p.best_metric) ? "" : "  best dice " + score(p.best_metric));
}

train::TrainJob job_of(const Options& options, const Recipe& recipe, Network& network) {
  const Dataset dataset = read_dataset(options.data);
  const train::Partition parts = train::partition(dataset, recipe);
  const int classes = train::truth_classes(output_channels(network));
  check_classes(dataset, classes, network);
  const train::TruthLabels labels{classes, recipe.loss.ignore_index};
  train::TrainJob job{.recipe = recipe,
                      .train = train::load_cases(parts.train, recipe.data, labels),
                      .validation = train::load_cases(parts.validation, recipe.data, labels),
                      .out = options.out,
                      .data = sha256_of_file(fs::path(options.data) / "dataset.json")};
  job.stop = &stop_asked;
  return job;
}

// Pictures of up to four cases that the network was not trained on, by the best model.
void report(const train::TrainJob& job, const train::TrainOutcome& outcome) {
  train::Model model = train::load_model(job.out);
  const auto& shown = job.validation.empty() ? job.train : job.validation;
  train::Report page{.title = job.recipe.title.empty() ? job.recipe.network : job.recipe.title,
                     .facts = {{"network", job.recipe.network},
                               {"steps", std::to_string(outcome.step)},
                               {"training time", clock_text(outcome.seconds)},
                               {"best validation dice", score(outcome.best_metric)},
                               {"threads", runtime::describe()}},
                     .history = train::read_history(job.out / "history.jsonl"),
                     .cases = {}};
  train::Predictor predict(*model.network, job.recipe.infer);
  for (std::size_t i = 0; i < shown.size() && i < 4; ++i) {
    const auto c = train::without_ignored(shown[i], job.recipe.loss.ignore_index);
    const auto prediction = predict(c);
    train::Scorer scorer(prediction.classes, job.recipe.infer.threshold);
    const auto scores = scorer.add(prediction, c.label, c.field);
    page.cases.push_back(train::report_case(c, prediction, job.recipe.infer.threshold,
                                            c.id + ": dice " + score(scores.dice)));
  }
  train::write_report(job.out / "report.html", page);
}

// False when there is nothing to resume from.
bool check_folder(const Options& options) {
  make_folder(options.out);
  remove_stale_temporaries(options.out);
  const bool any = train::CheckpointFolder(options.out).any();
  if (any && !options.resume)
    throw Error("train --out " + options.out, "a folder without a checkpoint, or --resume",
                "one with a checkpoint");
  return any;
}

void print_outcome(const Options& options, const train::TrainOutcome& outcome) {
  if (options.global.json) {
    print_json({{"out", options.out},
                {"step", outcome.step},
                {"finished", outcome.finished},
                {"stopped_early", outcome.stopped_early},
                {"best_dice", number(outcome.best_metric)},
                {"best_step", outcome.best_step},
                {"loss", number(outcome.last_loss)},
                {"seconds", outcome.seconds}});
    return;
  }
  print_line(options.out + ": " + std::to_string(outcome.step) + " steps in " +
             clock_text(outcome.seconds) + ", loss " + score(outcome.last_loss) +
             ", best validation dice " + score(outcome.best_metric));
}

int run(Options options, const CommandLine& command) {
  const Recipe recipe = recipe_of(options);
  options.global.precision = name_of(recipe.train.precision);
  apply(options.global, NewPages::large);  // thousands of steps pay for them
  const auto network = train::make_network_of(recipe);
  train::TrainJob job = job_of(options, recipe, *network);
  const bool any = check_folder(options);
  job.resume = options.resume && any;
  const nlohmann::json facts = {{"recipe", train::recipe_text(recipe)}, {"data", options.data}};
  const auto record = [&] { write_run_record(options.out, command, options.global, facts); };
  job.begin = record;
  listen_to_signals();
  train::TrainOutcome outcome;
  {
    ProgressBar bar;
    if (options.resume && !any) bar.note("nothing to resume yet: starting at step 0");
    bar.note(runtime::describe());
    job.say = [&](const std::string& line) { bar.note(line); };
    job.progress = [&](const train::Progress& p) {
      bar.show(static_cast<double>(p.step) / static_cast<double>(p.steps), progress_text(p));
    };
    outcome = train::train(*network, job);
  }
  record();
  if (outcome.finished) report(job, outcome);
  print_outcome(options, outcome);
  if (!outcome.finished) note("stopped; go on with: " + resume_command(command));
  return 0;
}

}  // namespace

Verb add_train(CLI::App& app, const CommandLine& command) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("train", "trains a network by a recipe");
  verb->add_option("recipe", options->recipe, "TOML file, or the name of an installed recipe")
      ->required();
  verb->add_option("--data", options->data, "data folder (burin prepare makes one)")->required();
  verb->add_option("--out", options->out, "run folder")->required();
  verb->add_flag("--resume", options->resume, "go on from the newest checkpoint in --out");
  verb->add_option("--set", options->set, "key=value: another value for a key of the recipe")
      ->allow_extra_args(false);
  options->global.precision.clear();  // the recipe's
  add_global_options(*verb, options->global, any_precision());
  return {verb,
          "burin train fundus-unet --data data/fundus --out runs/fundus --set train.steps=500",
          [options, &command] { return run(*options, command); }};
}

}  // namespace burin::apps
