/* fit-image.c -- see fit-image.h. */
#include "fit/fit-image.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "fit/image-walk.h"
#include "fit/recession-private.h"
#include "model/family.h"
#include "model/model.h"

/* Parameters of a covariance structure, with their names. */
static void walk_parameters(struct walk *w, int *count, const struct covariance_parameter **parameters)
{
    struct covariance_parameter *list = (struct covariance_parameter *)(uintptr_t)*parameters;

    *count = walk_whole(w, *count, WALK_MOST);
    if (*count == 0 || w->bad)
        return;
    if (w->out == NULL && (list = arena_alloc(w->arena, (size_t)*count, sizeof *list)) == NULL)
        w->bad = true;
    for (int i = 0; i < *count && !w->bad; i++) {
        walk_string(w, &list[i].name);
        walk_real(w, &list[i].estimate);
    }
    *parameters = list;
}

static void walk_residual(struct walk *w, const struct residual_fit **residual)
{
    struct residual_fit *own;

    if (walk_whole(w, *residual != NULL, 1) == 0)
        return;
    own = w->out != NULL ? (struct residual_fit *)(uintptr_t)*residual : arena_alloc(w->arena, 1, sizeof *own);
    if (own == NULL) {
        w->bad = true;
        return;
    }
    walk_string(w, &own->structure);
    walk_parameters(w, &own->parameter_count, &own->parameters);
    *residual = own;
}

static void walk_random(struct walk *w, struct random_fit *random, const struct random_design *design)
{
    size_t k = (size_t)design->k, levels = (size_t)design->level_count;

    random->k = design->k;
    walk_reals(w, &random->lambda, k * k);
    walk_reals(w, &random->covariance, k * k);
    walk_reals(w, &random->sd, k);
    walk_reals(w, &random->correlation, k * k);
    walk_reals(w, &random->modes, levels * k);
    walk_reals(w, &random->mode_covariance, levels * k * k);
    walk_parameters(w, &random->parameter_count, &random->parameters);
}

/* The random terms of the fit: those of the mean, and behind them those of other predictors. */
static void walk_terms(struct walk *w, struct fit *fit)
{
    const struct design *design = fit->design;
    int terms = design_term_count(design);

    if (w->out == NULL && (fit->random = arena_alloc(w->arena, (size_t)terms + 1, sizeof *fit->random)) == NULL)
        w->bad = true;
    for (int t = 0; t < terms && !w->bad; t++)
        walk_random(w, &fit->random[t], design_term(design, t, NULL));
}

/* The coefficients beside those of the mean: names and designs are made again, estimates are as they were told. */
static void walk_parts(struct walk *w, struct fit *fit)
{
    int count = walk_whole(w, fit->part_count, sizeof fit->part / sizeof fit->part[0]);

    if (w->out == NULL && count > 0 && !w->bad && !(fit_set_thresholds(fit) && fit_set_predictors(fit)))
        w->bad = true;
    w->bad = w->bad || fit->part_count != count;
    for (int i = 0; i < count && !w->bad; i++) {
        walk_reals(w, &fit->part[i].estimate, (size_t)fit->part[i].count);
        walk_reals(w, &fit->part[i].se, (size_t)fit->part[i].count);
    }
}

static void walk_optimum(struct walk *w, struct optimum *o)
{
    const char *message = o->message;

    o->verdict = (enum fit_verdict)walk_whole(w, (int)o->verdict, VERDICT_NOT_IDENTIFIED);
    walk_real(w, &o->gain);
    walk_real(w, &o->gradient);
    walk_real(w, &o->smallest_eigenvalue);
    o->iterations = walk_whole(w, o->iterations, INT32_MAX);
    o->evaluations = walk_whole(w, o->evaluations, INT32_MAX);
    o->boundary = (enum boundary)walk_whole(w, (int)o->boundary, BOUNDARY_DISPERSION);
    walk_string(w, &message);
    if (w->out != NULL || message == NULL)
        return;
    if (strlen(message) >= sizeof o->message)
        w->bad = true;
    else
        strcpy(o->message, message);
}

