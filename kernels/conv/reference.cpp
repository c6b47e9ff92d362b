// The formulas of conv.h as loops, sums in double: what every other entry is compared with.
#include <cstring>

#include "kernels/conv/tables.h"
#include "kernels/entry_parts.h"
#include "kernels/micro/finish.h"

namespace burin::kernels {
namespace {

struct Point {
  int d, h, w;
};

Point point(std::int64_t index, const std::array<int, 3>& size) noexcept {
  const std::int64_t row = index / size[2];
  return {static_cast<int>(row / size[1]), static_cast<int>(row % size[1]),
          static_cast<int>(index % size[2])};
}

std::array<int, 3> out_size(const ConvShape& s) noexcept { return {s.out(0), s.out(1), s.out(2)}; }

// Index of the input pixel that output `o` meets at tap `t`, or -1 outside of the image.
std::int64_t source_of_output(const ConvShape& s, const Point& o, const Point& t) noexcept {
  const int d = o.d * s.stride[0] + t.d * s.dilation[0] - s.pad_begin[0];
  const int h = o.h * s.stride[1] + t.h * s.dilation[1] - s.pad_begin[1];
  const int w = o.w * s.stride[2] + t.w * s.dilation[2] - s.pad_begin[2];
  if (d < 0 || h < 0 || w < 0 || d >= s.in[0] || h >= s.in[1] || w >= s.in[2]) return -1;
  return (std::int64_t{d} * s.in[1] + h) * s.in[2] + w;
}

// Index of the output pixel that input `i` met at tap `t`, or -1 when there is none.
std::int64_t output_of_source(const ConvShape& s, const Point& i, const Point& t) noexcept {
  const int at[3] = {i.d + s.pad_begin[0] - t.d * s.dilation[0],
                     i.h + s.pad_begin[1] - t.h * s.dilation[1],
                     i.w + s.pad_begin[2] - t.w * s.dilation[2]};
  std::int64_t index = 0;
  for (int axis = 0; axis < 3; ++axis) {
    const int step = s.stride[static_cast<std::size_t>(axis)];
    if (at[axis] < 0 || at[axis] % step != 0 || at[axis] / step >= s.out(axis)) return -1;
    index = index * s.out(axis) + at[axis] / step;
  }
  return index;
}

const char* refuse(const ConvShape& s) noexcept { return refuse_other_types(s); }
double cost(const ConvShape& s) noexcept { return 200.0 * static_cast<double>(s.macs()); }
std::size_t weight_bytes(const ConvShape& s) noexcept {
  return sizeof(float) * static_cast<std::size_t>(s.out_channels) *
         static_cast<std::size_t>(s.in_channels / s.groups) * static_cast<std::size_t>(s.taps());
}
std::int64_t one(const ConvShape&) noexcept { return 1; }

void pack(const ConvShape& s, const float* weights, void* packed, std::int64_t,
          std::int64_t last) noexcept {
  if (last > 0) std::memcpy(packed, weights, weight_bytes(s));
}

// A task of forward is an output pixel, a task of data an input pixel.
std::int64_t forward_tasks(const ConvShape& s, int) noexcept { return s.batch * s.out_pixels(); }
std::int64_t data_tasks(const ConvShape& s, int) noexcept { return s.batch * s.in_pixels(); }

// sum[target channel] in double, the scratch of a worker.
std::size_t forward_bytes(const ConvShape& s) noexcept {
  return sizeof(double) * static_cast<std::size_t>(s.out_channels);
}
std::size_t data_bytes(const ConvShape& s) noexcept {
  return sizeof(double) * static_cast<std::size_t>(s.in_channels);
}

// What the sum of a target pixel's channel begins with.
double start(const ConvArgs& args, std::int64_t pixel, int channel) noexcept {
  const double bias = args.bias != nullptr ? args.bias[channel] : 0.0;
  if (!args.shape.residual) return bias;
  return bias + args.residual_f32()[pixel * args.residual_pixel + channel];
}

void forward_pixel(const ConvArgs& args, const float* w, std::int64_t task, double* sum) noexcept {
  const ConvShape& s = args.shape;
  const int c_group = s.in_channels / s.groups, oc_group = s.out_channels / s.groups;
  const std::int64_t image = task / s.out_pixels();
  const Point o = point(task % s.out_pixels(), out_size(s));
  for (int oc = 0; oc < s.out_channels; ++oc) sum[oc] = start(args, task, oc);
  for (std::int64_t t = 0; t < s.taps(); ++t) {
    const std::int64_t from = source_of_output(s, o, point(t, s.kernel));
    if (from < 0) continue;
    for (int oc = 0; oc < s.out_channels; ++oc) {
      const float* x = args.source_f32() + (image * s.in_pixels() + from) * args.source_pixel +
                       std::int64_t{oc / oc_group} * c_group;
      for (int c = 0; c < c_group; ++c)
        sum[oc] += double{x[c]} * w[(std::int64_t{oc} * c_group + c) * s.taps() + t];
    }
  }
  for (int oc = 0; oc < s.out_channels; ++oc)
    args.target_f32()[task * args.target_pixel + oc] = finish(sum[oc], args.epilogue);
}

void data_pixel(const ConvArgs& args, const float* w, std::int64_t task, double* sum) noexcept {
  const ConvShape& s = args.shape;
  const int c_group = s.in_channels / s.groups, oc_group = s.out_channels / s.groups;
  const std::int64_t image = task / s.in_pixels();
  const Point i = point(task % s.in_pixels(), s.in);
  for (int c = 0; c < s.in_channels; ++c) sum[c] = start(args, task, c);
  for (std::int64_t t = 0; t < s.taps(); ++t) {
    const std::int64_t from = output_of_source(s, i, point(t, s.kernel));
    if (from < 0) continue;
    const float* dy = args.source_f32() + (image * s.out_pixels() + from) * args.source_pixel;
    for (int oc = 0; oc < s.out_channels; ++oc)
      for (int c = 0; c < c_group; ++c)
        sum[oc / oc_group * c_group + c] +=
            double{dy[oc]} * w[(std::int64_t{oc} * c_group + c) * s.taps() + t];
  }
  for (int c = 0; c < s.in_channels; ++c)
    args.target_f32()[task * args.target_pixel + c] = finish(sum[c], args.epilogue);
}

void run_forward(const ConvArgs& args, int, std::int64_t first, std::int64_t last,
                 void* workspace) noexcept {
  for (std::int64_t task = first; task < last; ++task)
    forward_pixel(args, static_cast<const float*>(args.packed), task,
                  static_cast<double*>(workspace));
}

void run_data(const ConvArgs& args, int, std::int64_t first, std::int64_t last,
              void* workspace) noexcept {
  for (std::int64_t task = first; task < last; ++task)
    data_pixel(args, static_cast<const float*>(args.packed), task, static_cast<double*>(workspace));
}

// A task of weight is one number of dw.
std::int64_t weight_tasks(const ConvShape& s, int) noexcept {
  return static_cast<std::int64_t>(weight_bytes(s) / sizeof(float));
}

void run_weight(const ConvWeightArgs& args, int, std::int64_t first, std::int64_t last,
                void*) noexcept {
  const ConvShape& s = args.shape;
  const int c_group = s.in_channels / s.groups, oc_group = s.out_channels / s.groups;
  for (std::int64_t task = first; task < last; ++task) {
    const Point t = point(task % s.taps(), s.kernel);
    const std::int64_t oc = task / s.taps() / c_group;
    const std::int64_t c = task / s.taps() % c_group + oc / oc_group * c_group;
    double sum = 0;
    for (std::int64_t image = 0; image < s.batch; ++image)
      for (Point o{0, 0, 0}; o.d < s.out(0); ++o.d)
        for (o.h = 0; o.h < s.out(1); ++o.h)
          for (o.w = 0; o.w < s.out(2); ++o.w) {
            const std::int64_t from = source_of_output(s, o, t);
            if (from < 0) continue;
            const std::int64_t to = (std::int64_t{o.d} * s.out(1) + o.h) * s.out(2) + o.w;
            sum += double{args.x_f32()[(image * s.in_pixels() + from) * args.x_pixel + c]} *
                   args.dy_f32()[(image * s.out_pixels() + to) * args.dy_pixel + oc];
          }
    args.dw[task] = static_cast<float>(sum);
  }
}

constexpr ConvKernel forward[] = {{.name = "reference",
                                   .isa = Isa::reference,
                                   .flags = kernel_f32_exact | kernel_transcendental,
                                   .refuse = refuse,
                                   .cost = cost,
                                   .packed_bytes = weight_bytes,
                                   .pack_tasks = one,
                                   .pack = pack,
                                   .workspace_bytes = forward_bytes,
                                   .shared_bytes = no_bytes,
                                   .stages = 1,
                                   .tasks = forward_tasks,
                                   .run = run_forward,
                                   .row_period = every_row}};
constexpr ConvKernel data[] = {{.name = "reference",
                                .isa = Isa::reference,
                                .flags = kernel_f32_exact | kernel_transcendental,
                                .refuse = refuse,
                                .cost = cost,
                                .packed_bytes = weight_bytes,
                                .pack_tasks = one,
                                .pack = pack,
                                .workspace_bytes = data_bytes,
                                .shared_bytes = no_bytes,
                                .stages = 1,
                                .tasks = data_tasks,
                                .run = run_data,
                                .row_period = every_row}};
constexpr ConvWeightKernel weight[] = {{.name = "reference",
                                        .isa = Isa::reference,
                                        .flags = kernel_f32_exact,
                                        .refuse = refuse,
                                        .cost = cost,
                                        .packed_bytes = no_bytes,
                                        .pack_tasks = nullptr,
                                        .pack = nullptr,
                                        .workspace_bytes = no_bytes,
                                        .shared_bytes = no_bytes,
                                        .stages = 1,
                                        .tasks = weight_tasks,
                                        .run = run_weight}};

}  // namespace

constinit const ConvTables conv_reference{forward, data, weight};

}  // namespace burin::kernels
