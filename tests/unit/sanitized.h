/* sanitized.h -- SANITIZED: whether the build has AddressSanitizer.  What compares numbers of long computations, whose code other
 * tests run as well, takes a share of itself there: the plain build has the whole. */
#ifndef TESTS_SANITIZED_H
#define TESTS_SANITIZED_H

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TESTS_ADDRESS_SANITIZER
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define TESTS_ADDRESS_SANITIZER
#endif

#ifdef TESTS_ADDRESS_SANITIZER
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

#endif
