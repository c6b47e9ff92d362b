// The formula of matmul.h as loops, sums in double: what every other entry is compared with.
#include "kernels/entry_parts.h"
#include "kernels/matmul/tables.h"
#include "kernels/micro/finish.h"

namespace burin::kernels {
namespace {

const char* refuse(const MatmulShape& s) noexcept { return refuse_other_types(s); }
double cost(const MatmulShape& s) noexcept { return 200.0 * static_cast<double>(s.macs()); }
std::size_t packed_bytes(const MatmulShape& s) noexcept {
  return sizeof(float) * static_cast<std::size_t>(s.k * s.n);
}
std::int64_t pack_tasks(const MatmulShape& s) noexcept { return s.k; }
std::int64_t tasks(const MatmulShape& s, int) noexcept { return s.m; }

// packed[k][n]; a task is a row.
void pack(const MatmulShape& s, const float* b, void* packed, std::int64_t first,
          std::int64_t last) noexcept {
  auto* to = static_cast<float*>(packed);
  for (std::int64_t k = first; k < last; ++k)
    for (std::int64_t j = 0; j < s.n; ++j) to[k * s.n + j] = b[k * s.b_depth + j * s.b_column];
}

// A task is a row of c.
void run(const MatmulArgs& args, int, std::int64_t first, std::int64_t last, void*) noexcept {
  const MatmulShape& s = args.shape;
  const auto* b = static_cast<const float*>(args.packed);
  for (std::int64_t i = first; i < last; ++i)
    for (std::int64_t j = 0; j < s.n; ++j) {
      double sum = args.bias != nullptr ? args.bias[j] : 0.0;
      if (s.residual) sum += args.residual_f32()[i * args.residual_row + j];
      for (std::int64_t k = 0; k < s.k; ++k)
        sum += double{args.a_f32()[i * s.a_row + k * s.a_depth]} * b[k * s.n + j];
      args.c_f32()[i * args.c_row + j] = finish(sum, args.epilogue);
    }
}

constexpr MatmulKernel table[] = {{.name = "reference",
                                   .isa = Isa::reference,
                                   .flags = kernel_f32_exact | kernel_transcendental,
                                   .refuse = refuse,
                                   .cost = cost,
                                   .packed_bytes = packed_bytes,
                                   .pack_tasks = pack_tasks,
                                   .pack = pack,
                                   .workspace_bytes = no_bytes,
                                   .shared_bytes = no_bytes,
                                   .stages = 1,
                                   .tasks = tasks,
                                   .run = run}};

}  // namespace

constinit const std::span<const MatmulKernel> matmul_reference = table;

}  // namespace burin::kernels
