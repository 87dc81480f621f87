/* test-curves.c -- one predictor's curves: their numbers a second way, and their drawing read back from the cells. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <Rmath.h>

#include "base/memory.h"
#include "infer/curves.h"
#include "cmd/plots/plots.h"
#include "cmd/predictors.h"
#include "cmd/views/line.h"
#include "infer/projection.h"
#include "infer/attenuation.h"
#include "lang/words.h"
#include "model/family.h"
#include "render/draw.h"
#include "run-session.h"
#include "sweep.h"
#include "curves-models.h"

/* What the arguments name, with its curves at the dial. */
struct shown {
    struct session *session;
    struct curves curves;
    struct attenuation *attenuation;
    int level;
};

static void show(struct shown *s, const char *script, const char *arguments, double dial)
{
    struct arena *arena = arena_new();
    struct glmm_error err = { .at = NOWHERE };
    struct call call = { .line = arguments, .argument = arguments, .arena = arena };
    struct predictor predictor;

    s->session = session_of(script);
    cr_assert(words_split(arena, arguments, span_of(0, (int)strlen(arguments)), &call.words, &call.word_count, &err));
    cr_assert(curves_arguments(s->session, &call, &predictor, &s->level, &err), "%s", err.message);
    s->attenuation = attenuation_new(predictor.model->fit, NULL, &err);
    cr_assert(curves_init(&s->curves, &predictor, s->attenuation->naive, NULL, &err), "%s", err.message);
    curves_turn(&s->curves, dial);
    arena_free(arena);
}

static void hide(struct shown *s)
{
    curves_clear(&s->curves);
    attenuation_free(s->attenuation);
    session_free(s->session);
}

static int coefficient(const struct fit *fit, const char *name)
{
    for (int j = 0; j < fit->design->p; j++)
        if (strcmp(fit->design->names[j], name) == 0)
            return j;
    cr_assert_fail("no %s", name);
    return -1;
}

/* --- the numbers ------------------------------------------------------------------------------------------ */

Test(curves, levels_of_a_factor)
{
    static const char *const names[] = { "(Intercept)", "period2", "period3", "period4" };
    struct averager *averager = malloc(sizeof *averager);
    struct average average;
    struct shown s;
    double v;

    show(&s, cows, "", 1);
    v = s.curves.fit->random[0].covariance[0];
    averager_init(averager, link_find("logit"));
    averager_set(averager, v);
    cr_assert_eq(s.curves.count, 4);
    cr_assert_not_null(s.curves.names);
    cr_expect_float_eq(s.curves.typical[0], 0.19805, 5e-6);
    cr_expect_float_eq(s.curves.mean[0], 0.2161, 5e-5);
    for (int k = 0; k < 4; k++) {
        const struct fit *fit = s.curves.fit;
        int j = coefficient(fit, names[k]);
        double eta = fit->beta[0] + (k == 0 ? 0 : fit->beta[j]),
               naive = s.attenuation->naive[0] + (k == 0 ? 0 : s.attenuation->naive[j]);

        cr_expect_str_eq(s.curves.names[k], ((const char *[]){ "1", "2", "3", "4" })[k]);
        cr_expect_float_eq(s.curves.typical[k], plogis(eta, 0, 1, 1, 0), 1e-12);
        cr_expect_float_eq(s.curves.naive[k], plogis(naive, 0, 1, 1, 0), 1e-12);
        cr_assert(average_at(averager, eta, &average));
        cr_expect_float_eq(s.curves.mean[k], average.mean, 1e-12);
        cr_expect_float_eq(curves_step(&s.curves, fit->beta, k), k == 0 ? 0 : fit->beta[j], 1e-12);
        cr_expect_float_eq(curves_step(&s.curves, s.attenuation->marginal, k), k == 0 ? 0 : s.attenuation->marginal[j], 1e-12);
        /* Seven equal parts of the groups: each group stands at the middle of its part. */
        for (int i = 0; i < CURVE_GROUPS; i++)
            cr_expect_float_eq(s.curves.group[i][k], plogis(eta + sqrt(v) * qnorm((i + 0.5) / 7, 0, 1, 1, 0), 0, 1, 1, 0), 1e-12);
    }
    free(averager);
    hide(&s);
}

