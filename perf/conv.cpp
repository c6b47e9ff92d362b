// Convolution kernels against oneDNN's direct ones, in turns, in one process.
//
//   conv [--json] [--shape NAME,..] [--pass forward|data|weight] [--kernel NAME,..] [--isa LEVEL]
//        [--precision exact|f32|bf16] [--threads N] [--seconds S]
//
// One line for each shape, pass and kernel that serves it; without --kernel the one that the engine
// would choose, by BURIN_KERNEL too.
//
// GFLOP/s count two operations for each multiply-add of the definition, whatever the algorithm
// does. With --precision bf16 activations are bf16, and oneDNN's too. peak_share is against a
// multiply-add loop that takes its turns in the same rounds. oneDNN has its own preferred layouts;
// reordering is not timed. Results are compared before timing.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "engine/runtime/workers.h"
#include "kernels/bf16.h"
#include "kernels/peak_loops.h"
#include "kernels/request.h"
#include "perf/bench.h"
#include "perf/conv_yardstick.h"
#include "perf/environment.h"
#include "perf/numbers.h"
#include "perf/usage.h"
#include "tests/support/compare.h"
#include "tests/support/random.h"
#include "tests/support/shapes.h"

namespace {

using namespace burin;
using kernels::ConvShape;
using kernels::Element;
using kernels::Isa;
using perf::Pass;

constexpr std::pair<Pass, const char*> passes[] = {
    {Pass::forward, "forward"}, {Pass::data, "data"}, {Pass::weight, "weight"}};

struct Options {
  bool json = false;
  std::vector<std::string> shapes, kernels;
  std::string pass, isa;
  kernels::Precision precision = kernels::Precision::f32;
  int threads = 0;
  double seconds = 2;  // about, for each shape and pass
};

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> words(1);
  for (const char c : list)
    if (c == ',')
      words.emplace_back();
    else
      words.back() += c;
  return words;
}

// 64-byte aligned, zero.
class Buffer {
 public:
  explicit Buffer(std::size_t bytes)
      : data_(std::aligned_alloc(64, (bytes + 64) / 64 * 64), &std::free) {
    if (data_ == nullptr) throw std::bad_alloc();
    std::memset(data_.get(), 0, bytes);
  }
  [[nodiscard]] void* get() const { return data_.get(); }
  [[nodiscard]] float* floats() const { return static_cast<float*>(data_.get()); }

 private:
  std::unique_ptr<void, decltype(&std::free)> data_;
};

Buffer round_all(const float* numbers, std::size_t count) {
  Buffer rounded(sizeof(std::uint16_t) * count);
  auto* out = static_cast<std::uint16_t*>(rounded.get());
  for (std::size_t i = 0; i < count; ++i) out[i] = kernels::round_bf16(numbers[i]);
  return rounded;
}

struct Numbers {
  Buffer x, dy, w;
  std::optional<Buffer> x_bf16, dy_bf16;  // where the shape asks for them
  explicit Numbers(const ConvShape& s)
      : x(sizeof(float) * x_count(s)),
        dy(sizeof(float) * y_count(s)),
        w(sizeof(float) * w_count(s)) {
    test::Random random(1);
    for (std::size_t i = 0; i < x_count(s); ++i) x.floats()[i] = random.real();
    for (std::size_t i = 0; i < y_count(s); ++i) dy.floats()[i] = random.real();
    for (std::size_t i = 0; i < w_count(s); ++i) w.floats()[i] = random.real();
    if (s.source_type == Element::f32) return;
    x_bf16 = round_all(x.floats(), x_count(s));
    dy_bf16 = round_all(dy.floats(), y_count(s));
  }
  [[nodiscard]] const void* x_data() const { return x_bf16 ? x_bf16->get() : x.get(); }
  [[nodiscard]] const void* dy_data() const { return dy_bf16 ? dy_bf16->get() : dy.get(); }
  static std::size_t x_count(const ConvShape& s) {
    return static_cast<std::size_t>(s.batch * s.in_pixels() * s.in_channels);
  }
  static std::size_t y_count(const ConvShape& s) {
    return static_cast<std::size_t>(s.batch * s.out_pixels() * s.out_channels);
  }
  static std::size_t w_count(const ConvShape& s) {
    return static_cast<std::size_t>(s.out_channels * s.taps() * (s.in_channels / s.groups));
  }
};

// One entry made ready: a call of run() is one pass.
struct Candidate {
  std::string name;
  Isa isa = Isa::reference;
  std::function<void()> run;
  std::shared_ptr<Buffer> result;
  std::size_t count = 0;
  Element type = Element::f32;  // of the result

