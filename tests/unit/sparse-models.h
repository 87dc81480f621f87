/* sparse-models.h -- linear models of a shape, with a tail of the kind that is asked: what the tests of sparse tails begin with.
 */
#ifndef TESTS_SPARSE_MODELS_H
#define TESTS_SPARSE_MODELS_H

#include <criterion/criterion.h>

#include "base/memory.h"
#include "fit/lmm-private.h"
#include "make-design.h"

struct model_shape {
    const char *name;
    int n, p, terms;
    struct shape_term term[4];
    bool weighted;
};

static inline struct design *design_of(const struct model_shape *shape, unsigned seed)
{
    return make_design(shape->n, shape->p, shape->terms, shape->term, shape->weighted, seed);
}

static inline struct lmm *model_of(const struct design *design, enum tail_kind kind)
{
    struct glmm_error err = { 0 };
    struct lmm *m = lmm_new(design, true, &err);

    cr_assert_not_null(m, "%s", err.message);
    blocks_free(m->blocks);
    mem_free(m->u);
    m->blocks = NULL;
    m->u = NULL;
    cr_assert(lmm_make_blocks(m, kind, NULL, &err), "%s", err.message);
    return m;
}

#endif
