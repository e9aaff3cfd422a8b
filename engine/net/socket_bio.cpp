#include "engine/net/socket_bio.h"

#include <openssl/bio.h>
#include <sys/socket.h>

#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstdint>

namespace mm::net {
namespace {

// The descriptor itself stands where OpenSSL keeps a pointer.
int fd_of(BIO* bio) {
  return static_cast<int>(std::bit_cast<std::intptr_t>(BIO_get_data(bio)));
}

int moved(BIO* bio, ssize_t bytes, std::size_t* done) {
  BIO_clear_retry_flags(bio);
  if (bytes > 0) {
    *done = static_cast<std::size_t>(bytes);
    return 1;
  }
  *done = 0;
  return 0;
}

int write_socket(BIO* bio, const char* from, std::size_t size, std::size_t* done) {
  const ssize_t bytes = send(fd_of(bio), from, size, MSG_NOSIGNAL);
  const int result = moved(bio, bytes, done);
  if (bytes < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
  return result;
}

int read_socket(BIO* bio, char* into, std::size_t size, std::size_t* done) {
  const ssize_t bytes = recv(fd_of(bio), into, size, 0);
  const int result = moved(bio, bytes, done);
  if (bytes < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
  if (bytes == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return result;
}

long control(BIO* bio, int command, long, void*) {
  switch (command) {
    case BIO_CTRL_FLUSH: return 1;
    case BIO_CTRL_EOF: return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
    default: return 0;
  }
}

BIO_METHOD* make_method() {
  BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
  if (method == nullptr) return nullptr;
  BIO_meth_set_write_ex(method, write_socket);
  BIO_meth_set_read_ex(method, read_socket);
  BIO_meth_set_ctrl(method, control);
  return method;
}

}  // namespace

bio_st* make_socket_bio(int fd) {
  static BIO_METHOD* const method = make_method();  // for the life of the process
  BIO* bio = method == nullptr ? nullptr : BIO_new(method);
  if (bio == nullptr) return nullptr;
  BIO_set_data(bio, std::bit_cast<void*>(std::intptr_t{fd}));
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace mm::net
