#include "apps/prepare_fundus.h"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <mutex>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "apps/fundus_pictures.h"
#include "apps/fundus_sources.h"
#include "engine/error.h"
#include "engine/runtime/workers.h"
#include "io/atomic_file.h"
#include "io/dataset.h"
#include "io/file.h"
#include "io/image.h"
#include "io/sha256.h"

namespace burin::apps {
namespace fs = std::filesystem;
namespace {

constexpr const char* kinds[] = {"images", "masks", "fov"};
constexpr const char* plan_file =
    "prepare.json";  // says what is being made until dataset.json does

// One picture to be: from files, or synthetic when `source.image` is empty.
struct Item {
  FundusSource source;
  std::string split;  // "train", "val", "test"
  std::uint64_t number = 0;
};

// "12_dr" -> 12; 0 without a number.
int number_of(const std::string& id) {
  int number = 0;
  for (std::size_t i = 0; i < id.size() && i < 6 && id[i] >= '0' && id[i] <= '9'; ++i)
    number = 10 * number + (id[i] - '0');
  return number;
}

std::vector<std::string> ids_of(const std::vector<Item>& items, const std::string& split) {
  std::vector<std::string> ids;
  for (const Item& item : items)
    if (item.split == split) ids.push_back(item.source.id);
  return ids;
}

void move_to(std::vector<Item>& items, const std::string& split,
             const std::vector<std::string>& chosen) {
  const std::set<std::string> ids(chosen.begin(), chosen.end());
  for (Item& item : items)
    if (item.split == "train" && ids.contains(item.source.id)) item.split = split;
}

// Numbers above 10 to test; false, and nothing done, when that takes all or none.
bool divide_by_number(std::vector<Item>& items) {
  const auto above = [](const Item& item) { return number_of(item.source.id) > 10; };
  if (std::all_of(items.begin(), items.end(), above) ||
      std::none_of(items.begin(), items.end(), above))
    return false;
  for (Item& item : items)
    if (above(item)) item.split = "test";
  return true;
}

std::vector<Item> plan_items(const PrepareOptions& options) {
  std::vector<Item> items;
  bool divided = false;
  if (options.synthetic > 0) {
    for (std::int64_t i = 0; i < options.synthetic; ++i) {
      char id[24];
      std::snprintf(id, sizeof id, "%04lld", static_cast<long long>(i + 1));
      items.push_back({{.id = id, .split = "", .image = {}, .vessels = {}, .field = {}},
                       "train",
                       static_cast<std::uint64_t>(i)});
    }
  } else {
    for (FundusSource& source : find_fundus_sources(options.from)) {
      const std::string split = source.split == "test" ? "test" : "train";
      divided = divided || !source.split.empty();
      items.push_back({std::move(source), split});
    }
    if (!divided) divided = divide_by_number(items);
  }
  const auto cut = [&](const std::string& split, double share) {
    const auto ids = ids_of(items, "train");
    if (ids.size() < 2)
      throw Error(reading(options.from), "two pictures to cut " + split + " from",
                  std::to_string(ids.size()));
    move_to(items, split, pick_validation(ids, share, options.seed));
  };
  if (!divided) cut("test", 1.0 / 3);
  if (options.validation > 0) cut("val", options.validation);
  return items;
}

// One line that is equal for the same arguments and the same files.
std::string source_text(const PrepareOptions& options, const std::vector<Item>& items) {
  nlohmann::json text{{"seed", options.seed}, {"validation", options.validation}};
  if (options.synthetic > 0) {
    text["synthetic"] = options.synthetic;
    text["size"] = options.size;
    return text.dump();
  }
  std::string listing;
  for (const Item& item : items)
    for (const fs::path& file : {item.source.image, item.source.vessels, item.source.field})
      if (!file.empty())
        listing += file.lexically_relative(options.from).generic_string() + " " +
                   std::to_string(ByteSource(file).size()) + "\n";
  text["files"] = sha256_hex(listing);
  return text.dump();
}

// Makes the folder ready: empty, or left by a run with the same arguments. True when that one had
// finished.
bool open_target(const PrepareOptions& options, const std::string& source) {
  const fs::path& to = options.to;
  if (fs::exists(to / "dataset.json")) {
    if (read_dataset(to).source == source) return true;
    throw Error("prepare " + to.string(), "an empty folder, or the same data set",
                "another data set");
  }
  make_folder(to);
  const fs::path plan = to / plan_file;
  if (fs::exists(plan)) {
    const auto bytes = read_file(plan, 1 << 20);
    if (std::string(bytes.begin(), bytes.end()) != source)
      throw Error("prepare " + to.string(), "an empty folder, or one begun with the same arguments",
                  "one begun with others");
    return false;
  }
  remove_stale_temporaries(to);
  if (!fs::is_empty(to)) throw Error("prepare " + to.string(), "an empty folder", "files in it");
  write_file(plan, source);
  return false;
}

class Writer {
 public:
  Writer(const PrepareOptions& options, const std::vector<Item>& items)
      : options_(options), items_(items), failures_(items.size()), shares_(items.size()) {
    for (const Item& item : items)
      for (const char* kind : kinds) {
        make_folder(options.to / item.split / kind);
        remove_stale_temporaries(options.to / item.split / kind);
      }
  }

