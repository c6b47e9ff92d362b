#include "apps/fork_json.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <new>
#include <string>

#include "apps/options.h"
#include "apps/output.h"

namespace burin::apps {
namespace {

nlohmann::json failure(const char* kind, const Error& error) {
  return {{"failure", kind},
          {"operation", error.operation()},
          {"expected", error.expected()},
          {"got", error.got()}};
}

std::string result_text(const std::function<nlohmann::json()>& f) {
  try {
    return json_text({{"result", f()}});
  } catch (const UsageError& error) {
    return json_text(failure("usage", error));
  } catch (const Error& error) {
    return json_text(failure("error", error));
  } catch (const std::bad_alloc&) {
    return json_text(failure("error", Error("memory", "enough of it", "a refusal of the system")));
  } catch (const std::exception& error) {
    return json_text(failure("error", Error("child process", "a result", error.what())));
  }
}

void write_all(int file, const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t count = write(file, text.data() + done, text.size() - done);
    if (count <= 0) return;
    done += static_cast<std::size_t>(count);
  }
}

std::string read_all(int file) {
  std::string text;
  std::array<char, 4096> buffer;
  for (ssize_t count = 0; (count = read(file, buffer.data(), buffer.size())) > 0;)
    text.append(buffer.data(), static_cast<std::size_t>(count));
  return text;
}

}  // namespace

nlohmann::json fork_json(const std::function<nlohmann::json()>& f) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) throw Error("pipe", "two ends", "a refusal of the system");
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child < 0) throw Error("fork", "a child process", "a refusal of the system");
  if (child == 0) {
    close(ends[0]);
    write_all(ends[1], result_text(f));
    _exit(0);
  }
  close(ends[1]);
  const std::string text = read_all(ends[0]);
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  const nlohmann::json answer = nlohmann::json::parse(text, nullptr, false);
  if (answer.is_discarded())
    throw Error("child process", "a result",
                WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status)) : "none");
  if (answer.contains("result")) return answer["result"];
  const Error error(answer["operation"], answer["expected"], answer["got"]);
  if (answer["failure"] == "usage") throw UsageError(error);
  throw error;
}

}  // namespace burin::apps