static void walk_approximation(struct walk *w, struct approximation *a, const struct design *design)
{
    a->kind = (enum approximation_kind)walk_whole(w, (int)a->kind, APPROXIMATION_PREDICTOR);
    walk_string(w, &a->group);
    walk_string(w, &a->name);
    walk_string(w, &a->other);
    a->nodes = walk_whole(w, a->nodes, INT32_MAX);
    a->draws = walk_whole(w, a->draws, INT32_MAX);
    walk_real(w, &a->drift);
    walk_real(w, &a->error);
    for (int j = 0; w->out == NULL && a->name != NULL && j < design->p; j++)
        if (strcmp(a->name, design->names[j]) == 0)
            a->name = design->names[j]; /* which is the same string in the fit */
}

static void walk_estimates(struct walk *w, struct fit *fit)
{
    size_t p = (size_t)fit->design->p, joint, variances;

    walk_reals(w, &fit->beta, p);
    walk_reals(w, &fit->se, p);
    walk_reals(w, &fit->vcov, p * p);
    walk_reals(w, &fit->base, p);
    walk_reals(w, &fit->base_vcov, p * p);
    walk_reals(w, &fit->runs, p * p);
    walk_reals(w, &fit->escape, p * p);
    walk_real(w, &fit->log_dispersion_se);
    fit->rest_all = walk_whole(w, fit->rest_all, WALK_MOST);
    fit->rest_count = walk_whole(w, fit->rest_count, fit->rest_all);
    fit->vanished = walk_whole(w, fit->vanished, 1) != 0;
    walk_reals(w, &fit->rest, (size_t)fit->rest_all);
    fit->rest_shape = walk_block(w, fit->rest_shape, (size_t)fit->rest_all, sizeof *fit->rest_shape);
    for (int i = 0; i < FAMILY_SHAPES; i++)
        walk_real(w, &fit->shape[i]);
    for (int i = 0; i < FAMILY_SLOTS; i++)
        walk_reals(w, &fit->shape_rows[i], fit->design->n);
    fit->joint_count = walk_whole(w, fit->joint_count, WALK_MOST);
    joint = (size_t)fit->joint_count;
    fit->joint_rank = walk_whole(w, fit->joint_rank, WALK_MOST);
    walk_reals(w, &fit->joint_vcov, fit->joint_rank > 0 ? 0 : joint * joint);
    walk_reals(w, &fit->joint_half, joint * (size_t)fit->joint_rank);
    walk_reals(w, &fit->df, p);
    fit->variance_count = walk_whole(w, fit->variance_count, WALK_MOST);
    variances = (size_t)fit->variance_count;
    walk_reals(w, &fit->variance_covariance, variances * variances);
    walk_reals(w, &fit->vcov_slopes, variances * p * p);
    fit->root_rows = walk_whole(w, fit->root_rows, WALK_MOST);
    fit->root_rank = walk_whole(w, fit->root_rank, WALK_MOST);
    walk_reals(w, &fit->root, (size_t)fit->root_rows * (size_t)fit->root_rank);
    walk_reals(w, &fit->root_slopes, variances * p * p);
    if (fit->root != NULL
        && ((size_t)fit->root_rows < p
            || (fit->root_slopes != NULL && ((size_t)fit->root_rows != p || fit->root_rank != fit->root_rows))))
        w->bad = true;
    fit->theta_count = walk_whole(w, fit->theta_count, WALK_MOST);
    walk_reals(w, &fit->theta, (size_t)fit->theta_count);
    walk_reals(w, &fit->theta_hessian, ((size_t)fit->theta_count + 1) * ((size_t)fit->theta_count + 1));
    fit->structured_count = walk_whole(w, fit->structured_count, WALK_MOST);
    walk_reals(w, &fit->structured, (size_t)fit->structured_count);
}

/* How well the model is known to fit, and how it was found. */
static void walk_summary(struct walk *w, struct fit *fit)
{
    fit->npar = walk_whole(w, fit->npar, INT32_MAX);
    walk_real(w, &fit->loglik);
    walk_real(w, &fit->criterion);
    walk_real(w, &fit->penalty);
    walk_real(w, &fit->draws_error);
    walk_real(w, &fit->draws_effective);
    walk_real(w, &fit->aic);
    walk_real(w, &fit->aicc);
    walk_real(w, &fit->bic);
    walk_optimum(w, &fit->optimum);
    walk_approximation(w, &fit->approximation, fit->design);
}