  [[nodiscard]] std::vector<float> numbers() const {
    if (type == Element::f32) return {result->floats(), result->floats() + count};
    const auto* bits = static_cast<const std::uint16_t*>(result->get());
    std::vector<float> out(count);
    for (std::size_t i = 0; i < count; ++i) out[i] = kernels::widen_bf16(bits[i]);
    return out;
  }
};

template <class Entry, class Args>
std::function<void()> runner(const Entry& entry, const Args& args, std::shared_ptr<Buffer> packed,
                             std::shared_ptr<Buffer> shared) {
  return [&entry, args, packed, shared] {
    const std::size_t bytes = entry.workspace_bytes(args.shape);
    for (int stage = 0; stage < entry.stages; ++stage) {
      const std::int64_t tasks = entry.tasks(args.shape, stage);
      if ((entry.flags & kernels::kernel_whole) != 0)
        entry.run(args, stage, 0, tasks, runtime::workspace(0, bytes));
      else
        runtime::parallel_for(tasks, 1, [&](std::int64_t first, std::int64_t last, int worker) {
          entry.run(args, stage, first, last, runtime::workspace(worker, bytes));
        });
    }
  };
}

// Empty when no entry of that name serves the shape.
Candidate conv_candidate(Pass pass, const ConvShape& s, const Numbers& n,
                         kernels::Precision precision, const std::string& wanted) {
  const bool forward = pass == Pass::forward;
  const auto* entry =
      kernels::choose(forward ? kernels::conv_forward_kernels() : kernels::conv_data_kernels(), s,
                      wanted, kernels::Activation::none, precision);
  if (entry == nullptr) return {};
  const auto packed = std::make_shared<Buffer>(entry->packed_bytes(s));
  const auto shared = std::make_shared<Buffer>(entry->shared_bytes(s));
  if (entry->pack != nullptr) entry->pack(s, n.w.floats(), packed->get(), 0, entry->pack_tasks(s));
  const std::size_t count = forward ? Numbers::y_count(s) : Numbers::x_count(s);
  const auto result = std::make_shared<Buffer>(sizeof(float) * count);
  const kernels::ConvArgs args{.shape = s,
                               .source = forward ? n.x_data() : n.dy_data(),
                               .source_pixel = forward ? s.in_channels : s.out_channels,
                               .packed = packed->get(),
                               .bias = nullptr,
                               .target = result->floats(),
                               .target_pixel = forward ? s.out_channels : s.in_channels,
                               .epilogue = {},
                               .shared = shared->get()};
  return {entry->name, entry->isa, runner(*entry, args, packed, shared),
          result,      count,      s.target_type};
}

Candidate weight_candidate(const ConvShape& s, const Numbers& n, kernels::Precision precision,
                           const std::string& wanted) {
  const auto* entry = kernels::choose(kernels::conv_weight_kernels(), s, wanted,
                                      kernels::Activation::none, precision);
  if (entry == nullptr) return {};
  const auto shared = std::make_shared<Buffer>(entry->shared_bytes(s));
  const auto result = std::make_shared<Buffer>(sizeof(float) * Numbers::w_count(s));
  const kernels::ConvWeightArgs args{.shape = s,
                                     .x = n.x_data(),
                                     .x_pixel = s.in_channels,
                                     .dy = n.dy_data(),
                                     .dy_pixel = s.out_channels,
                                     .dw = result->floats(),
                                     .shared = shared->get()};
  return {entry->name, entry->isa,          runner(*entry, args, nullptr, shared),
          result,      Numbers::w_count(s), Element::f32};
}

// Sums in f32 differ by their order: over 262144 pixels oneDNN's weight gradient is 2e-5 off; in
// bf16 both are off, Winograd in three dimensions by twice as much as direct products.
// Results in bf16 are off by 2^-9 each.
void compare(const Candidate& candidate, perf::Yardstick& yardstick, kernels::Precision precision) {
  yardstick.run();
  candidate.run();
  const std::vector<float> want = yardstick.result();
  const double error =
      test::relative_l2(std::span<const float>(candidate.numbers()), std::span<const float>(want));
  const double bf16 = candidate.name.starts_with("winograd") ? 8e-3 : 5e-3;
  if (!(error <= (precision == kernels::Precision::bf16 ? bf16 : 1e-4)))
    throw std::runtime_error(candidate.name + " differs from oneDNN by " + std::to_string(error));
}