/* The levels' means and their steps are the model's, not the coding's. */
Test(curves, contrasts_do_not_matter)
{
    struct shown a, b;

    show(&a, cows, "", 1.5);
    show(&b, cows_sum, "period", 1.5);
    for (int k = 0; k < 4; k++) {
        cr_expect_float_eq(a.curves.typical[k], b.curves.typical[k], 1e-5);
        cr_expect_float_eq(a.curves.mean[k], b.curves.mean[k], 1e-5);
        cr_expect_float_eq(curves_step(&a.curves, a.curves.fit->beta, k), curves_step(&b.curves, b.curves.fit->beta, k), 1e-4);
        cr_expect_float_eq(curves_step(&a.curves, a.attenuation->marginal, k), curves_step(&b.curves, b.attenuation->marginal, k),
                           1e-4);
    }
    hide(&a);
    hide(&b);
}

/* x moves in all columns made of it: in either basis the same curve, and the tangent is the derivative. */
Test(curves, polynomials_move_together)
{
    struct shown a, b;

    show(&a, "load sleepstudy; fit m1 = Reaction ~ poly(Days, 2) + (1 | Subject)", "Days", 1);
    show(&b, "load sleepstudy; fit m1 = Reaction ~ Days + I(Days^2) + (1 | Subject)", "Days", 1);
    cr_assert_eq(a.curves.count, b.curves.count);
    cr_expect(!a.curves.straight && !b.curves.straight);
    for (size_t k = 0; k < a.curves.count; k++) {
        const double *beta = b.curves.fit->beta;
        double x = a.curves.x[k], slope = beta[1] + 2 * beta[2] * x;

        cr_expect_float_eq(a.curves.typical[k], beta[0] + x * beta[1] + x * x * beta[2], 1e-6);
        cr_expect_float_eq(b.curves.typical[k], a.curves.typical[k], 1e-6);
        if (k > 0 && k + 1 < a.curves.count)
            cr_expect_float_eq(curves_step(&a.curves, a.curves.fit->beta, k), slope, 1e-6);
    }
    hide(&a);
    hide(&b);
}

/* Others are held: a factor at its reference, a number at its mean, one with two values at the lower one. */
Test(curves, others_are_held)
{
    struct shown s;
    const double *beta;
    double time = 0;

    show(&s, nails, "", 1);
    beta = s.curves.fit->beta;
    cr_expect_str_eq(s.curves.predictor.column->name, "time");
    cr_expect_str_eq(s.curves.others, "treatment = itraconazole");
    cr_expect(s.curves.straight && s.curves.same_spread);
    cr_expect_float_eq(curves_step(&s.curves, beta, 7), beta[coefficient(s.curves.fit, "time")], 1e-12);
    for (size_t k = 0; k < s.curves.count; k++)
        cr_expect_float_eq(qlogis(s.curves.typical[k], 0, 1, 1, 0), beta[0] + beta[2] * s.curves.x[k], 1e-9);
    for (size_t i = 0; i < s.curves.fit->design->n; i++)
        time += s.curves.fit->design->X[2 * s.curves.fit->design->n + i] / (double)s.curves.fit->design->n;
    hide(&s);

    show(&s, nails, "treatment", 1);
    beta = s.curves.fit->beta;
    cr_expect_float_eq(curves_step(&s.curves, beta, 1), beta[1] + beta[3] * time, 1e-9);
    hide(&s);

    show(&s, epil, "lbase", 1);
    cr_expect(strstr(s.curves.others, "trt = placebo") != NULL && strstr(s.curves.others, "V4 = 0") != NULL, "%s",
              s.curves.others);
    cr_expect(strstr(s.curves.others, "age = 27.") != NULL || strstr(s.curves.others, "age = 28.") != NULL, "%s",
              s.curves.others);
    hide(&s);
}