/* A fit of all rows of its design. */
static void walk_whole_fit(struct walk *w, struct fit *fit)
{
    bool own_link;

    fit->exact = walk_whole(w, fit->exact, 1);
    fit->method = (enum fit_method)walk_whole(w, (int)fit->method, METHOD_IS);
    fit->nodes = walk_whole(w, fit->nodes, INT32_MAX);
    fit->draws = walk_whole(w, fit->draws, INT32_MAX);
    fit->has_scale = walk_whole(w, fit->has_scale, 1);
    fit->by_prior = walk_whole(w, fit->by_prior, 1);
    walk_real(w, &fit->sigma);
    walk_real(w, &fit->dispersion);
    walk_estimates(w, fit);
    walk_terms(w, fit);
    walk_residual(w, &fit->residual);
    own_link = walk_whole(w, fit->mean_link != fit->link, 1);
    if (w->out == NULL && !w->bad && own_link && !fit_set_mean_link(fit))
        w->bad = true;
    walk_parts(w, fit);
    walk_summary(w, fit);
    walk_reals(w, &fit->fitted, fit->design->n);
    walk_reals(w, &fit->linear, fit->design->n);
    walk_identity(w, fit);
}

/* --- infinite estimates ------------------------------------------------------------------------------ */

/* What an ordered response has of it. */
static void walk_ordered(struct walk *w, struct recession *r, const struct design *design)
{
    r->thresholds = walk_whole(w, r->thresholds, FAMILY_SHAPES);
    r->half = (size_t)walk_whole(w, (int)r->half, (int)design->n);
    r->open = walk_block(w, r->open, design->n, sizeof *r->open);
    r->threshold = walk_block(w, r->threshold, FAMILY_SHAPES, sizeof *r->threshold);
    walk_reals(w, &r->shape_limit, FAMILY_SHAPES);
}

static void walk_cone(struct walk *w, struct recession *r, const struct design *design)
{
    size_t p = (size_t)design->p, all, dimension;
    int separated = (int)r->separated;

    walk_ordered(w, r, design);
    all = p + (size_t)r->thresholds;
    r->p = design->p;
    r->dimension = walk_whole(w, r->dimension, (int)all);
    dimension = (size_t)r->dimension;
    walk_reals(w, &r->R, all * all);
    walk_reals(w, &r->N, all * dimension);
    r->generator_count = walk_whole(w, r->generator_count, INT32_MAX);
    walk_reals(w, &r->generator, (size_t)r->generator_count * dimension);
    r->end = walk_block(w, r->end, design->n, sizeof *r->end);
    r->separated = (size_t)walk_whole(w, separated, (int)design->n);
    walk_reals(w, &r->limit, p);
    r->rest_p = walk_whole(w, r->rest_p, r->p);
    r->column = walk_block(w, r->column, (size_t)r->rest_p, sizeof *r->column);
    walk_string(w, &r->message);
}

static bool ordered_is_bad(const struct recession *r)
{
    bool bad = r->thresholds > 0 && (r->open == NULL || r->threshold == NULL || r->shape_limit == NULL);

    for (int j = 0; !bad && r->threshold != NULL && j < FAMILY_SHAPES; j++)
        bad = r->threshold[j] < -1 || r->threshold[j] >= FAMILY_SHAPES;
    return bad;
}

/* Returns new, with the rows and columns that it leaves; NULL where that is bad. */
static const struct recession *read_recession(struct walk *w, const struct design *design)
{
    struct recession *r = arena_alloc(w->arena, 1, sizeof *r);

    if (r != NULL)
        walk_cone(w, r, design);
    w->bad = w->bad || r == NULL || r->R == NULL || r->N == NULL || r->generator == NULL || r->end == NULL || r->limit == NULL
             || r->column == NULL || r->message == NULL || ordered_is_bad(r);
    for (int j = 0; !w->bad && j < r->rest_p; j++)
        w->bad = r->column[j] < 0 || r->column[j] >= r->p;
    w->bad = w->bad || !recession_ready(r, design, w->arena);
    return w->bad ? NULL : r;
}

