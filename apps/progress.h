// Progress on standard error: one line that is drawn over on a terminal, a plain line every ten
// seconds otherwise.
#pragma once

#include <chrono>
#include <string>

namespace burin::apps {

class ProgressBar {
 public:
  ProgressBar();
  ~ProgressBar();  // leaves the cursor on a fresh line
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  // share in 0..1; text such as "loss 0.412  84 patches/s  3:12 left". The last one (share 1) is
  // always drawn.
  void show(double share, const std::string& text);
  // A line that stays, above the bar.
  void note(const std::string& line);

 private:
  void clear();

  bool terminal_, drawn_ = false;
  std::chrono::steady_clock::time_point last_{};
};

// "3:12", "1:02:45".
[[nodiscard]] std::string clock_text(double seconds);

}  // namespace burin::apps