/* A variable with one value is refused, not chosen, and passed over by Tab. */
Test(curves, one_value_is_no_curve)
{
    struct session *session = session_of("load sleepstudy; fit m1 = Reaction ~ Days + I(Days * 0) + Subject + (1 | Days)");
    struct arena *arena = arena_new();
    struct glmm_error err = { .at = NOWHERE };
    int count;
    struct predictor *all = predictor_all(session->models, arena, &count, &err);

    cr_assert_not_null(all);
    cr_assert_eq(count, 2);
    cr_expect(!all[0].constant && !all[0].few && !all[0].coded);
    cr_expect(!all[1].constant && all[1].few && all[1].coded);
    all[0].few = all[0].constant = true;
    cr_expect_eq(predictor_choice(all, count), 1);
    arena_free(arena);
    session_free(session);
}

/* A curve's points are round numbers, and the ends of the range. */
Test(curves, points_are_round)
{
    struct shown s;

    show(&s, nails, "time", 1);
    cr_expect_geq(s.curves.count, 50);
    cr_expect_leq(s.curves.count, CURVE_POINTS_MOST);
    cr_expect_eq(s.curves.x[0], 0);
    cr_expect_eq(s.curves.x[s.curves.count - 1], 18.5);
    for (size_t k = 1; k + 1 < s.curves.count; k++) {
        cr_expect_float_eq(s.curves.x[k] * 5, round(s.curves.x[k] * 5), 1e-9);
        cr_expect_gt(s.curves.x[k], s.curves.x[k - 1]);
    }
    hide(&s);
}

Test(curves, which_variable)
{
    static const struct {
        const char *script, *arguments, *variable;
        int level;
    } cases[] = {
        { nails, "", "time", -1 },
        { nails, "treatmentterbinafine", "treatment", 1 },
        { nails, "m1 time", "time", -1 },
        { cows, "", "period", -1 },
        { cows, "period3", "period", 2 },
        { cows, "m1 period4", "period", 3 },
        { bacteria, "", "wk2", -1 }, /* a number with two values before a factor */
        { bacteria, "trtplacebo", "trt", 2 },
        { epil, "", "lbase", -1 },
        { epil, "log(age)", "age", -1 },
        { epil, "\"log(age)\"", "age", -1 },
        { items, "factor(temp)185", "temp", 1 },
        { items, "factor(temp)", "temp", -1 },
        { items, "temp", "temp", -1 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct shown s;

        show(&s, cases[i].script, cases[i].arguments, 1);
        cr_expect_str_eq(s.curves.predictor.column->name, cases[i].variable, "%s", cases[i].arguments);
        cr_expect_eq(s.level, cases[i].level, "%s: %d", cases[i].arguments, s.level);
        hide(&s);
    }
}

Test(curves, two_values_are_two_places)
{
    struct shown s;

    show(&s, bacteria, "wk2", 1);
    cr_assert_not_null(s.curves.names);
    cr_assert_eq(s.curves.count, 2);
    cr_expect_str_eq(s.curves.names[0], "0");
    cr_expect_str_eq(s.curves.names[1], "1");
    cr_expect_float_eq(curves_step(&s.curves, s.curves.fit->beta, 1), s.curves.fit->beta[coefficient(s.curves.fit, "wk2")],
                       1e-12);
    hide(&s);
}

/* At 0 the population is the typical group, and the projection gives back the coefficients; at 1 it is `attenuation`. */
Test(curves, the_dial)
{
    static const char *const scripts[] = { cows, nails, bacteria, epil, slopes, items };

    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
        struct projection *projection = malloc(sizeof *projection);
        struct shown s;

        show(&s, scripts[i], "", 0);
        cr_assert(projection_init(projection, s.curves.fit));
        for (size_t k = 0; k < s.curves.count; k++) {
            cr_expect_float_eq(s.curves.mean[k], s.curves.typical[k], 1e-12);
            for (int g = 0; g < CURVE_GROUPS; g++)
                cr_expect_float_eq(s.curves.group[g][k], s.curves.typical[k], 1e-12);
        }
        projection_turn(projection, 0);
        for (int j = 0; j < s.curves.fit->design->p; j++)
            cr_expect_float_eq(projection->marginal[j], s.curves.fit->beta[j], 1e-6 * (1 + fabs(s.curves.fit->beta[j])));
        projection_turn(projection, 1);
        for (int j = 0; j < s.curves.fit->design->p; j++)
            cr_expect_float_eq(projection->marginal[j], s.attenuation->marginal[j], 1e-5 * (1 + fabs(s.curves.fit->beta[j])),
                               "%s: %s", scripts[i], s.curves.fit->design->names[j]);
        projection_clear(projection);
        free(projection);
        hide(&s);
    }
}