// Operations of one turn of the multiply-add loop on all threads.
double peak_turn(Isa isa) {
  std::vector<double> done(static_cast<std::size_t>(runtime::threads()));
  runtime::parallel_for(runtime::threads(), 1, [&](std::int64_t first, std::int64_t last, int) {
    for (std::int64_t i = first; i < last; ++i)
      done[static_cast<std::size_t>(i)] = kernels::fma_loop(isa, 1000000);
  });
  double sum = 0;
  for (const double d : done) sum += d;
  return sum;
}

class Report {
 public:
  explicit Report(bool json) : json_(json) {
    if (!json_)
      std::printf("%-20s %-8s %-34s %9s %9s %6s %6s\n", "shape", "pass", "kernel", "GFLOP/s",
                  "oneDNN", "ratio", "peak");
  }
  // onednn: 0 when there is none.
  void line(const char* shape, const char* pass, const Candidate& c, double gflops, double onednn,
            double peak) {
    const std::string isa(kernels::isa_name(c.isa));
    if (onednn > 0) ratios_[{pass, c.name}].push_back(gflops / onednn);
    if (json_) {
      char rival[80] = "\"onednn_gflops\":null,\"ratio\":null";
      if (onednn > 0)
        std::snprintf(rival, sizeof(rival), "\"onednn_gflops\":%.1f,\"ratio\":%.3f", onednn,
                      gflops / onednn);
      std::printf(
          "{\"shape\":\"%s\",\"pass\":\"%s\",\"kernel\":\"%s\",\"isa\":\"%s\",\"gflops\":%.1f,"
          "%s,\"peak_share\":%.3f}\n",
          shape, pass, c.name.c_str(), isa.c_str(), gflops, rival, peak > 0 ? gflops / peak : 0);
    } else {
      std::printf("%-20s %-8s %-34s %9.1f %9.1f %6.2f %6.2f\n", shape, pass, c.name.c_str(), gflops,
                  onednn, onednn > 0 ? gflops / onednn : 0, peak > 0 ? gflops / peak : 0);
    }
    std::fflush(stdout);
  }
  void means() const {
    if (json_) return;
    for (const auto& [key, ratios] : ratios_) {
      double sum = 0;
      for (const double r : ratios) sum += std::log(r);
      std::printf("%-20s %-8s %-34s %26.2f\n", "geometric mean", key.first.c_str(),
                  key.second.c_str(), std::exp(sum / static_cast<double>(ratios.size())));
    }
  }

 private:
  bool json_;
  std::map<std::pair<std::string, std::string>, std::vector<double>> ratios_;
};

std::vector<Candidate> candidates_of(const Options& o, Pass pass, const ConvShape& s,
                                     const Numbers& n) {
  const auto candidate = [&](const std::string& wanted) {
    return pass == Pass::weight ? weight_candidate(s, n, o.precision, wanted)
                                : conv_candidate(pass, s, n, o.precision, wanted);
  };
  std::vector<Candidate> out;
  for (const std::string& wanted : o.kernels)
    if (Candidate c = candidate(wanted); c.run != nullptr) out.push_back(std::move(c));
  if (!o.kernels.empty()) return out;
  Candidate chosen = candidate(std::string(kernels::requested_kernel("conv")));
  if (chosen.run == nullptr) chosen = candidate("");
  if (chosen.run != nullptr) out.push_back(std::move(chosen));
  return out;
}

void measure(const Options& o, const test::NamedConv& named, Pass pass, const char* pass_name,
             Report& report) {
  ConvShape s = named.shape;
  if (o.precision == kernels::Precision::bf16) s.source_type = s.target_type = Element::bf16;
  const Numbers n(s);
  const std::vector<Candidate> candidates = candidates_of(o, pass, s, n);
  if (candidates.empty()) return;
  const auto yardstick = perf::make_yardstick(pass, s, n.x.floats(), n.dy.floats(), n.w.floats());
  const Isa level = kernels::usable(Isa::avx512) ? Isa::avx512
                    : kernels::usable(Isa::avx2) ? Isa::avx2
                                                 : Isa::reference;
  double peak_operations = 0;
  std::vector<std::function<void()>> turns{[&] { peak_operations = peak_turn(level); }};
  if (yardstick != nullptr) turns.emplace_back([&] { yardstick->run(); });
  for (const Candidate& c : candidates) {
    if (yardstick != nullptr) compare(c, *yardstick, o.precision);
    turns.push_back(c.run);
  }
  double turn = 0;
  for (const auto& t : turns) turn += perf::seconds(t);
  const std::vector<double> times = perf::interleave(turns, perf::rounds_for(turn, o.seconds));
  const double operations = 2e-9 * static_cast<double>(s.macs());
  const double onednn = yardstick != nullptr ? operations / times[1] : 0;
  const std::size_t first = times.size() - candidates.size();
  for (std::size_t i = 0; i < candidates.size(); ++i)
    report.line(named.name, pass_name, candidates[i], operations / times[first + i], onednn,
                1e-9 * peak_operations / times[0]);
}

