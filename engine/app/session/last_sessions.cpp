#include "engine/app/session/last_sessions.h"

#include <filesystem>
#include <fstream>

#include "engine/counters/counters_file.h"
#include "engine/runtime/durable_file.h"

namespace mm::app {
namespace {

bool may_have_orders(const std::string& folder) {
  counters::CountersFile engine;
  return engine.attach(folder, counters::CountersFile::Use::kLook).empty() &&
         engine.may_have_orders();
}

}  // namespace

LastSessions::LastSessions(std::string path) : path_(std::move(path)) {
  std::ifstream file(path_);
  for (std::string folder; std::getline(file, folder);) {
    if (last_.empty()) last_ = folder;
    if (may_have_orders(folder)) with_orders_.push_back(folder);
  }
}

const std::string& LastSessions::newest_with_orders() const {
  return with_orders_.empty() ? last_ : with_orders_.front();
}

std::string LastSessions::write_next(const std::string& folder) const {
  std::string text = std::filesystem::absolute(folder).string() + "\n";
  for (const std::string& earlier : with_orders_) text += earlier + "\n";
  return write_durably(path_, text);
}

void LastSessions::take_over() const {
  for (const std::string& folder : with_orders_) {
    counters::CountersFile before;
    if (before.attach(folder).empty() && !before.engine_alive()) before.settle();
  }
}

}  // namespace mm::app
