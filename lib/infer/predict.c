/* predict.c -- see predict.h: the rows, the predictors that what is asked for is made of, and the work that predict-row.c does.
 */
#include "infer/predict-private.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/imputed.h"
#include "fit/scales.h"
#include "infer/ci.h"
#include "model/family-parts.h"
#include "model/family.h"
#include "model/relation.h"
#include "model/relatives.h"
#include "model/residuals.h"

/* --- the rows ------------------------------------------------------------------------------------- */

static bool own_rows(struct predict_work *w)
{
    const struct design *design = w->design;

    w->own = (struct design_rows){
        .n = design->n, .row = design->row, .X = design->X, .offset = design->offset, .random_count = design->random_count
    };
    w->own.random = arena_alloc(w->out->arena, (size_t)design->random_count + 1, sizeof *w->own.random);
    if (w->own.random == NULL)
        return fail_memory(w->err);
    for (int t = 0; t < design->random_count; t++)
        w->own.random[t] = (struct random_rows){ .z = design->random[t].z, .level = design->random[t].level };
    w->rows = &w->own;
    return true;
}

/* Marks the rows that a predictor has no number for. */
static bool judge_part(struct prediction *out, const struct design_rows *rows)
{
    bool *estimable = (bool *)(uintptr_t)out->estimable;

    if (rows->why_not == NULL)
        return true;
    if (estimable == NULL) {
        if ((estimable = arena_alloc(out->arena, rows->n + 1, sizeof *estimable)) == NULL
            || (out->why_not = arena_strdup(out->arena, rows->why_not)) == NULL)
            return false;
        memset(estimable, true, rows->n * sizeof *estimable);
        out->estimable = estimable;
    }
    for (size_t i = 0; i < rows->n; i++)
        estimable[i] = estimable[i] && rows->estimable[i];
    return true;
}

bool predict_hangs_on(const struct predict_work *w, int part)
{
    enum predict_what what = w->options->what;

    if (part < 0)
        return asks_for_mean(w);
    if (part == DESIGN_ZERO)
        return what == PREDICT_ZERO || mean_is_inflated(w);
    return what == PREDICT_DISPERSION || (asks_for_mean(w) && !w->options->link_scale && row_averager_goes_by_row(w->averager));
}

/* By the predictors that what is asked for is made of. */
static bool judge_rows(struct predict_work *w)
{
    if (predict_hangs_on(w, -1) && !judge_part(w->out, w->made))
        return false;
    for (int part = 0; part < DESIGN_PARTS; part++)
        if (w->made->part[part] != NULL && predict_hangs_on(w, part) && !judge_part(w->out, w->made->part[part]))
            return false;
    return true;
}

/* Whether modes of relatives follow from those of the levels: what these are is determined. */
static bool knows_relatives(const struct predict_work *w)
{
    return w->options->groups == PREDICT_CONDITIONAL && w->fit->identity == NULL && w->fit->recession == NULL;
}

/* *unknown: the first level without modes, in row *row of the frame; NULL: there is none.  False when memory is out. */
static bool find_unknown(const struct predict_work *w, const struct random_design *term, const struct random_rows *rows,
                         const char **unknown, size_t *row)
{
    int32_t *others, count;

    *unknown = rows->unknown;
    *row = rows->unknown_row;
    if (rows->relative == NULL || knows_relatives(w))
        return true;
    if (!relatives_of(term, &others, &count))
        return fail_memory(w->err);
    for (size_t i = w->made->n; i-- > 0;)
        if (rows->relative[i] >= 0 && (*unknown == NULL || w->made->row[i] < *row)) {
            *unknown = term->relation->ids[others[rows->relative[i] - term->level_count]];
            *row = w->made->row[i];
        }
    mem_free(others);
    return true;
}

/* The design with relatives, where rows are of such. */
static bool set_relatives(struct predict_work *w)
{
    for (int t = 0; w->made != NULL && t < w->made->random_count && knows_relatives(w); t++)
        w->has_relatives = w->has_relatives || (w->made->random[t].relative != NULL && !term_is_left_out(w, t));
    return !w->has_relatives || design_with_relatives(w->design, w->out->arena, &w->related) || fail_memory(w->err);
}

/* False with an error where what is asked for hangs on a level that no mode belongs to, or memory is out. */
static bool levels_are_known(const struct predict_work *w)
{
    for (int t = 0; t < design_term_count(w->design) && w->options->new_levels == PREDICT_NEW_ERROR; t++) {
        int part, own = t;
        const struct random_design *term = design_term(w->design, t, &part);
        const struct design_rows *made = part < 0 ? w->made : w->made->part[part];
        const char *unknown;
        size_t row;

        own -= part < 0 ? 0 : design_first_term(w->design, part);
        if (made->random_count == 0 || term_is_left_out(w, t) || !predict_hangs_on(w, part))
            continue;
        if (!find_unknown(w, term, &made->random[own], &unknown, &row))
            return false;
        if (unknown == NULL)
            continue;
        fail(w->err, GLMM_E_DATA, NOWHERE, "%s is `%.60s` in row %zu, which the data of the model do not have", term->group,
             unknown, row + 1);
        error_hint(w->err, "new=typical takes its random effects for 0, new=population averages over them");
        return false;
    }
    return true;
}

