/* meta-studies.c -- see meta-private.h. */
#include "infer/meta-private.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "data/verbs.h"
#include "infer/ci.h"

/* --- reading ------------------------------------------------------------------------------------ */

static bool number_at(const struct frame *frame, const char *name, size_t row, double *out, struct glmm_error *err)
{
    const struct column *column = frame_need(frame, name, NOWHERE, err);

    if (column == NULL)
        return false;
    if (!column_is_number(column))
        return fail(err, GLMM_E_TYPE, NOWHERE, "%.60s is no number", name);
    *out = column_real(column, row);
    if (isfinite(*out))
        return true;
    fail(err, GLMM_E_DATA, NOWHERE, "%.60s is missing in row %zu", name, row + 1);
    error_hint(err, "where !is.na(%.60s) leaves such studies out", name);
    return false;
}

static bool check_arm(const struct meta *meta, const struct meta_study *s, int arm, struct glmm_error *err)
{
    double events = s->events[arm], n = s->n[arm];

    if (events < 0 || events != floor(events))
        return fail(err, GLMM_E_DATA, NOWHERE, "study %.60s has %g events, which is no count", s->name, events);
    if (meta->measure == META_RATE_RATIO)
        return n > 0 || fail(err, GLMM_E_DATA, NOWHERE, "study %.60s has an arm of no time at risk, %g", s->name, n);
    if (n < 1 || n != floor(n)) {
        fail(err, GLMM_E_DATA, NOWHERE, "study %.60s has an arm of %g, which is no number of people", s->name, n);
        error_hint(err, "events over time are rates: measure=irr");
        return false;
    }
    return events <= n || fail(err, GLMM_E_DATA, NOWHERE, "study %.60s has more events, %g, than people, %g", s->name, events, n);
}

/* The study's own log odds or rate ratio with its Wald interval, where it has one. */
static void own_effect(const struct meta *meta, struct meta_study *s)
{
    bool odds = meta->measure == META_ODDS_RATIO;
    double one = log(s->events[0]) - (odds ? log(s->n[0] - s->events[0]) : log(s->n[0]));
    double two = log(s->events[1]) - (odds ? log(s->n[1] - s->events[1]) : log(s->n[1]));
    double variance = 1 / s->events[0] + 1 / s->events[1], reach;

    if (odds)
        variance += 1 / (s->n[0] - s->events[0]) + 1 / (s->n[1] - s->events[1]);
    s->effect = one - two; /* NaN: Inf - Inf */
    reach = wald_quantile((double)INFINITY, meta->level) * sqrt(variance);
    s->lower = isfinite(reach) ? s->effect - reach : (double)NAN;
    s->upper = isfinite(reach) ? s->effect + reach : (double)NAN;
    s->shrunk = s->shrunk_lower = s->shrunk_upper = (double)NAN;
}

bool meta_read_studies(struct meta *meta, const struct frame *frame, const struct meta_columns *columns, struct glmm_error *err)
{
    const struct column *names = columns->study == NULL ? NULL : frame_need(frame, columns->study, NOWHERE, err);
    char text[40];

    if (columns->study != NULL && names == NULL)
        return error_argument(err, "study");
    meta->count = (int)frame->rows;
    if ((meta->studies = arena_alloc(meta->arena, frame->rows + 1, sizeof *meta->studies)) == NULL)
        return fail_memory(err);
    for (size_t i = 0; i < frame->rows; i++) {
        struct meta_study *s = &meta->studies[i];

        s->name =
            names == NULL ? arena_printf(meta->arena, "%zu", i + 1) : arena_strdup(meta->arena, column_text(names, i, text));
        if (s->name == NULL)
            return fail_memory(err);
        for (int arm = 0; arm < 2; arm++)
            if (!number_at(frame, columns->events[arm], i, &s->events[arm], err)
                || !number_at(frame, columns->n[arm], i, &s->n[arm], err) || !check_arm(meta, s, arm, err))
                return false;
        for (size_t j = 0; j < i; j++)
            if (strcmp(meta->studies[j].name, s->name) == 0) {
                fail(err, GLMM_E_DATA, NOWHERE, "there are two studies %.60s", s->name);
                return error_argument(err, "study");
            }
        own_effect(meta, s);
        meta->silent += s->events[0] + s->events[1] == 0;
        meta->full += meta_is_full(meta, s);
    }
    return true;
}

