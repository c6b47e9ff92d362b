// Kernels chosen by timing instead of by the cost model: what was fastest for each shape.
//
// One table serves any number of programs, compiled on any threads; one shape is timed at a time.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

namespace burin {

struct TunedKernel {
  std::string kernel;  // name of the entry
  double milliseconds = 0;
};

class TunedKernels {
 public:
  TunedKernels() = default;
  // What text() gave. Lines that are not understood are passed over: such shapes are timed again.
  explicit TunedKernels(std::string_view text);

  // One line for each shape: the shape, the kernel and its milliseconds, tabs between.
  [[nodiscard]] std::string text() const;

  // What the other table knows of shapes that this one does not.
  void add(const TunedKernels& other);

  // The fastest of `names` for the shape that `key` describes: as remembered, or else by timing each;
  // `seconds(i)` runs name i once. Names that take more than twice the best time of their first run
  // are not run again. The other names' times are not remembered. Not empty.
  [[nodiscard]] TunedKernel fastest(const std::string& key, std::span<const char* const> names,
                                    const std::function<double(std::size_t)>& seconds);

  // Shapes that were timed since this table was made.
  [[nodiscard]] int timed() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, TunedKernel, std::less<>> kernels_;
  int timed_ = 0;
};

}  // namespace burin
