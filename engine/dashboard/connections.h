// The connections of the dashboard's clients: how many there are, and the pages that are told of
// things.
//
// The server's thread. A connection takes a seat as it comes and leaves it when it is gone; a page
// adds itself once it is let in. Where all seats are taken, the guest who came first makes room:
// whoever has no token keeps nobody out who has one.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
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

// Who has shown no token that lasts.
class Guest {
 public:
  virtual ~Guest() = default;
  virtual void cut() = 0;
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

  // False if none is free, nor can be.
  bool make_room() {
    if (taken_ < kSeats) return true;
    if (guests_.empty()) return false;
    Guest* const first = guests_.front();
    leave(*first);
    first->cut();
    return true;
  }
  void enter(Guest& guest) { guests_.push_back(&guest); }
  void leave(Guest& guest) { std::erase(guests_, &guest); }
  std::size_t taken() const { return taken_; }
  void add(Page& page) { pages_.push_back(&page); }
  void remove(Page& page) { std::erase(pages_, &page); }
  // A copy: who is told something may go.
  std::vector<Page*> pages() const { return pages_; }

 private:
  std::size_t taken_ = 0;
  std::deque<Guest*> guests_;  // as they came
  std::vector<Page*> pages_;
};

}  // namespace mm::dashboard
