#include "train/trainer.h"

#include <chrono>
#include <cmath>
#include <deque>
#include <limits>
#include <map>
#include <numeric>
#include <optional>

#include "engine/error.h"
#include "io/atomic_file.h"
#include "train/batch.h"
#include "train/history.h"
#include "train/loader.h"
#include "train/model_file.h"

namespace burin::train {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void check_infer(const InferRecipe& infer) {
  if (infer.mode == "window" && infer.flips)
    throw Error("infer.flips", "false, as infer.mode is window", "true");
}

class Run {
 public:
  Run(Network& network, const TrainJob& job)
      : network_(network),
        job_(job),
        recipe_(job.recipe),
        facts_{recipe_text(job.recipe), job.data},
        folder_(job.out),
        schedule_(job.recipe.schedule, job.recipe.train.steps),
        sampler_(job.train,
                 {.patch = recipe_.sampler.patch,
                  .foreground = recipe_.sampler.foreground,
                  .seed = static_cast<std::uint64_t>(recipe_.train.seed),
                  .outside = wants_classes(recipe_.loss.kind)
                                 ? static_cast<std::int32_t>(recipe_.loss.ignore_index)
                                 : 0},
                 job.recipe.augment),
        optimizer_(job.recipe.optimizer, network.parameters()) {
    const Shape batch{recipe_.train.batch, job.train.front().channels, recipe_.sampler.patch,
                      recipe_.sampler.patch};
    network.check_input(batch);
    check_infer(recipe_.infer);
    check_precision(recipe_.train.precision);
    Tape shapes(Mode::shapes);
    check_loss(recipe_.loss, network.forward(shapes.input(batch)).shape().channels());
    if (recipe_.train.ema > 0) average_.emplace(recipe_.train.ema, network.parameters());
    state_.early_stop.patience = recipe_.train.early_stop;
  }

  TrainOutcome go() {
    if (job_.resume) resume();
    if (job_.begin) job_.begin();
    history_.emplace(job_.out / "history.jsonl", state_.step);
    const TrainRecipe& t = recipe_.train;
    // Micro-batch k holds samples k*batch .. k*batch+batch-1.
    Loader<Batch> loader(
        [this](std::int64_t k) { return make_batch(sampler_, recipe_, k * recipe_.train.batch); },
        state_.step * t.accumulate, t.steps * t.accumulate, static_cast<int>(t.loaders));
    started_ = saved_ = Clock::now();
    first_step_ = state_.step;
    seconds_before_ = state_.seconds;
    bool stopped_early = t.early_stop > 0 && state_.early_stop.waited >= t.early_stop;
    while (state_.step < t.steps && !stopped_early && !stop_asked()) {
      one_step(loader);
      const bool last = state_.step == t.steps;
      if (last || (t.validate_every > 0 && state_.step % t.validate_every == 0))
        stopped_early = validate();
      if (!last && seconds_since(saved_) >= t.checkpoint_seconds) save();
    }
    save();
    return {.step = state_.step,
            .finished = state_.step == t.steps || stopped_early,
            .stopped_early = stopped_early,
            .best_metric = state_.best_step >= 0 ? state_.best_metric : undefined,
            .best_step = state_.best_step,
            .seconds = state_.seconds,
            .last_loss = mean_loss()};
  }

 private:
  static constexpr double undefined = std::numeric_limits<double>::quiet_NaN();

  [[nodiscard]] bool stop_asked() const { return job_.stop && job_.stop->load(); }
  [[nodiscard]] TrainedParts parts() {
    return {network_.parameters(), &optimizer_, average_ ? &*average_ : nullptr};
  }

  void resume() {
    const CheckpointInfo info = folder_.load();
    for (const auto& note : info.notes) say("passed over a checkpoint: " + note);
    const Recipe began = parse_recipe(info.facts.recipe, info.file.string() + " recipe");
    if (const auto difference = first_difference(began, recipe_))
      throw Error("resume " + job_.out.string(),
                  difference->key + " = " + difference->a + ", with which the run began",
                  difference->b);
    if (info.facts.data != facts_.data)
      throw Error("resume " + job_.out.string(), "the data that the run began with",
                  "another data set");
    folder_.restore(parts());
    state_ = info.state;
    state_.early_stop.patience = recipe_.train.early_stop;
    schedule_.restore(state_.schedule);
    say("resumed at step " + std::to_string(state_.step) + " from " + info.file.string());
  }

