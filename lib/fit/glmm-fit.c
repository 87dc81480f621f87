/* glmm-fit.c -- from a design to its fit: which rows and coefficients are fitted, and by what method.
 *
 * The same rows several times are fitted once; what is infinite (recession.h) or not determined (identify.h) is left to those,
 * and covariance structures to rowcov.h; all else is searched for in glmm-search.c. */
#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "fit/alike.h"
#include "fit/explained.h"
#include "fit/glmm-task.h"
#include "fit/own-rows.h"
#include "fit/recession.h"
#include "fit/rowcov.h"
#include "linalg/ready.h"
#include "model/prior.h"

/* As of a design when it is made, of the rows that infinite coefficients leave: where each level has one response among them,
 * nothing tells its effects from the probabilities. */
static bool rest_has_groups(const struct design *rest, const struct family *family, struct glmm_error *err)
{
    bool ok = true, single = (family->support == SUPPORT_SUCCESSES || family->categories > 0) && design_has_single_trials(rest);

    for (int t = 0; ok && single && t < rest->random_count && rest->prior == NULL; t++) {
        const struct random_design *term = &rest->random[t];
        int *rows = NEW_ARRAY(int, term->level_count + 1), most = 0;

        if (rows == NULL)
            return fail_memory(err);
        for (size_t i = 0; i < rest->n; i++)
            if (++rows[term->level[i]] > most)
                most = rows[term->level[i]];
        mem_free(rows);
        ok = most > 1 || term->relation != NULL || term->structure != NULL;
        if (ok)
            continue;
        fail(
            err, GLMM_E_MODEL, NOWHERE,
            "separation: some coefficients are infinite, and in the %zu rows that they leave each level of %s has one %s, so its "
            "effects cannot be told from the probabilities",
            rest->n, term->group, family->categories > 0 ? "response" : "yes or no");
        error_hint(err, "leave the random term of %s out", term->group);
    }
    return ok;
}

/* Where coefficients are infinite: the fit of the rows that are not fitted perfectly, made one of all.  Takes the arena. */
static struct fit *fit_rest(const struct glm *m, enum fit_method method, const struct fit_options *options,
                            const struct recession *recession, struct arena *arena, const struct glmm_progress *progress,
                            struct glmm_error *err)
{
    struct fit *rest = NULL, *fit = NULL;
    struct glm *other;

    if (recession->rest->n == 0) {
        fit = recession_nothing(m, recession, m->q == 0 ? METHOD_ML : method, arena, err);
    } else if (rest_has_groups(recession->rest, m->response.family, err)
               && (other = glm_new(recession->rest, m->response.family, m->response.link, m->nodes, err)) != NULL) {
        rest = glm_fit_identified(other, method, options, progress, err);
        glm_free(other);
        if (rest != NULL)
            fit = recession_expand(rest, recession, m->design, arena, err);
    }
    if (fit == NULL) {
        fit_free(rest);
        arena_free(arena);
    }
    return fit;
}

/* Without a row that differs in kind, an estimate of anything is infinite. */
static bool check_varies(const struct glm *m, struct glmm_error *err)
{
    int end = m->n > 0 ? glm_row_end(m, 0) : 0;

    for (size_t i = 0; i < m->n && end != 0; i++)
        end = glm_row_end(m, i) == end ? end : 0;
    return (end == 0 && (m->response.family->categories == 0 || m->rest > 0))
           || fail(err, GLMM_E_MODEL, NOWHERE, "the response `%s` is constant: there is nothing to explain", m->design->response);
}

static const char *infinite_name(const struct recession *recession, const struct design *design)
{
    for (int j = 0; j < design->p; j++)
        if (recession->limit[j] != 0)
            return design->names[j];
    return "a combination of coefficients";
}

