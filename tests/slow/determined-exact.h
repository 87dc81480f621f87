/* determined-exact.h -- linear algebra of whole numbers without rounding: ranks modulo a prime, and membership of a cone by a
 * simplex method in whole numbers.  What determined.c holds the engine against; it shares no code with it. */
#ifndef TESTS_DETERMINED_EXACT_H
#define TESTS_DETERMINED_EXACT_H

#include <stdbool.h>
#include <stdint.h>

typedef int64_t whole;

/* Vectors of `size` whole numbers, one after the other. */
struct vectors {
    int size, count, room;
    whole *at;
};

void vectors_clear(struct vectors *v);
void vectors_add(struct vectors *v, const whole x[], whole factor); /* a copy, times factor; not a second one of the same */

/* Rows reduced modulo a prime, grown row by row: the rank is that over the rationals but for a chance of 1e-16. */
struct row_span {
    int size, rank, room;
    uint64_t *row; /* rank x size, each 1 at its pivot */
    int *pivot;
};

enum { SPAN_ADDED, SPAN_INSIDE };

void rows_init(struct row_span *s, int size);
void rows_clear(struct row_span *s);
int rows_add(struct row_span *s, const whole x[]);
int rows_add_residues(struct row_span *s, const uint64_t x[]);
bool rows_has(const struct row_span *s, const whole x[]);

/* A basis of { v : s.row v = 0 }, count = size - rank vectors of `size` residues; the caller's to free. */
uint64_t *rows_null(const struct row_span *s, int *count);

/* Some a (count of rows) with sum_i a_i rows_i = l, as residues; false where there is none. */
bool residues_solve(const struct vectors *rows, const whole l[], uint64_t a[]);

uint64_t residue(whole x);
uint64_t residue_times(uint64_t a, uint64_t b);
uint64_t residue_plus(uint64_t a, uint64_t b);

/* Whether l is a sum of the vectors with factors of 0 or more: 1, 0, or -1 where numbers grew too large to say. */
int cone_has(const struct vectors *generators, const whole l[]);

/* What a linear function tends to along the directions on whose whole no generator is negative. */
enum tendency { TENDS_FINITE, TENDS_UP, TENDS_DOWN, TENDS_OPEN, TENDS_TOO_LARGE };
enum tendency tendency_of(const struct vectors *generators, const whole l[]);

#endif
