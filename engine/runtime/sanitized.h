// Whether this build has a sanitizer: one keeps its own memory, and much of it.
//
// Constants. g++ and clang name them differently; MM_SANITIZED and MM_SANITIZED_THREAD are for what
// must not be compiled at all.
#pragma once

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define MM_SANITIZED_THREAD 1
#elif __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define MM_SANITIZED 1
#endif
#elif defined(__SANITIZE_THREAD__)
#define MM_SANITIZED_THREAD 1
#elif defined(__SANITIZE_ADDRESS__)
#define MM_SANITIZED 1
#endif

#ifndef MM_SANITIZED_THREAD
#define MM_SANITIZED_THREAD 0
#endif
#ifndef MM_SANITIZED
#define MM_SANITIZED MM_SANITIZED_THREAD
#endif

namespace mm {

inline constexpr bool kSanitized = MM_SANITIZED != 0;

}  // namespace mm
