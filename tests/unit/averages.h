/* averages.h -- a mean over a normal variable, and what it is near. */
#ifndef TESTS_AVERAGES_H
#define TESTS_AVERAGES_H

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "infer/marginal.h"

static inline void near(double got, double expected, double relative, const char *what)
{
    cr_expect_leq(fabs(got - expected), relative * fabs(expected), "%s: %.12g, expected %.12g", what, got, expected);
}

static inline struct average average(const struct link *link, double eta, double variance)
{
    struct averager *averager = malloc(sizeof *averager);
    struct average out;

    averager_init(averager, link);
    averager_set(averager, variance);
    cr_assert(average_at(averager, eta, &out), "%s %g %g", link->name, eta, variance);
    free(averager);
    return out;
}

static const double variances[] = { 0.01, 0.4, 1.7, 16, 400 };
static const double etas[] = { -8, -1.6, 0, 0.3, 5 };

#define EACH(x, of) (size_t x = 0; x < sizeof of / sizeof *of; x++)

#endif
