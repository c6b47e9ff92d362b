// The command. One file per verb; errors are one line on standard error, exit code 1, or 2 for a
// wrong command line.
#include <cstdio>
#include <exception>
#include <iostream>
#include <new>

#include "apps/options.h"
#include "apps/version.h"
#include "engine/error.h"
#include "engine/ops/plan_cache.h"

namespace burin::apps {
namespace {

constexpr AddVerb verbs[] = {add_prepare, add_train, add_infer,   add_eval,   add_convert,
                             add_run,     add_bench, add_inspect, add_machine};

int complain(std::string text, int code) {
  for (auto& c : text)
    if (c == '\n') c = ' ';
  std::fprintf(stderr, "burin: %s\n", text.c_str());
  return code;
}

int print_help(const std::string& overview, const std::vector<Verb>& all, const std::string& name) {
  if (name.empty()) {
    std::cout << overview;
    return 0;
  }
  for (const Verb& verb : all)
    if (verb.app->get_name() == name) {
      std::cout << verb.app->help("burin");
      return 0;
    }
  return complain("help: expected one of the verbs that 'burin help' lists, got '" + name + "'", 2);
}

int run(int argc, char** argv) {
  CLI::App app("burin: trains and runs convolutional imaging networks on CPUs", "burin");
  app.set_version_flag("--version", std::string("burin ") + version);
  app.require_subcommand(1);
  CommandLine command{{argv, argv + argc}};
  std::vector<Verb> all;
  for (const auto add : verbs) {
    all.push_back(add(app, command));
    all.back().app->footer("Example:\n  " + all.back().example);
  }
  std::string topic;
  CLI::App* help = app.add_subcommand("help", "shows a verb with an example that works");
  help->add_option("verb", topic, "the verb");
  const std::string overview = app.help();  // once parsed, it would be that of the chosen verb
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    const std::string word = argc > 1 && argv[1][0] != '-' ? argv[1] : "";
    if (!word.empty() &&
        app.get_subcommands([&](CLI::App* verb) { return verb->check_name(word); }).empty())
      return complain("expected one of the verbs that 'burin help' lists, got '" + word + "'", 2);
    return complain(std::string(error.what()) + " (burin help" + (word.empty() ? "" : " " + word) +
                        " shows what there is)",
                    2);
  }
  check_environment();
  if (help->parsed()) return print_help(overview, all, topic);
  for (const Verb& verb : all)
    if (verb.app->parsed()) return verb.run();
  return 2;
}

}  // namespace
}  // namespace burin::apps

int main(int argc, char** argv) {
  using burin::apps::complain;
  try {
    const int code = burin::apps::run(argc, argv);
    std::cout.flush();
    return std::cout.good() ? code
                            : complain("standard output: expected room to write, got none", 1);
  } catch (const burin::apps::UsageError& error) {
    return complain(error.what(), 2);
  } catch (const burin::Error& error) {
    return complain(error.what(), 1);
  } catch (const std::bad_alloc&) {
    return complain("memory: expected enough of it, got a refusal of the system", 1);
  } catch (const std::exception& error) {
    return complain(error.what(), 1);
  }
}
