// Small files that must be there, whole, after a crash of the process or of the machine.
//
// Any thread, cold: each call waits for the disk.
#pragma once

#include <string>
#include <string_view>

namespace mm {

// Writes a file so that others, and whoever comes after a crash, see the old content or the new,
// never a part; it is on the disk when this returns. Returns the error.
[[nodiscard]] std::string write_durably(const std::string& path, std::string_view text);
// What will keep write_durably() from this path, as far as it can be told beforehand; empty:
// nothing. Leaves nothing behind.
[[nodiscard]] std::string find_unwritable(const std::string& path);
// False if what the file holds may not be on the disk.
bool sync_file(const std::string& path);
// A file's name is durable once its folder is. False if that failed.
bool sync_folder_of(const std::string& path);

}  // namespace mm