static bool new_rows(struct predict_work *w, const struct formula *formula, const struct frame *frame,
                     const struct glmm_progress *progress)
{
    enum rows_part part = w->options->groups == PREDICT_CONDITIONAL  ? ROWS_LEVELS
                          : w->options->groups == PREDICT_POPULATION ? ROWS_EFFECTS
                                                                     : ROWS_FIXED;

    w->rows = w->made = design_rows_new(w->design, formula, frame, part, progress, w->err);
    if (w->made == NULL)
        return false;
    w->out->dropped_rows = w->made->dropped_rows;
    return true;
}

/* --- the whole ------------------------------------------------------------------------------------ */

/* The random terms of another predictor: the groups, where predictions are conditional on them, else what to average over. */
static bool set_part_groups(struct predict_work *w, int part)
{
    const struct design *beside = w->design->part[part];
    struct part_rows *p = part == DESIGN_ZERO ? &w->zero : &w->dispersion;
    const struct design_rows *made = w->made == NULL ? NULL : w->made->part[part];
    const bool *left_out = w->options->left_out == NULL ? NULL : w->options->left_out + design_first_term(w->design, part);
    bool conditional = w->options->groups == PREDICT_CONDITIONAL;
    struct random_rows *random;

    if (beside == NULL || beside->random_count == 0 || w->options->groups == PREDICT_TYPICAL)
        return true;
    if ((random = arena_alloc(w->out->arena, (size_t)beside->random_count, sizeof *random)) == NULL)
        return fail_memory(w->err);
    for (int t = 0; t < beside->random_count; t++)
        random[t] = (struct random_rows){ .z = made != NULL ? made->random[t].z : beside->random[t].z,
                                          .level = !conditional || (left_out != NULL && left_out[t]) ? NULL
                                                   : made != NULL                                    ? made->random[t].level
                                                                                                     : beside->random[t].level };
    p->random = random;
    p->left_out = conditional ? left_out : NULL;
    p->averages = !conditional || w->options->new_levels == PREDICT_NEW_POPULATION;
    return true;
}

static bool set_beside_groups(struct predict_work *w)
{
    return set_part_groups(w, DESIGN_ZERO) && set_part_groups(w, DESIGN_DISPERSION);
}

/* What is asked of a model that does not have it. */
static bool check_what(struct predict_work *w)
{
    const struct residual_design *residual = fit_residual_design(w->fit);

    w->scales = w->options->what == PREDICT_DISPERSION ? fit_scales(w->fit) : NULL;
    if (w->options->what == PREDICT_ZERO && w->design->part[DESIGN_ZERO] == NULL)
        return fail(w->err, GLMM_E_MODEL, NOWHERE, "the model has no zi=, and so no zeros beyond those of its family");
    if (w->options->what == PREDICT_DISPERSION && w->scales == NULL && residual != NULL && residual->scale_count > 1) {
        fail(w->err, GLMM_E_MODEL, NOWHERE, "residuals have %d variances here, which are no prediction", residual->scale_count);
        if (residual->loads != NULL)
            error_hint(w->err, "method=ml has a prediction of each");
        else if (residual->structure->law == LAW_NONE && residual->positions.k < 2)
            error_hint(w->err, "summary shows them; with disp= and method=reml they are predicted, in the same model");
        else
            error_hint(w->err, "summary shows them");
        return false;
    }
    return w->options->what != PREDICT_DISPERSION || w->fit->family->has_dispersion
           || fail(w->err, GLMM_E_MODEL, NOWHERE, "the family %s has no dispersion", w->fit->family->name);
}

static const struct link *interval_link(const struct predict_work *w)
{
    const struct link *link = link_of_intervals(w->fit->mean_link);

    if (w->options->what == PREDICT_ZERO)
        return &link_logit;
    if (w->options->what == PREDICT_DISPERSION)
        return &link_log;
    if (w->options->link_scale)
        return &link_identity;
    return mean_is_inflated(w) ? NULL : link->valid != NULL ? &link_identity : link;
}

/* Nothing is said of row i for want of zi= or disp= there. */
static bool is_untold(const struct predict_work *w, const struct part_rows *p, size_t i)
{
    bool itself = p->part->kind == PART_ZERO || w->options->what == PREDICT_DISPERSION;

    return predict_hangs_on(w, fit_part_place(p->part->kind)) && (itself ? part_rows_is_open(p, i) : part_rows_has_no_mean(p, i));
}

/* The zeros or dispersions of the rows, where coefficients are infinite: nothing is said of those that the data's do not tell. */
static bool set_known(struct predict_work *w, struct part_rows *p, struct watch *watch)
{
    struct prediction *out = w->out;
    double *known = arena_alloc(out->arena, p->n + 1, sizeof *known);
    bool *estimable = (bool *)(uintptr_t)out->estimable;

    if (known == NULL || !part_rows_set(p, watch, known))
        return false;
    for (size_t i = 0; i < p->n; i++) {
        if (!is_untold(w, p, i))
            continue;
        if (estimable == NULL) {
            if ((estimable = arena_alloc(out->arena, p->n + 1, sizeof *estimable)) == NULL)
                return false;
            memset(estimable, true, p->n * sizeof *estimable);
            out->estimable = estimable;
        }
        estimable[i] = false;
        out->why_not = out->why_not != NULL ? out->why_not : part_rows_why_not(p, i);
    }
    return true;
}

