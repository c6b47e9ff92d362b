// The keys of a recipe, in the order of the file. A visitor takes
//   section(name)                            the next keys stand in [name]; "" is the top
//   number(name, value, least, most)         std::int64_t or double
//   numbers(name, values, least, most)       a list of double
//   flag(name, bool)
//   text(name, string)
//   word(name, enumeration, name_of, from)
//   one_of(name, string, words)
#pragma once

#include <array>

#include "train/recipe.h"

namespace burin::train {

inline constexpr double any_more = 1e15;

template <class V>
void visit_augment(AugmentOptions& a, V& v) {
  v.section("augment");
  v.flag("flip_horizontal", a.flip_horizontal);
  v.flag("flip_vertical", a.flip_vertical);
  v.flag("quarter_turns", a.quarter_turns);
  v.number("rotate", a.rotate, 0, 180);
  v.number("zoom", a.zoom, 0, 0.9);
  v.number("elastic", a.elastic, 0, 100);
  v.number("elastic_cell", a.elastic_cell, 4, 512);
  v.number("brightness", a.brightness, 0, 1);
  v.number("contrast", a.contrast, 0, 0.9);
  v.number("gamma", a.gamma, 0, 0.9);
  v.number("colour", a.colour, 0, 0.9);
  v.number("noise", a.noise, 0, 1);
}

template <class V>
void visit_optimizer(OptimizerOptions& o, V& v) {
  v.section("optimizer");
  v.word("kind", o.kind, optimizer_name, optimizer_from);
  v.number("beta1", o.beta1, 0, 1);
  v.number("beta2", o.beta2, 0, 1);
  v.number("epsilon", o.epsilon, 1e-30, 1);
  v.number("momentum", o.momentum, 0, 1);
  v.flag("nesterov", o.nesterov);
  v.number("alpha", o.alpha, 0, 1);
  v.number("rho", o.rho, 0, 1);
  v.number("weight_decay", o.weight_decay, 0, 10);
  v.flag("decay_vectors", o.decay_vectors);
}

template <class V>
void visit_schedule(ScheduleOptions& s, V& v) {
  v.section("schedule");
  v.word("kind", s.kind, schedule_name, schedule_from);
  v.number("rate", s.rate, 1e-12, 100);
  v.number("warmup", s.warmup, 0, any_more);
  v.number("factor", s.factor, 1e-9, 1);
  v.number("every", s.every, 1, any_more);
  v.number("floor", s.floor, 0, 1);
  v.number("period", s.period, 1, any_more);
  v.number("period_multiplier", s.period_multiplier, 1, 1e9);
  v.number("amplitude_multiplier", s.amplitude_multiplier, 1e-9, 1e9);
  v.number("power", s.power, 1e-9, 100);
  v.number("patience", s.patience, 0, any_more);
}

template <class V>
void visit_train(TrainRecipe& t, V& v) {
  v.section("train");
  v.number("steps", t.steps, 1, any_more);
  v.number("batch", t.batch, 1, 4096);
  v.number("accumulate", t.accumulate, 1, 4096);
  v.number("clip", t.clip, 0, 1e9);
  v.number("ema", t.ema, 0, 0.999999);
  v.number("validate_every", t.validate_every, 0, any_more);
  v.number("early_stop", t.early_stop, 0, any_more);
  v.number("checkpoint_seconds", t.checkpoint_seconds, 0, 1e9);
  v.number("loaders", t.loaders, 1, 64);
  v.number("seed", t.seed, 0, 9e15);
  v.word("precision", t.precision, kernels::name_of, precision_from);
}

template <class V>
void visit(Recipe& r, V& v) {
  static constexpr std::array<std::string_view, 2> preprocesses = {"unit", "fundus"},
                                                   modes = {"whole", "window"},
                                                   blends = {"constant", "gaussian"};
  v.section("");
  v.text("title", r.title);
  v.text("network", r.network);
  v.section("model");
  v.number("classes", r.model.classes, 0, 256);
  v.number("width", r.model.width, 0, 1024);
  v.section("data");
  v.number("width", r.data.width, 0, 65536);
  v.one_of("preprocess", r.data.preprocess, preprocesses);
  v.number("validation", r.data.validation, 0, 0.9);
  v.section("sampler");
  v.number("patch", r.sampler.patch, 8, 8192);
  v.number("foreground", r.sampler.foreground, 0, 1);
  v.number("per_epoch", r.sampler.per_epoch, 1, any_more);
  visit_augment(r.augment, v);
  v.section("loss");
  v.word("kind", r.loss.kind, loss_name, loss_from);
  v.number("smooth", r.loss.smooth, 0, 1e6);
  v.numbers("weights", r.loss.weights, 0, 1e6);
  v.number("ignore_index", r.loss.ignore_index, -1, 255);
  visit_optimizer(r.optimizer, v);
  visit_schedule(r.schedule, v);
  visit_train(r.train, v);
  v.section("infer");
  v.one_of("mode", r.infer.mode, modes);
  v.number("window", r.infer.window, 8, 8192);
  v.number("stride", r.infer.stride, 1, 8192);
  v.one_of("blend", r.infer.blend, blends);
  v.flag("flips", r.infer.flips);
  v.number("threshold", r.infer.threshold, 0, 1);
}

}  // namespace burin::train
