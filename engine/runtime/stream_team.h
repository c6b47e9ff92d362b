// A part of the process's threads for one thread of the program: streams run programs side by side,
// each on cores of its own.
#pragma once

#include <memory>

namespace burin::runtime {

// Of `streams` equal parts of the process's team (workers.h) the one with this number; at least one
// thread each, so with more streams than threads some share a core.
//
// While it lives, parallel_for and threads() of the calling thread use the part alone, with workers
// 0, 1, .. of its own, and libraries with parallel regions of their own get as many threads. Made
// and destroyed by the thread that uses it, which has no other; configure() must not run meanwhile.
class StreamTeam {
 public:
  StreamTeam(int stream, int streams);
  ~StreamTeam();
  StreamTeam(const StreamTeam&) = delete;
  StreamTeam& operator=(const StreamTeam&) = delete;

 private:
  struct Part;
  std::unique_ptr<Part> part_;
};

}  // namespace burin::runtime
