/* stated.h -- a model stated on a bundled table, and fitted: what the tests of inference begin with. */
#ifndef TESTS_STATED_H
#define TESTS_STATED_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/csv.h"
#include "fit/method.h"
#include "model/model.h"

struct stated {
    struct frame *frame;
    struct model *model;
    struct fit *fit;
};

/* The model alone. */
static inline struct stated stated_only(const char *data, const struct spec *spec)
{
    const char *root = getenv("srcdir");
    struct glmm_error err = { 0 };
    struct stated s = { 0 };
    char path[500];

    snprintf(path, sizeof path, "%s/data/%s.csv", root == NULL ? "." : root, data);
    s.frame = csv_read(path, data, NULL, NULL, &err);
    cr_assert_not_null(s.frame, "%s", err.message);
    s.model = model_new("m", s.frame, spec, NULL, &err);
    cr_assert_not_null(s.model, "%s", err.message);
    return s;
}

static inline struct stated state_spec(const char *data, const struct spec *spec, const struct fit_options *options)
{
    struct stated s = stated_only(data, spec);
    struct glmm_error err = { 0 };

    s.fit = model_fit(s.model, options, NULL, &err);
    cr_assert_not_null(s.fit, "%s", err.message);
    return s;
}

/* method: METHOD_DEFAULT is the family's. */
static inline struct stated state(const char *data, const char *formula, const char *family, enum fit_method method, int nodes)
{
    const struct fit_options options = { .method = method, .nodes = nodes };
    const struct spec spec = { .formula = formula, .family = family };

    return state_spec(data, &spec, &options);
}

static inline void stated_clear(struct stated *s)
{
    fit_free(s->fit);
    model_free(s->model);
    frame_free(s->frame);
}

#endif
