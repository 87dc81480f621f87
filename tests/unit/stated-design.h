/* stated-design.h -- the design of a model of a table that stands in the test. */
#ifndef TESTS_STATED_DESIGN_H
#define TESTS_STATED_DESIGN_H

#include <criterion/criterion.h>
#include <string.h>

#include "data/csv.h"
#include "model/design.h"
#include "model/formula.h"

struct stated {
    struct frame *frame;
    struct formula *formula;
    struct design *design;
};

static inline struct frame *read_csv(const char *csv)
{
    struct glmm_error err = { 0 };
    struct csv_options how = { 0 };
    struct frame *frame = csv_read_bytes(csv, strlen(csv), "made", &how, &err);

    cr_assert_not_null(frame, "%s", err.message);
    return frame;
}

static inline struct stated state_design(const char *csv, const char *formula, const struct design_options *options)
{
    struct glmm_error err = { 0 };
    struct stated s = { .frame = read_csv(csv) };

    s.formula = formula_parse(formula, s.frame, &err);
    cr_assert(s.formula != NULL, "%s: %s", formula, err.message);
    s.design = design_new(s.frame, s.formula, options, NULL, &err);
    cr_assert(s.design != NULL, "%s: %s", formula, err.message);
    return s;
}

static inline void stated_clear(struct stated *s)
{
    design_free(s->design);
    formula_free(s->formula);
    frame_free(s->frame);
}

#endif
