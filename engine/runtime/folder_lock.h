// A folder held by this process: nobody else takes it until this ends, however the process does.
//
// Any thread, cold. The kernel's lock on the folder itself: no file is needed, none is left.
#pragma once

#include <string>

namespace mm {

class FolderLock {
 public:
  FolderLock() = default;
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

  // False if another has it. A file system that knows no locks lets everybody have it.
  [[nodiscard]] bool take(const std::string& folder);

 private:
  int fd_ = -1;
};

}  // namespace mm