  // Forward and backward of one micro-batch, part `part` of the step.
  double gradients_of(const Batch& batch, std::int64_t part, std::vector<Tensor>& gradients) {
    Tape tape(Mode::training);
    tape.set_precision(recipe_.train.precision);
    tape.set_random_key({.seed = static_cast<std::uint64_t>(recipe_.train.seed),
                         .epoch = static_cast<std::uint32_t>(state_.step),
                         .sample = static_cast<std::uint64_t>(part)});
    const Value prediction = network_.forward(tape.input(batch.image));
    const Value value = loss(prediction, batch.target, recipe_.loss);
    const double result = static_cast<double>(value.tensor().data<float>()[0]);
    if (!std::isfinite(result))
      throw Error("train step " + std::to_string(state_.step + 1), "a finite loss",
                  std::to_string(result));
    const Gradients all = tape.backward(value);
    gradients.clear();
    for (const auto& p : optimizer_.parameters())
      gradients.push_back(all.of(tape.leaf_of(p.parameter->value)));
    return result;
  }

  void one_step(Loader<Batch>& loader) {
    const TrainRecipe& t = recipe_.train;
    std::vector<Tensor> sum(optimizer_.parameters().size()), gradients;
    double loss_sum = 0;
    for (std::int64_t a = 0; a < t.accumulate; ++a) {
      loss_sum += gradients_of(loader.next(), a, gradients);
      if (t.accumulate == 1)
        sum = std::move(gradients);
      else
        accumulate(sum, gradients);
    }
    const double rate = schedule_.rate(state_.step),
                 share = 1.0 / static_cast<double>(t.accumulate);
    const double factor = t.clip > 0 ? clip_factor(global_norm(sum) * share, t.clip) : 1.0;
    optimizer_.step(sum, rate, factor * share);
    if (average_) average_->update();
    ++state_.step;
    note_step(loss_sum * share, rate);
  }

  void note_step(double step_loss, double rate) {
    const TrainRecipe& t = recipe_.train;
    losses_.push_back(step_loss);
    if (losses_.size() > 20) losses_.pop_front();
    const double here = seconds_since(started_);
    state_.seconds = seconds_before_ + here;
    history_->add({{"step", state_.step},
                   {"loss", step_loss},
                   {"rate", rate},
                   {"seconds", std::round(state_.seconds * 1e3) / 1e3}});
    if (!job_.progress) return;
    const double steps_here = static_cast<double>(state_.step - first_step_);
    const auto samples = static_cast<double>(t.batch * t.accumulate);
    job_.progress({.step = state_.step,
                   .steps = t.steps,
                   .loss = mean_loss(),
                   .samples_per_second = steps_here * samples / here,
                   .seconds_left = here / steps_here * static_cast<double>(t.steps - state_.step),
                   .best_metric = state_.best_step >= 0 ? state_.best_metric : undefined});
  }

  // Scores the averaged weights when there are some, keeps the best. True when training should stop
  // early.
  bool validate() {
    if (average_) average_->swap();
    bool stop = false;
    try {
      if (job_.validation.empty()) {
        keep_best(undefined, undefined);
      } else {
        const Scores scores =
            evaluate(network_, job_.validation, recipe_.infer, recipe_.loss.ignore_index);
        history_->add({{"step", state_.step},
                       {"validation", {{"dice", scores.dice}, {"roc_auc", scores.roc_auc}}}});
        if (scores.dice > state_.best_metric) keep_best(scores.dice, scores.roc_auc);
        schedule_.observe(scores.dice);
        state_.schedule = schedule_.state();
        stop = state_.early_stop.observe(scores.dice);
      }
    } catch (...) {
      if (average_) average_->swap();
      throw;
    }
    if (average_) average_->swap();
    return stop;
  }

  void keep_best(double dice, double roc_auc) {
    std::map<std::string, std::string> facts = {{"step", std::to_string(state_.step)}};
    if (!std::isnan(dice)) {
      facts["validation_dice"] = std::to_string(dice);
      facts["validation_roc_auc"] = std::to_string(roc_auc);
      state_.best_metric = dice;
      state_.best_step = state_.step;
    }
    save_model(job_.out / "model.onnx", network_, recipe_, facts);
  }

  void save() {
    state_.optimizer_steps = optimizer_.steps();
    state_.ema_updates = average_ ? average_->updates() : 0;
    state_.schedule = schedule_.state();
    folder_.save(parts(), state_, facts_);
    saved_ = Clock::now();
  }

  void say(const std::string& line) const {
    if (job_.say) job_.say(line);
  }
  [[nodiscard]] double mean_loss() const {
    return losses_.empty() ? undefined
                           : std::accumulate(losses_.begin(), losses_.end(), 0.0) /
                                 static_cast<double>(losses_.size());
  }

  Network& network_;
  const TrainJob& job_;
  const Recipe& recipe_;
  TrainingFacts facts_;
  CheckpointFolder folder_;
  Schedule schedule_;
  PatchSampler sampler_;
  Optimizer optimizer_;
  std::optional<Ema> average_;
  std::optional<History> history_;
  TrainState state_;
  std::deque<double> losses_;
  Clock::time_point started_, saved_;
  std::int64_t first_step_ = 0;
  double seconds_before_ = 0;
};

}  // namespace

TrainOutcome train(Network& network, const TrainJob& job) { return Run(network, job).go(); }

}  // namespace burin::train