bool meta_is_full(const struct meta *meta, const struct meta_study *s)
{
    return meta->measure == META_ODDS_RATIO && (meta->model == META_UM_FS || meta->model == META_CM_EL) && s->events[0] == s->n[0]
           && s->events[1] == s->n[1];
}

/* --- frames ------------------------------------------------------------------------------------- */

/* The factor meta.study: each study `times` rows. */
static bool add_study(const struct meta *meta, struct frame *frame, size_t times, struct glmm_error *err)
{
    struct column *column = frame_add(frame, "meta.study", COLUMN_FACTOR, err);

    if (column == NULL)
        return false;
    if ((column->levels = NEW_ARRAY(char *, meta->count)) == NULL)
        return fail_memory(err);
    for (int i = 0; i < meta->count; i++) {
        if ((column->levels[i] = mem_strdup(meta->studies[i].name)) == NULL)
            return fail_memory(err);
        column->level_count = i + 1;
        for (size_t k = 0; k < times; k++)
            column->as.code[(size_t)i * times + k] = i;
    }
    return true;
}

static double *add_real(struct frame *frame, const char *name, struct glmm_error *err)
{
    struct column *column = frame_add(frame, name, COLUMN_REAL, err);

    return column == NULL ? NULL : column->as.real;
}

struct frame *meta_frame_of_studies(const struct meta *meta, const struct frame *frame, struct glmm_error *err)
{
    static const char *const names[] = { "meta.events1", "meta.n1", "meta.events2", "meta.n2" };
    struct frame *own = frame_share(frame, err);
    bool ok = own != NULL && add_study(meta, own, 1, err);

    for (int c = 0; ok && c < 4; c++) {
        double *values = add_real(own, names[c], err);

        ok = values != NULL;
        for (int i = 0; ok && i < meta->count; i++)
            values[i] = c % 2 == 0 ? meta->studies[i].events[c / 2] : meta->studies[i].n[c / 2];
    }
    if (ok)
        return own;
    frame_free(own);
    return NULL;
}

struct frame *meta_frame_of_arms(const struct meta *meta, const struct frame *frame, struct glmm_error *err)
{
    static const char *const names[] = { "meta.events", "meta.n", "meta.treat", "meta.half" };
    size_t *twice = NEW_ARRAY(size_t, 2 * frame->rows);
    struct frame *own = NULL;
    bool ok = twice != NULL || fail_memory(err);

    for (size_t i = 0; ok && i < 2 * frame->rows; i++)
        twice[i] = i / 2;
    ok = ok && (own = frame_rows(frame, twice, 2 * frame->rows, err)) != NULL && add_study(meta, own, 2, err);
    for (int c = 0; ok && c < 4; c++) {
        double *values = add_real(own, names[c], err);

        ok = values != NULL;
        for (size_t i = 0; ok && i < own->rows; i++) {
            const struct meta_study *s = &meta->studies[i / 2];
            int arm = i % 2 == 1 ? 0 : 1; /* control first */
            double all[] = { s->events[arm], s->n[arm], 1 - arm, 0.5 - arm };

            values[i] = all[c];
        }
    }
    mem_free(twice);
    if (ok)
        return own;
    frame_free(own);
    return NULL;
}

/* --- arms in rows ------------------------------------------------------------------------------- */

/* Row of the arm of each study; -1 none yet. */
static bool find_arms(const struct frame *frame, const struct grouping *studies, const struct column *arm, int32_t row[],
                      struct glmm_error *err)
{
    for (size_t i = 0; i < 2 * studies->count; i++)
        row[i] = -1;
    for (size_t i = 0; i < frame->rows; i++) {
        int32_t *place;

        if (studies->code[i] < 0 || arm->as.code[i] < 0)
            continue;
        place = &row[2 * studies->code[i] + (arm->as.code[i] == 0)]; /* treated first */
        if (*place >= 0) {
            fail(err, GLMM_E_DATA, NOWHERE, "rows %d and %zu are the same arm of one study", *place + 1, i + 1);
            error_hint(err, "a row for each arm of each study: aggregate sums rows");
            return error_argument(err, "study");
        }
        *place = (int32_t)i;
    }
    for (size_t s = 0; s < studies->count; s++)
        if (row[2 * s] < 0 || row[2 * s + 1] < 0) {
            fail(err, GLMM_E_DATA, NOWHERE, "the study of row %zu has one arm", studies->first[s] + 1);
            return error_argument(err, "study");
        }
    return true;
}

