// OpenSSL's way to a socket: like its own socket BIO, but a write to a closed peer is an error and
// never SIGPIPE.
//
// Made on cold threads; reading and writing cost their system call and allocate nothing.
#pragma once

struct bio_st;  // OpenSSL's BIO

namespace mm::net {

// Does not own the socket; null when out of memory.
bio_st* make_socket_bio(int fd);

}  // namespace mm::net