/* Coefficients without a prior must be finite by themselves: those of a model that has no others. */
static bool check_finite(struct glm *m, struct arena *arena, struct glmm_error *err)
{
    const struct design *all = m->design;
    struct design design = *all;
    const struct recession *recession = NULL;
    struct glm *part = NULL;
    double *X = arena_alloc(arena, all->n * (size_t)all->p + 1, sizeof *X);
    const char **names = arena_alloc(arena, (size_t)all->p + 1, sizeof *names);
    bool ok = (X != NULL && names != NULL) || fail_memory(err);

    design.p = 0;
    for (int j = 0; ok && j < all->p; j++)
        if (!prior_is_jeffreys(all->prior) && prior_of_coefficient(all->prior, PRIOR_OF_MEAN, all->names[j]) == NULL) {
            memcpy(X + (size_t)design.p * all->n, all->X + (size_t)j * all->n, sizeof *X * all->n);
            names[design.p++] = all->names[j];
        }
    if (!ok || design.p == 0)
        return ok;
    design.X = X;
    design.names = names;
    design.assign = NULL;
    design.random_count = 0;
    part = glm_new(&design, m->response.family, m->response.link, 1, err);
    ok = part != NULL && recession_find(part, arena, &recession, err);
    glm_free(part);
    if (!ok || recession == NULL)
        return ok;
    fail(err, GLMM_E_MODEL, NOWHERE, "the estimate of %s is infinite, and no prior keeps it finite",
         infinite_name(recession, &design));
    error_hint(err, prior_knows_jeffreys(m->response.family) ? "a prior for it too, or prior=jeffreys"
                                                             : "a prior for all of them: prior=\"fixed ~ normal(0, 2.5)\"");
    return error_argument(err, "prior");
}

static struct fit *fit_model(struct glm *m, enum fit_method method, const struct fit_options *options,
                             const struct glmm_progress *progress, struct glmm_error *err)
{
    const struct recession *recession;
    struct arena *arena = arena_new();
    struct fit *fit;

    if (arena == NULL) {
        fail_memory(err);
        return NULL;
    }
    if (prior_has_coefficients(m->design->prior)) {
        fit = check_finite(m, arena, err) ? glm_fit_identified(m, method, options, progress, err) : NULL;
        arena_free(arena);
        return fit;
    }
    if (!check_varies(m, err) || !recession_find(m, arena, &recession, err)) {
        arena_free(arena);
        return NULL;
    }
    if (recession != NULL && !design_has_one_predictor(m->design, "an infinite estimate", NULL)) {
        fail(err, GLMM_E_MODEL, NOWHERE, "%s: beside zi= or disp= infinite coefficients of the mean are not fitted",
             recession->message);
        error_hint(err, "where= leaves such rows out");
        arena_free(arena);
        return NULL;
    }
    if (recession != NULL)
        return fit_rest(m, method, options, recession, arena, progress, err);
    fit = glm_fit_identified(m, method, options, progress, err);
    arena_free(arena);
    return fit;
}

/* Of a model with covariance structures: as fit_model, the random effects having no part in what is infinite. */
static struct fit *fit_structured_finite(const struct design *design, const struct family *family, const struct link *link,
                                         const struct fit_options *options, const struct glmm_progress *progress,
                                         struct glmm_error *err)
{
    const struct recession *recession = NULL;
    struct design fixed = *design;
    struct arena *arena = arena_new();
    struct fit *rest, *fit = NULL;
    struct glm *m;
    bool ok;

    fixed.random_count = 0;
    m = glm_new(&fixed, family, link, 1, err);
    fixed.random_count = design->random_count;
    ok = m != NULL && (arena != NULL || fail_memory(err)) && check_varies(m, err) && recession_find(m, arena, &recession, err);
    glm_free(m);
    if (ok && recession == NULL)
        fit = rowcov_fit(design, family, link, options, progress, err);
    else if (ok && recession->rest->n == 0)
        fail(err, GLMM_E_MODEL, NOWHERE,
             "the fixed effects tell all responses apart without error: there is nothing else to be seen");
    else if (ok && (rest = rowcov_fit(recession->rest, family, link, options, progress, err)) != NULL) {
        if ((fit = recession_expand(rest, recession, design, arena, err)) != NULL)
            return fit;
        fit_free(rest);
    }
    arena_free(arena);
    return fit;
}

static struct fit *fit_structured(const struct design *design, const struct family *family, const struct link *link,
                                  enum fit_method method, const struct fit_options *options, const struct glmm_progress *progress,
                                  struct glmm_error *err)
{
    if (method == METHOD_REML || method == METHOD_ML) { /* linear, with a prior */
        struct fit_options exact = *options;

        exact.method = method;
        return rowcov_fit(design, NULL, NULL, &exact, progress, err);
    }
    if (method == METHOD_LAPLACE && !explained_check_structured(design, family, link, err))
        return NULL;
    if (method == METHOD_LAPLACE)
        return fit_structured_finite(design, family, link, options, progress, err);
    fail(err, GLMM_E_MODEL, NOWHERE, "models with covariance structures are fitted by Laplace's approximation");
    error_hint(err, "method=laplace");
    return NULL;
}

