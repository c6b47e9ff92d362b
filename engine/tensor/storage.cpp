#include "engine/tensor/storage.h"

#include "engine/tensor/arena.h"

namespace burin {

std::shared_ptr<Storage> Storage::allocate(std::size_t bytes) {
  std::shared_ptr<Storage> out(new Storage());
  out->data_ = static_cast<std::byte*>(Arena::process().take(bytes));
  out->bytes_ = bytes;
  return out;
}

Storage::~Storage() {
  if (data_ != nullptr) Arena::process().give_back(data_);
}

ArenaStatistics arena_statistics() noexcept { return Arena::process().statistics(); }

void arena_trim() noexcept { Arena::process().trim(); }

void arena_set_new_pages(NewPages pages) noexcept { Arena::process().set_new_pages(pages); }

void arena_set_limit(std::size_t bytes) noexcept { Arena::process().set_limit(bytes); }

}  // namespace burin
