// Memory for OpenSSL, so that a TLS record costs no heap allocation.
//
// libcrypto allocates a few small blocks for every record it reads or writes. Once installed,
// blocks up to 20 KiB come from pools of fixed sizes: sized at start, lock-free, some 20 ns, and
// freed by any thread (a connection is made on a cold thread, used on a hot one and destroyed on a
// cold one). What is larger, or finds its pool empty, comes from the heap and is counted. The pools
// are left out of core dumps.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mm::net {

// First thing in main(): OpenSSL takes no other memory once it has allocated anything. False if it
// has, or under a sanitizer, which had better see every block; then everything works from the heap.
bool install_tls_memory();

// Blocks that came from the heap since the start, of any thread.
std::uint64_t tls_heap_blocks();

}  // namespace mm::net