  // Returns the mean share of the field of view. The first failure, in the order of the items, is
  // thrown.
  double run() {
    const auto count = static_cast<std::int64_t>(items_.size());
    runtime::parallel_for(count, 1, [&](std::int64_t first, std::int64_t last, int) {
      for (std::int64_t i = first; i < last; ++i) try {
          write(static_cast<std::size_t>(i));
        } catch (...) {
          failures_[static_cast<std::size_t>(i)] = std::current_exception();
        }
    });
    for (const auto& failure : failures_)
      if (failure) std::rethrow_exception(failure);
    return std::accumulate(shares_.begin(), shares_.end(), 0.0) / static_cast<double>(count);
  }

 private:
  [[nodiscard]] fs::path path(const Item& item, const char* kind) const {
    return options_.to / item.split / kind / (item.source.id + ".png");
  }

  void write(std::size_t index) {
    const Item& item = items_[index];
    const fs::path fov = path(item, kinds[2]);
    if (fs::exists(fov)) {  // the last of the three: an earlier run got this far
      const Image field = read_labels(fov);
      shares_[index] = share_of(field);
      return say(item, field, "kept");
    }
    const FundusPictures p = item.source.image.empty()
                                 ? make_pictures(options_.size, options_.seed, item.number)
                                 : read_pictures(item.source);
    shares_[index] = share_of(p.field);
    if (shares_[index] == 0)
      throw Error(reading(item.source.image), "a field of view on dark ground", "none");
    write_png(path(item, kinds[0]), p.image);
    write_png(path(item, kinds[1]), p.vessels);
    write_png(fov, p.field);
    say(item, p.field, p.field_found ? "found" : "given");
  }

  void say(const Item& item, const Image& field, const char* how) {
    if (!options_.progress) return;
    char share[32];
    std::snprintf(share, sizeof share, "%.2f", 100 * share_of(field));
    std::string line = item.split;
    line += " " + item.source.id + ": " + std::to_string(field.width) + "x" +
            std::to_string(field.height) + ", field of view " + share + " % (" + how + ")";
    const std::lock_guard lock(mutex_);
    options_.progress(++done_, static_cast<std::int64_t>(items_.size()), line);
  }

  const PrepareOptions& options_;
  const std::vector<Item>& items_;
  std::vector<std::exception_ptr> failures_;
  std::vector<double> shares_;
  std::mutex mutex_;
  std::int64_t done_ = 0;
};

}  // namespace

PrepareResult prepare_fundus(const PrepareOptions& options) {
  const std::vector<Item> items = plan_items(options);
  const std::string source = source_text(options, items);
  PrepareResult result;
  result.was_there = open_target(options, source);
  result.field_share = Writer(options, items).run();
  for (const Item& item : items)
    ++(item.split == "train" ? result.train : item.split == "val" ? result.val : result.test);
  std::error_code left;  // a plan that cannot be removed does no harm
  if (result.was_there) {
    fs::remove(options.to / plan_file, left);
    return result;
  }
  Dataset dataset;
  dataset.folder = options.to;
  dataset.task = "fundus";
  dataset.classes = {"background", "vessel"};
  dataset.seed = options.seed;
  dataset.source = source;
  write_dataset(dataset);
  fs::remove(options.to / plan_file, left);
  return result;
}

}  // namespace burin::apps
