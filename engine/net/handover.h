// A slot by which a cold thread gives a hot one an object, and gets the old one back to destroy.
//
// One cold and one hot thread; every call is wait-free, and on the hot side one load or exchange
// without allocation. Each direction holds one object.
#pragma once

#include <atomic>
#include <memory>

namespace mm::net {

template <class T>
class Handover {
 public:
  Handover() = default;
  ~Handover() {
    delete offered_.load(std::memory_order_acquire);
    delete returned_.load(std::memory_order_acquire);
  }
  Handover(const Handover&) = delete;
  Handover& operator=(const Handover&) = delete;

  // Cold side.

  // False, and `object` stays with the caller, while the last one was not taken.
  bool offer(std::unique_ptr<T>&& object) {
    if (offered_.load(std::memory_order_acquire) != nullptr) return false;
    offered_.store(object.release(), std::memory_order_release);
    return true;
  }
  // What the hot side gave back, or null; last words can be read from it before it goes.
  std::unique_ptr<T> reclaim() {
    if (returned_.load(std::memory_order_relaxed) == nullptr) return nullptr;
    return std::unique_ptr<T>(returned_.exchange(nullptr, std::memory_order_acq_rel));
  }
  void destroy_returned() { reclaim(); }

  // Hot side.

  // The hot side's to keep, until it gives it back; null if there is none.
  T* take() {
    if (offered_.load(std::memory_order_relaxed) == nullptr) return nullptr;
    return offered_.exchange(nullptr, std::memory_order_acq_rel);
  }
  // False while the last one was not reclaimed: keep it and try again later.
  bool give_back(T* object) {
    if (returned_.load(std::memory_order_acquire) != nullptr) return false;
    returned_.store(object, std::memory_order_release);
    return true;
  }

 private:
  std::atomic<T*> offered_{nullptr};
  std::atomic<T*> returned_{nullptr};
};

}  // namespace mm::net
