/* processor.h -- functions of which a binary has a second one, for processors with wider vectors; which one runs is chosen when the
 * program starts.  For loops over independent numbers alone, of which each is computed by the same operations in the same order:
 * the bytes are the same (AVX2 without FMA, which rounds otherwise). */
#ifndef BASE_PROCESSOR_H
#define BASE_PROCESSOR_H

#if defined __x86_64__ && defined __gnu_linux__ && defined __GNUC__ && !defined __clang__ && !defined __SANITIZE_ADDRESS__
#define BY_PROCESSOR __attribute__((target_clones("avx2", "default")))
#else
#define BY_PROCESSOR
#endif

#endif