/* The two columns side by side, into the frame of first rows.  What is missing is told by the name and the row of the arm. */
static bool spread_arms(const struct frame *frame, struct frame *wide, const char *const from[2], const int32_t row[],
                        struct glmm_error *err)
{
    static const char *const names[2][2] = { { "meta.arm1events", "meta.arm2events" }, { "meta.arm1n", "meta.arm2n" } };

    for (int c = 0; c < 2; c++)
        for (int a = 0; a < 2; a++) {
            double *values = add_real(wide, names[c][a], err);

            if (values == NULL)
                return false;
            for (size_t s = 0; s < wide->rows; s++)
                if (!number_at(frame, from[c], (size_t)row[2 * s + (size_t)a], &values[s], err))
                    return false;
        }
    return true;
}

static bool is_same(const struct column *column, size_t i, size_t j)
{
    if (column->type == COLUMN_FACTOR)
        return column->as.code[i] == column->as.code[j];
    return column_missing(column, i) ? column_missing(column, j) : column_real(column, i) == column_real(column, j);
}

/* A moderator is of a study, not of its arms: each variable of the expression has one value in the rows of a study. */
static bool is_of_studies(const struct expr *e, const struct frame *frame, const int32_t row[], size_t count,
                          struct glmm_error *err)
{
    const struct column *column = e != NULL && e->kind == EXPR_NAME ? frame_find(frame, e->text) : NULL;

    for (size_t s = 0; column != NULL && s < count; s++)
        if (!is_same(column, (size_t)row[2 * s], (size_t)row[2 * s + 1])) {
            fail(err, GLMM_E_DATA, NOWHERE,
                 "%.60s differs between the arms of one study, rows %d and %d: a moderator is of a study", e->text,
                 row[2 * s + 1] + 1, row[2 * s] + 1);
            return error_argument(err, "mods");
        }
    if (e == NULL)
        return true;
    for (const struct expr *a = e->arguments; a != NULL; a = a->next)
        if (!is_of_studies(a, frame, row, count, err))
            return false;
    return is_of_studies(e->left, frame, row, count, err) && is_of_studies(e->right, frame, row, count, err);
}

static bool check_moderators(const char *moderators, const struct frame *frame, const int32_t row[], size_t count,
                             struct glmm_error *err)
{
    struct arena *arena = arena_new();
    struct expr *e = arena == NULL || moderators == NULL ? NULL : expr_parse(arena, moderators, NULL);
    bool ok = arena == NULL || arena_failed(arena) ? fail_memory(err) : is_of_studies(e, frame, row, count, err);

    arena_free(arena); /* what cannot be parsed the fit tells */
    return ok;
}

struct frame *meta_wide(const struct frame *frame, const char *events, const char *n, const char *arm, const char *study,
                        const char *moderators, struct meta_columns *columns, struct glmm_error *err)
{
    const char *const from[2] = { events, n };
    const struct column *arms = frame_need(frame, arm, NOWHERE, err);
    struct expr by = { .kind = EXPR_NAME, .text = study, .at = NOWHERE };
    struct grouping studies = { 0 };
    struct frame *wide = NULL;
    int32_t *row = NULL;
    bool ok = arms != NULL || error_argument(err, "arm");

    if (arms != NULL && (arms->type != COLUMN_FACTOR || arms->level_count != 2)) {
        fail(err, GLMM_E_TYPE, NOWHERE, "%.60s does not have two levels, the control and the treated arm", arm);
        error_hint(err, "factor %.60s, levels=... puts the control first", arm);
        ok = error_argument(err, "arm");
    }
    ok = ok && (row_groups_make(frame, &by, &studies, err) || error_argument(err, "study"));
    ok = ok && ((row = NEW_ARRAY(int32_t, 2 * studies.count + 1)) != NULL || fail_memory(err));
    ok = ok && find_arms(frame, &studies, arms, row, err) && check_moderators(moderators, frame, row, studies.count, err)
         && (wide = frame_rows(frame, studies.first, studies.count, err)) != NULL && spread_arms(frame, wide, from, row, err);
    row_groups_clear(&studies);
    mem_free(row);
    if (ok) {
        *columns = (struct meta_columns){ .events = { "meta.arm1events", "meta.arm2events" },
                                          .n = { "meta.arm1n", "meta.arm2n" },
                                          .study = study,
                                          .moderators = moderators };
        return wide;
    }
    frame_free(wide);
    return NULL;
}