static struct fit *fit_rows(const struct design *design, const struct family *family, const struct link *link,
                            enum fit_method method, const struct fit_options *options, const struct glmm_progress *progress,
                            struct glmm_error *err)
{
    struct glm *m = glm_new(design, family, link, method == METHOD_AGQ ? (options->nodes > 0 ? options->nodes : 7) : 1, err);
    bool ok = m != NULL && explained_check_link(design, family, link, err) && (method != METHOD_REML || glm_restrict(m, err));
    struct fit *fit = ok ? fit_model(m, method, options, progress, err) : NULL;

    glm_free(m);
    return fit;
}

/* Fits the distinct rows, where that pays.  *fit stays NULL where it does not, and where something is infinite or not identified:
 * what the data determine is asked of all rows.  False with an error. */
static bool fit_distinct(const struct design *design, const struct family *family, const struct link *link,
                         enum fit_method method, const struct fit_options *options, const struct glmm_progress *progress,
                         struct fit **fit, struct glmm_error *err)
{
    struct alike *alike;
    bool ok;

    *fit = NULL;
    if (!alike_find(design, family, progress, &alike, err))
        return false;
    if (alike == NULL)
        return true;
    *fit = fit_rows(alike_design(alike), family, link, method, options, progress, err);
    ok = *fit != NULL;
    if (ok && ((*fit)->recession != NULL || (*fit)->identity != NULL)) {
        fit_free(*fit);
        *fit = NULL;
    } else if (ok && !alike_spread(alike, design, *fit, err)) {
        fit_free(*fit);
        ok = false;
    }
    alike_free(alike);
    return ok;
}

static struct fit *fit_family(const struct design *design, const struct family *family, const struct link *link,
                              const struct fit_options *options, const struct glmm_progress *progress, struct glmm_error *err)
{
    static const struct fit_options defaults = { .method = METHOD_LAPLACE };
    double began = seconds_now();
    enum fit_method method;
    struct fit *fit;

    options = options != NULL ? options : &defaults;
    if (link == NULL)
        link = family->links[0]; /* of each family there is one */
    assert(link != NULL);
    method = options->method == METHOD_DEFAULT || options->method == METHOD_ML ? METHOD_LAPLACE : options->method;
    if (design->prior != NULL && family_is_linear(family, link) && design->part[DESIGN_DISPERSION] == NULL)
        method = options->method == METHOD_DEFAULT && !prior_has_coefficients(design->prior) ? METHOD_REML
                 : options->method == METHOD_REML                                            ? METHOD_REML
                                                                                             : METHOD_ML;
    else if (method == METHOD_REML) {
        fail(err, GLMM_E_MODEL, NOWHERE, "REML is defined for linear mixed models only, not for the family %s with the %s link",
             family->name, (link != NULL ? link : family->links[0])->name);
        error_hint(err, "method=laplace");
        return NULL;
    }
    if (!blas_ready(err) || !explained_check_weights(design, family, err))
        return NULL;
    if (design_beside(design) != NULL && method == METHOD_IS) {
        fail(err, GLMM_E_MODEL, NOWHERE, "random effects in %s= are integrated by Laplace's approximation",
             design_beside_name(design));
        error_hint(err, "method=laplace");
        return NULL;
    }
    if (method == METHOD_PQL
        && (family->more_count > 0 || design->part[DESIGN_DISPERSION] != NULL
            || (family->has_dispersion && !family->weight_divides))) {
        fail(err, GLMM_E_MODEL, NOWHERE,
             "penalized quasi-likelihood knows a family by its variance function, and that of %s has a parameter of its "
             "own",
             family->name);
        error_hint(err, "method=laplace");
        return NULL;
    }
    if (design_is_structured(design))
        return fit_structured(design, family, link, method, options, progress, err);
    fit = NULL;
    if (method != METHOD_REML && !fit_distinct(design, family, link, method, options, progress, &fit, err))
        return NULL;
    if (fit == NULL)
        fit = fit_rows(design, family, link, method, options, progress, err);
    if (fit != NULL && !(explained_check_scales(fit, err) && explained_check_rows(fit, err) && own_rows_check(fit, err))) {
        fit_free(fit);
        return NULL;
    }
    if (fit != NULL && design->times != NULL)
        fit_set_criteria(fit, design_used_rows(design));
    if (fit != NULL)
        fit->seconds = seconds_now() - began;
    return fit;
}

struct fit *glm_fit(const struct design *design, const struct family *family, const struct link *link,
                    const struct fit_options *options, const struct glmm_progress *progress, struct glmm_error *err)
{
    long refused = mem_refused();

    return fit_unless_refused(fit_family(design, family, link, options, progress, err), refused, err);
}
