/* predictor-hold.c -- holds the variables of a model where a curve or a mean is of another one; see predictor.h. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/date.h"
#include "infer/predictor-private.h"

static const double CENTRED = 1e-6; /* of the range: a mean that is 0 but for rounding is of a centred variable */

struct holding {
    const struct model *model;
    const struct frame *frame;
    struct frame *copy;
    struct arena *arena;
    struct text said;
    bool *done; /* one a column of the frame */
    struct glmm_error *err;
};

/* The reference level, or the lower of two values. */
static bool hold_lowest(struct holding *h, const struct column *column)
{
    struct predictor other = { .model = h->model, .frame = h->frame, .column = column, .coded = true, .few = true };
    int count, reference;
    struct setting_value *values = predictor_values(&other, h->arena, &count, h->err);

    if (values == NULL)
        return false;
    reference = predictor_reference(&other, values, count);
    if (count == 0)
        return true;
    text_addf(&h->said, "%s%s = %s", h->said.length > 0 ? ", " : "", column->name, values[reference].label);
    return predictor_set(&other, h->copy, 0, h->copy->rows, &values[reference], h->err);
}

static bool hold_mean(struct holding *h, const struct column *column)
{
    char buffer[NUMBER_SIZE];
    const struct predictor other = { .model = h->model, .frame = h->frame, .column = column };
    size_t n;
    struct counted *x = predictor_numbers(&other, column, &n);
    double mean = x == NULL ? 0 : predictor_numbers_mean(x, n), shown = mean,
           range = x == NULL || n == 0 ? 0 : x[n - 1].x - x[0].x;

    if (fabs(mean) < CENTRED * range) /* centered: what is left is rounding */
        shown = 0;
    mem_free(x);
    if (x == NULL)
        return fail_memory(h->err);
    text_addf(&h->said, "%s%s = %s", h->said.length > 0 ? ", " : "", column->name,
              column->type == COLUMN_DATE ? date_text((int32_t)floor(shown), buffer)
                                          : predictor_number_label(buffer, shown, range));
    return grid_set_number(h->copy, column->name, 0, h->copy->rows, mean, h->err);
}

static bool hold(void *context, const struct expr *x)
{
    struct holding *h = context;
    const struct frame *frame = h->frame;

    for (size_t j = 0; j < frame->column_count; j++) {
        const struct column *column = &frame->columns[j];
        struct predictor other;
        bool coded;

        if (h->done[j] || !grid_mentions(x, column->name))
            continue;
        h->done[j] = true;
        other = (struct predictor){ .model = h->model, .frame = frame, .column = column };
        coded =
            !predictor_is_number(column) || predictor_levels_made(x, frame, h->err) > 0 || predictor_count_values(&other) <= 2;
        if ((h->err != NULL && h->err->code != 0) || !(coded ? hold_lowest(h, column) : hold_mean(h, column)))
            return false;
    }
    return true;
}

bool predictor_hold(const struct model *model, bool parts, const struct frame *frame, bool held[], const bool of_offset[],
                    struct frame *copy, struct arena *arena, const char **described, struct glmm_error *err)
{
    struct holding h = { .model = model, .frame = frame, .copy = copy, .arena = arena, .done = held, .err = err };
    bool ok = grid_each_variable(model->formula, hold, &h);

    for (int k = 0; parts && ok && k < DESIGN_PARTS; k++)
        ok = model->part[k] == NULL || grid_each_variable(model->part[k], hold, &h);
    for (size_t j = 0; ok && of_offset != NULL && j < frame->column_count; j++)
        if (of_offset[j] && !held[j] && predictor_is_number(&frame->columns[j]))
            ok = hold_mean(&h, &frame->columns[j]);
    if (ok && (h.said.failed || (*described = arena_strdup(arena, text_string(&h.said))) == NULL))
        ok = fail_memory(err);
    text_clear(&h.said);
    return ok;
}

bool predictor_hold_others(const struct predictor *predictor, struct frame *copy, struct arena *arena, const char **described,
                           struct glmm_error *err)
{
    const struct frame *frame = predictor->frame;
    bool *held = arena_alloc(arena, frame->column_count + 1, sizeof *held);

    if (held == NULL)
        return fail_memory(err);
    held[predictor->column - frame->columns] = true;
    return predictor_hold(predictor->model, false, frame, held, NULL, copy, arena, described, err);
}