// A name, or the beginning of one up to '_', of some kernel of these passes.
bool known_kernel(const std::string& wanted, const std::string& pass) {
  const auto in = [&](const auto entries) {
    return std::any_of(entries.begin(), entries.end(),
                       [&](const auto* entry) { return kernels::is_named(entry->name, wanted); });
  };
  return ((pass.empty() || pass == "forward") && in(kernels::conv_forward_kernels())) ||
         ((pass.empty() || pass == "data") && in(kernels::conv_data_kernels())) ||
         ((pass.empty() || pass == "weight") && in(kernels::conv_weight_kernels()));
}

void check(const Options& o) {
  const auto known = [](const std::string& name) {
    for (const auto& named : test::conv_perf_shapes)
      if (name == named.name) return true;
    return false;
  };
  for (const std::string& name : o.shapes)
    if (!known(name)) throw std::invalid_argument("unknown shape " + name);
  if (!o.pass.empty() && o.pass != "forward" && o.pass != "data" && o.pass != "weight")
    throw std::invalid_argument("unknown pass " + o.pass);
  for (const std::string& name : o.kernels)
    if (!name.empty() && !known_kernel(name, o.pass))
      throw std::invalid_argument("unknown kernel " + name +
                                  (o.pass.empty() ? "" : " of the pass " + o.pass));
}

// The number that a word gives, within its bounds.
template <class T>
T number(std::string_view option, std::string_view word, T least, T most) {
  const auto value = perf::number_from(word, least, most);
  if (!value)
    throw std::invalid_argument(std::string(option) + " takes a number, not " + std::string(word));
  return *value;
}

kernels::Precision precision_of(std::string_view word) {
  if (const auto precision = kernels::precision_named(word)) return *precision;
  throw std::invalid_argument("unknown precision " + std::string(word));
}

constexpr const char* usage =
    "usage: conv [--json] [--shape NAME,..] [--pass forward|data|weight] [--kernel NAME,..] "
    "[--isa LEVEL] [--precision exact|f32|bf16] [--threads N] [--seconds S]";

Options parse(int argc, char** argv) {
  Options o;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const auto value = [&]() -> const char* {
      if (i + 1 >= argc) throw std::invalid_argument(std::string(word) + " needs a value");
      return argv[++i];
    };
    if (word == "--json")
      o.json = true;
    else if (word == "--shape")
      o.shapes = split(value());
    else if (word == "--pass")
      o.pass = value();
    else if (word == "--kernel")
      o.kernels = split(value());
    else if (word == "--isa")
      o.isa = value();
    else if (word == "--precision")
      o.precision = precision_of(value());
    else if (word == "--threads")
      o.threads = number(word, value(), 1, perf::most_threads);
    else if (word == "--seconds")
      o.seconds = number(word, value(), 0.0, 3600.0);
    else
      throw std::invalid_argument("unknown option " + std::string(word));
  }
  check(o);
  return o;
}

void run(const Options& o) {
  runtime::configure({.threads = o.threads});
  std::fprintf(stderr, "%s\n", runtime::describe().c_str());
  Report report(o.json);
  for (const auto& [pass, pass_name] : passes) {
    if (!o.pass.empty() && o.pass != pass_name) continue;
    for (const test::NamedConv& named : test::conv_perf_shapes)
      if (o.shapes.empty() ||
          std::find(o.shapes.begin(), o.shapes.end(), named.name) != o.shapes.end())
        measure(o, named, pass, pass_name, report);
  }
  report.means();
}

}  // namespace

int main(int argc, char** argv) {
  if (perf::helped(argc, argv, usage)) return 0;
  try {
    const Options options = parse(argc, argv);
    // Read once, by kernels/cpu.cpp, later.
    if (!options.isa.empty()) setenv("BURIN_MAX_ISA", options.isa.c_str(), 1);
    if (!perf::check_environment()) return 2;
    run(options);
    return 0;
  } catch (const std::invalid_argument& error) {
    std::fprintf(stderr, "%s\n%s\n", error.what(), usage);
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