/* --- drawn cells ------------------------------------------------------------------------------------------ */

static struct result *plot_of(struct session *session, const char *arguments)
{
    static const struct plot_options usual = { .sort = "raw", .max = 20, .max_given = false };
    struct arena *arena = arena_new();
    struct glmm_error err = { .at = NOWHERE };
    struct plot_job job = { .session = session, .options = &usual, .err = &err, .result = result_new("plot-ascii") };
    struct call call = { .line = arguments, .argument = arguments, .arena = arena };

    job.call = &call;
    cr_assert(words_split(arena, arguments, span_of(0, (int)strlen(arguments)), &call.words, &call.word_count, &err));
    cr_assert(plot_attenuation.build(&job), "%s", err.message);
    arena_free(arena);
    return job.result;
}

static const struct {
    const char *script, *arguments;
} drawn[] = {
    { cows, "" },    { nails, "" },           { nails, "treatment" }, { bacteria, "trt" }, { bacteria, "wk2" }, { epil, "lbase" },
    { epil, "age" }, { slopes, "treatment" }, { many, "" },           { items, "temp" },   { items, "recipe" },
};
enum { DRAWN = sizeof drawn / sizeof drawn[0] };

Test(levels, plots_fit_every_width_in_every_charset)
{
    for (int i = 0; i < DRAWN; i++) {
        struct session *session = session_of(drawn[i].script);

        for (int w = 0; w < WIDTHS; w++)
            for (int charset = CHARSET_ASCII; charset <= CHARSET_BRAILLE; charset++) {
                struct style style = {
                    .format = FORMAT_TEXT, .width = widths[w], .digits = 4, .charset = (enum charset)charset, .hints = true
                };
                struct text out = { 0 };
                struct result *result;

                session->settings.width = widths[w];
                result = plot_of(session, drawn[i].arguments);
                cr_assert(plot_draw(result->last->as.plot, &style, &out));
                check_lines(text_string(&out), widths[w], (enum charset)charset);
                text_clear(&out);
                result_free(result);
            }
        session_free(session);
    }
}

/* The picture read back: line `row` of the text, cell `column`; "" outside. */
static void cell_of(const char *text, int row, int column, char out[8])
{
    const char *at = text;

    out[0] = '\0';
    for (; row > 0; row--)
        at = strchr(at, '\n') + 1;
    for (int i = 0; *at != '\n' && *at != '\0'; i++) {
        int bytes = (*at & 0x80) == 0 ? 1 : (*at & 0xe0) == 0xc0 ? 2 : 3;

        if (i == column) {
            memcpy(out, at, (size_t)bytes);
            out[bytes] = '\0';
            return;
        }
        at += bytes;
    }
}

static int lines_of(const char *text)
{
    int lines = 0;

    for (; *text != '\0'; text++)
        lines += *text == '\n';
    return lines;
}

/* The y axis: value = high - per_row * (row - top), from two of its ticks. */
struct scale {
    int axis_row, axis_column; /* the corner */
    double per_row, at_zero;   /* value at row r is at_zero - per_row * r */
};