static bool prepare(struct predict_work *w, const struct glmm_progress *progress)
{
    struct arena *arena = w->out->arena;
    size_t n = w->rows->n, terms = (size_t)design_term_count(w->design);
    struct watch watch;

    w->theta_count = 0;
    for (int t = 0; t < w->design->random_count; t++)
        w->theta_count += w->design->random[t].covariance->count(w->design->random[t].k);
    w->rest_count = fit_mean_has_shapes(w->fit) ? w->fit->rest_count : 0;
    w->count = w->design->p + w->theta_count > w->fit->joint_count ? w->design->p + w->theta_count : w->fit->joint_count;
    w->c = arena_alloc(arena, (size_t)w->count + 1, sizeof *w->c);
    part_rows_init(&w->zero, w->fit, PART_ZERO, w->made);
    part_rows_init(&w->dispersion, w->fit, PART_DISPERSION, w->made);
    if ((w->averager = arena_alloc(arena, 1, sizeof *w->averager)) == NULL)
        return fail_memory(w->err);
    row_averager_init(w->averager, w->fit);
    w->link = w->averager->link;
    if (w->made != NULL && !judge_rows(w))
        return fail_memory(w->err);
    if (w->made != NULL && !levels_are_known(w))
        return false;
    watch_init(&watch, progress, "row");
    if ((part_rows_want(&w->zero) && !set_known(w, &w->zero, &watch))
        || (part_rows_want(&w->dispersion) && !set_known(w, &w->dispersion, &watch)))
        return watch_stopped(&watch) ? fail(w->err, GLMM_E_INTERRUPT, NOWHERE, "the predictions were stopped")
                                     : fail_memory(w->err);
    if (!set_beside_groups(w))
        return false;
    w->quantile = w->normal = wald_quantile(INFINITY, w->options->level);
    w->out->n = n;
    w->out->link = interval_link(w);
    w->out->row = arena_alloc(arena, n, sizeof *w->out->row);
    w->out->estimate = arena_alloc(arena, n, sizeof(double));
    w->out->se = arena_alloc(arena, n, sizeof(double));
    w->out->lower = arena_alloc(arena, n, sizeof(double));
    w->out->upper = arena_alloc(arena, n, sizeof(double));
    w->out->df = arena_alloc(arena, n, sizeof(double));
    w->function = arena_alloc(arena, 2 * (size_t)w->design->p + 1, sizeof *w->function);
    w->level = arena_alloc(arena, terms + 1, sizeof *w->level);
    w->z = arena_alloc(arena, terms + 1, sizeof *w->z);
    if (arena_failed(arena))
        return fail_memory(w->err);
    if (w->options->groups != PREDICT_CONDITIONAL || terms == 0 || (w->fit->recession != NULL && w->fit->proper == NULL))
        return true;
    if (!set_relatives(w))
        return false;
    w->joint = joint_new(w->fit, w->has_relatives ? &w->related : NULL, progress, w->err);
    return w->joint != NULL;
}

struct prediction *predict_new(const struct fit *fit, const struct formula *formula, const struct frame *frame,
                               const struct predict_options *options, const struct glmm_progress *progress,
                               struct glmm_error *err)
{
    struct predict_work w = { .fit = fit, .design = fit->design, .options = options, .err = err };
    struct arena *arena = arena_new();
    struct fit view;
    struct link own;
    double beside[FAMILY_SHAPES];
    bool ok;

    w.out = arena == NULL ? NULL : arena_alloc(arena, 1, sizeof *w.out);
    if (w.out == NULL) {
        arena_free(arena);
        fail_memory(err);
        return NULL;
    }
    w.out->arena = arena;
    if (fit->family->categories > 0) {
        fit_view_category(fit, options->category, &view, &own, beside);
        if (options->link_scale) {
            view.mean_link = &link_identity;
            view.beside = NULL;
        }
        w.fit = &view;
    }
    ok = check_what(&w) && fit_has_means(fit, err) && (frame == NULL ? own_rows(&w) : new_rows(&w, formula, frame, progress))
         && prepare(&w, progress);
    for (size_t i = 0; ok && i < w.rows->n; i++)
        ok = predict_row(&w, i)
             && (i % 256 != 0 || progress_tell(progress, "row", (double)i, (double)w.rows->n, (double)NAN)
                 || fail(err, GLMM_E_INTERRUPT, NOWHERE, "the predictions were stopped"));
    design_rows_free(w.made);
    joint_free(w.joint);
    if (!ok) {
        prediction_free(w.out);
        return NULL;
    }
    return w.out;
}

void prediction_free(struct prediction *prediction)
{
    if (prediction != NULL)
        arena_free(prediction->arena);
}
