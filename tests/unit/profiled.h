/* profiled.h -- a parameter of a fit, and its profile interval. */
#ifndef TESTS_PROFILED_H
#define TESTS_PROFILED_H

#include <criterion/criterion.h>

#include "infer/components.h"
#include "infer/profile.h"

static inline struct parameter find(const struct fit *fit, enum parameter_kind kind, int nth)
{
    struct arena *arena = arena_new();
    struct parameter found = { .term = -2 };
    int count;
    const struct parameter *list = parameters_of(fit, arena, &count);

    for (int i = 0; i < count; i++)
        if (list[i].kind == kind && nth-- == 0)
            found = list[i];
    cr_assert_neq(found.term, -2);
    arena_free(arena);
    return found;
}

static inline struct interval interval_of(const struct fit *fit, const struct parameter *parameter)
{
    struct glmm_error err = { 0 };
    struct profile *profile = profile_new(fit, NULL, &err);
    struct interval interval;

    cr_assert_not_null(profile, "%s", err.message);
    cr_assert(profile_interval(profile, parameter, 0.95, &interval, &err), "%s", err.message);
    cr_assert_eq(interval.reason, INTERVAL_GIVEN);
    profile_free(profile);
    return interval;
}

#endif
