#include "apps/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace burin::apps {
namespace {

constexpr int width = 28;  // cells of the bar

std::string bar_of(double share) {
  const int full = static_cast<int>(share * width);
  std::string bar;
  for (int i = 0; i < width; ++i) bar += i < full ? "#" : i == full ? ">" : ".";
  return bar;
}

}  // namespace

ProgressBar::ProgressBar() : terminal_(isatty(STDERR_FILENO) == 1) {}

ProgressBar::~ProgressBar() {
  if (drawn_) std::fputc('\n', stderr);
}

void ProgressBar::clear() {
  if (drawn_) std::fputs("\r\x1b[K", stderr);
  drawn_ = false;
}

void ProgressBar::show(double share, const std::string& text) {
  const auto now = std::chrono::steady_clock::now();
  const double waited = std::chrono::duration<double>(now - last_).count();
  if (share < 1 && waited < (terminal_ ? 0.1 : 10.0)) return;
  last_ = now;
  share = std::clamp(share, 0.0, 1.0);
  if (!terminal_) {
    std::fprintf(stderr, "%3d%%  %s\n", static_cast<int>(share * 100), text.c_str());
    return;
  }
  clear();
  std::fprintf(stderr, "[%s] %3d%%  %s", bar_of(share).c_str(), static_cast<int>(share * 100),
               text.c_str());
  std::fflush(stderr);
  drawn_ = true;
}

void ProgressBar::note(const std::string& line) {
  clear();
  std::fprintf(stderr, "%s\n", line.c_str());
}

std::string clock_text(double seconds) {
  const auto s =
      std::isfinite(seconds) ? static_cast<long>(std::lround(std::max(seconds, 0.0))) : 0L;
  char text[32];
  if (s >= 3600)
    std::snprintf(text, sizeof text, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
  else
    std::snprintf(text, sizeof text, "%ld:%02ld", s / 60, s % 60);
  return text;
}

}  // namespace burin::apps