static void read_scale(const char *text, enum charset charset, struct scale *scale)
{
    const char *corner = charset == CHARSET_ASCII ? "+" : "\xe2\x94\x94", *tick = charset == CHARSET_ASCII ? "+" : "\xe2\x94\xa4";
    double values[2] = { 0 };
    int rows[2] = { 0 }, found = 0, lines = lines_of(text);
    char cell[8];

    scale->axis_column = scale->axis_row = -1;
    for (int row = 0; row < lines && scale->axis_row < 0; row++) {
        int column = 0;

        for (cell_of(text, row, column, cell); strcmp(cell, " ") == 0; cell_of(text, row, column, cell))
            column++;
        cell_of(text, row, column + 3, cell);
        if (strcmp(cell, charset == CHARSET_ASCII ? "-" : "\xe2\x94\x80") == 0) {
            cell_of(text, row, column, cell);
            if (strcmp(cell, corner) == 0 && column > 0) {
                scale->axis_row = row;
                scale->axis_column = column;
            }
        }
    }
    cr_assert_geq(scale->axis_row, 0, "%s", text);
    for (int row = scale->axis_row - 1; row >= 0 && found < 2; row--) {
        char label[16] = "";

        cell_of(text, row, scale->axis_column, cell);
        if (strcmp(cell, tick) != 0)
            continue;
        for (int i = 0; i < scale->axis_column && i < 15; i++) {
            cell_of(text, row, i, cell);
            strcat(label, cell);
        }
        rows[found] = row;
        values[found++] = atof(label);
    }
    cr_assert_eq(found, 2, "%s", text);
    scale->per_row = (values[1] - values[0]) / (rows[0] - rows[1]);
    scale->at_zero = values[0] + scale->per_row * rows[0];
}

/* In the column of each tick the average stands in the row of its value, and nothing strong stands elsewhere in that column. */
static void check_averages(const char *text, enum charset charset, const struct curves *curves)
{
    const char *strong = charset == CHARSET_ASCII ? "=" : "\xe2\x94\x81", *tick = charset == CHARSET_ASCII ? "+" : "\xe2\x94\xb4";
    struct scale scale;
    char cell[8];
    size_t level = 0;

    read_scale(text, charset, &scale);
    for (int column = scale.axis_column + 1; column < 250; column++) {
        int count = 0;

        cell_of(text, scale.axis_row, column, cell);
        if (strcmp(cell, tick) != 0)
            continue;
        cr_assert_lt(level, curves->count);
        for (int row = 0; row < scale.axis_row; row++) {
            cell_of(text, row, column, cell);
            if (strcmp(cell, strong) != 0)
                continue;
            count++;
            cr_expect_float_eq(scale.at_zero - scale.per_row * row, curves->mean[level], 0.5001 * scale.per_row, "level %zu\n%s",
                               level, text);
        }
        cr_expect_eq(count, 1, "level %zu: %d\n%s", level, count, text);
        level++;
    }
    cr_expect_eq(level, curves->count, "%s", text);
}

Test(levels, averages_stand_at_their_values)
{
    static const struct {
        const char *script, *arguments;
    } cases[] = { { cows, "" }, { nails, "treatment" }, { bacteria, "trt" }, { items, "temp" } };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct shown s;
        struct result *result;

        show(&s, cases[i].script, cases[i].arguments, 1);
        result = plot_of(s.session, cases[i].arguments);
        for (int w = 0; w < WIDTHS; w++)
            for (int charset = CHARSET_ASCII; charset <= CHARSET_BLOCK; charset++) {
                struct style style = {
                    .format = FORMAT_TEXT, .width = widths[w], .digits = 4, .charset = (enum charset)charset, .hints = true
                };
                struct text out = { 0 };
                const char *body;

                cr_assert(plot_draw(result->last->as.plot, &style, &out));
                body = strstr(text_string(&out), s.curves.response);
                cr_assert_not_null(body);
                check_averages(strchr(body, '\n') + 1, (enum charset)charset, &s.curves);
                text_clear(&out);
            }
        result_free(result);
        hide(&s);
    }
}