/* A fit of the rest, made one of all. */
static struct fit *read_expanded(struct walk *w, const struct fit *head, const struct recession *recession)
{
    struct fit *rest = NULL, *fit;

    walk_fit(w, &rest, recession->rest, head->family, head->link);
    if (rest == NULL)
        return NULL;
    fit = recession_expand(rest, recession, head->design, w->arena, NULL);
    if (fit == NULL) {
        fit_free(rest);
        w->bad = true;
    }
    return fit;
}

/* --- the whole ---------------------------------------------------------------------------------------- */

/* What kind of image it is, and the cone of infinite estimates. */
enum { HAS_CONE = 1, HAS_PROPER = 2 };

static void write_fit(struct walk *w, const struct fit *from)
{
    assert(from != NULL && !from->merged);

    struct fit fit = *from; /* the walk writes back what it has read, the same */

    fit.seconds = 0.0; /* how long it took is no part of it: the same session is the same bytes */
    walk_whole(w, (fit.recession != NULL ? HAS_CONE : 0) | (fit.proper != NULL ? HAS_PROPER : 0), HAS_CONE | HAS_PROPER);
    if (fit.recession != NULL) {
        struct recession cone = *fit.recession;

        walk_cone(w, &cone, fit.design);
    }
    if (fit.proper != NULL)
        write_fit(w, fit.proper);
    else
        walk_whole_fit(w, &fit);
    walk_real(w, &fit.seconds);
}

static struct fit *read_fit(struct walk *w, const struct fit *head)
{
    struct fit *fit = arena_alloc(w->arena, 1, sizeof *fit);
    int kind = walk_whole(w, 0, HAS_CONE | HAS_PROPER);

    if (fit == NULL || w->bad)
        return NULL;
    *fit = *head;
    fit->arena = w->arena;
    if ((kind & HAS_CONE) && (fit->recession = read_recession(w, head->design)) == NULL)
        return NULL;
    if ((kind & HAS_PROPER) && fit->recession == NULL)
        return NULL;
    if (kind & HAS_PROPER)
        fit = read_expanded(w, head, fit->recession);
    else
        walk_whole_fit(w, fit);
    if (fit != NULL)
        walk_real(w, &fit->seconds);
    return fit;
}

void walk_fit(struct walk *w, struct fit **fit, const struct design *design, const struct family *family, const struct link *link)
{
    struct fit head = { .design = design, .family = family, .link = link, .mean_link = link };
    struct walk own = *w;

    if (w->out != NULL) {
        write_fit(w, *fit);
        return;
    }
    *fit = NULL;
    if (w->bad)
        return;
    own.arena = arena_new(); /* each fit has its own */
    if (own.arena != NULL && (*fit = read_fit(&own, &head)) == NULL)
        arena_free(own.arena);
    if (*fit != NULL && own.bad) {
        fit_free(*fit);
        *fit = NULL;
    }
    w->bytes = own.bytes;
    w->left = own.left;
    w->bad = *fit == NULL;
}

void fit_pack(const struct fit *fit, struct text *out)
{
    struct walk w = { .out = out };

    walk_whole(&w, FIT_IMAGE, INT32_MAX);
    write_fit(&w, fit);
}

bool fit_image_is_read(const void *bytes, size_t count)
{
    struct walk w = { .bytes = bytes, .left = count };

    return walk_whole(&w, 0, INT32_MAX) == FIT_IMAGE && !w.bad;
}

bool fit_image_fail(const struct model *model, long refused, struct glmm_error *err)
{
    if (mem_refused() != refused)
        return fail_memory(err);
    return fail(err, GLMM_E_FILE, NOWHERE, "what is kept of the fit of %.60s is no fit of this model", model->name);
}

struct fit *fit_unpack(const struct model *model, const void *bytes, size_t count, struct glmm_error *err)
{
    struct walk w = { .bytes = bytes, .left = count };
    long refused = mem_refused();
    struct fit *fit = NULL;

    if (walk_whole(&w, 0, INT32_MAX) == FIT_IMAGE)
        walk_fit(&w, &fit, model->design, model->family, model->link);
    if (fit != NULL && w.left == 0)
        return fit;
    fit_free(fit);
    fit_image_fail(model, refused, err);
    return NULL;
}
