// Threads that prepare what the training loop asks for next. Item k is made by `make(k)` whichever
// thread does it, and items come out in order: the number of threads decides nothing but the
// waiting.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "engine/runtime/workers.h"

namespace burin::train {

template <class T>
class Loader {
 public:
  // Makes items first, first+1, ..., last-1; at most `ahead` wait to be taken. `make` must be safe
  // to call from several threads; the engine's loops run inline in it.
  Loader(std::function<T(std::int64_t)> make, std::int64_t first, std::int64_t last, int threads,
         std::int64_t ahead = 4)
      : make_(std::move(make)), next_made_(first), next_taken_(first), last_(last), ahead_(ahead) {
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
  }
  ~Loader() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    room_.notify_all();
    for (auto& thread : threads_) thread.join();
  }
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  // The next item. Rethrows what make threw for it.
  [[nodiscard]] T next() {
    std::unique_lock lock(mutex_);
    const std::int64_t wanted = next_taken_++;
    ready_.wait(lock, [&] { return done_.contains(wanted) || failed_.contains(wanted); });
    if (const auto failure = failed_.find(wanted); failure != failed_.end())
      std::rethrow_exception(failure->second);
    T item = std::move(done_.extract(wanted).mapped());
    lock.unlock();
    room_.notify_all();
    return item;
  }

 private:
  void work() {
    const runtime::BackgroundThread background;  // else it keeps the one processor of its creator
    std::unique_lock lock(mutex_);
    while (true) {
      room_.wait(lock,
                 [&] { return stop_ || next_made_ >= last_ || next_made_ < next_taken_ + ahead_; });
      if (stop_ || next_made_ >= last_) return;
      const std::int64_t k = next_made_++;
      lock.unlock();
      try {
        T item = make_(k);
        lock.lock();
        done_.emplace(k, std::move(item));
      } catch (...) {
        if (!lock.owns_lock()) lock.lock();
        failed_.emplace(k, std::current_exception());
      }
      ready_.notify_all();
    }
  }

  std::function<T(std::int64_t)> make_;
  std::int64_t next_made_, next_taken_, last_, ahead_;
  std::mutex mutex_;
  std::condition_variable ready_, room_;
  std::map<std::int64_t, T> done_;
  std::map<std::int64_t, std::exception_ptr> failed_;
  std::vector<std::thread> threads_;
  bool stop_ = false;
};

}  // namespace burin::train