/* A level stands at its own name, or where names have no room at its number with a key. */
Test(levels, names_or_numbers)
{
    struct session *session = session_of(cows);
    const char *longer[] = { "never treated before", "treated once", "treated more than once, with success" };
    double x[] = { 1, 2, 3 }, y[] = { 0.1, 0.2, 0.3 };

    for (int w = 0; w < WIDTHS; w++) {
        struct style style = { .format = FORMAT_TEXT, .width = widths[w], .digits = 4, .charset = CHARSET_BLOCK, .hints = true };
        struct arena *arena = arena_new();
        struct plot plot = { .arena = arena };
        struct text out = { 0 };
        bool named = widths[w] > 3 * 38;

        plot_labels(&plot, PLOT_XY, "title", "therapy", "probability");
        plot_names(&plot, 3, longer);
        plot_series(&plot, MARK_LINE, "average", 3, x, y);
        cr_assert(plot_draw(&plot, &style, &out));
        check_lines(text_string(&out), widths[w], CHARSET_BLOCK);
        cr_expect_eq(strstr(text_string(&out), "therapy: 1 never") == NULL, named, "%s", text_string(&out));
        for (int i = 0; i < 3 && named; i++)
            cr_expect_not_null(strstr(text_string(&out), longer[i]), "%s", text_string(&out));
        text_clear(&out);
        arena_free(arena);
    }
    session_free(session);
}

/* More levels than there is room for: some, and that is said; those out of range are marked. */
Test(levels, too_many_and_too_far)
{
    struct session *session = session_of(many);
    struct style style = { .format = FORMAT_TEXT, .width = 40, .digits = 4, .charset = CHARSET_ASCII, .hints = true };
    struct text out = { 0 };
    struct result *result;
    struct plot *plot;

    session->settings.width = 40;
    result = plot_of(session, "Subject");
    plot = result->last->as.plot;
    cr_expect_eq(plot->x_name_count, 8);
    cr_expect_not_null(strstr(plot->statement, "showing 8 of 18 levels"), "%s", plot->statement);
    plot->has_y_range = true;
    plot->y_range[0] = 280;
    plot->y_range[1] = 320;
    cr_assert(plot_draw(plot, &style, &out));
    check_lines(text_string(&out), 40, CHARSET_ASCII);
    cr_expect_not_null(strstr(text_string(&out), "^ v out of range"), "%s", text_string(&out));
    text_clear(&out);
    result_free(result);
    session_free(session);
}

/* --- lines that fit --------------------------------------------------------------------------------------- */

Test(line, the_longest_wording_that_fits)
{
    struct arena *arena = arena_new();
    static const struct {
        int columns;
        const char *put;
    } cases[] = { { 40, "SD 0.6423, the estimate \xe2\x88\x9a" },
                  { 25, "SD 0.6423, the estimate \xe2\x88\x9a" },
                  { 24, "SD 0.6423" },
                  { 9, "SD 0.6423" },
                  { 6, "SD \xe2\x80\xa6" } };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct canvas canvas;
        struct text out = { 0 };
        struct line line;

        canvas_init(&canvas, cases[i].columns, CHARSET_BLOCK);
        line_begin(&line, &canvas, arena);
        line_offer(&line, "SD 0.6423, the estimate \xe2\x88\x9a");
        line_offer(&line, "SD 0.6423");
        cr_assert(line_put(&line, &canvas, 0, 0));
        cr_assert(canvas_write(&canvas, false, &out));
        cr_expect_eq(strncmp(text_string(&out), cases[i].put, strlen(cases[i].put)), 0, "%d: %s", cases[i].columns,
                     text_string(&out));
        cr_expect_eq(out.length, strlen(cases[i].put) + 1);
        text_clear(&out);
        canvas_clear(&canvas);
    }
    arena_free(arena);
}
