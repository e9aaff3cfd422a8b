// The connections of the dashboard's clients: how many there are, and the pages that are told of
// things.
//
// The server's thread. A connection takes a seat as it comes and leaves it when it is gone; a page
// adds itself once it is let in.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace mm::dashboard {

class Page {
 public:
  virtual ~Page() = default;
  // There is something new to tell.
  virtual void tell() = 0;
  // Once that has been told, the server ends: a goodbye, and nothing more.
  virtual void end() = 0;
};

class Connections {
 public:
  static constexpr std::size_t kSeats = 256;

  class Seat {
   public:
    explicit Seat(Connections& of) : of_(&of) { ++of_->taken_; }
    ~Seat() { --of_->taken_; }
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;

   private:
    Connections* of_;
  };

  bool full() const { return taken_ >= kSeats; }
  std::size_t taken() const { return taken_; }
  void add(Page& page) { pages_.push_back(&page); }
  void remove(Page& page) { std::erase(pages_, &page); }
  // A copy: who is told something may go.
  std::vector<Page*> pages() const { return pages_; }

 private:
  std::size_t taken_ = 0;
  std::vector<Page*> pages_;
};

}  // namespace mm::dashboard
