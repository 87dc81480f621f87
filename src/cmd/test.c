/* test.c -- linear hypotheses about the fixed effects, in words. */
#include "cmd/derivation.h"
#include "lang/command.h"
#include "report/headline.h"
#include "report/imputed.h"
#include "report/inference.h"
#include "report/naming.h"
#include "report/tables.h"

#include <math.h>
#include <string.h>

#include "fit/method.h"
#include "infer/ci.h"
#include "infer/equivalence.h"
#include "infer/hypothesis.h"
#include "model/family.h"
#include "result/number.h"
#include "result/value.h"

struct test_call {
    double margin;
    int side; /* enum equivalence_side */
    int ddf;
};

enum { OPTION_OF_MARGIN, OPTION_OF_SIDE, OPTION_OF_DDF };

static const char *const sides[] = { "equivalent", "noninferior", "nonsuperior", NULL };

static const struct option options[] = {
    { .name = "margin",
      .type = OPTION_REAL,
      .offset = offsetof(struct test_call, margin),
      .word = "M",
      .help = "tests that the two sides differ by less than this, instead of not at all" },
    { .name = "side",
      .type = OPTION_ENUM,
      .offset = offsetof(struct test_call, side),
      .choices = sides,
      .word = "SIDE",
      .help = "with margin=: equivalent (the default), noninferior (not lower by M or more), nonsuperior (not higher)" },
    OPTION_DDF(struct test_call, ddf),
    { 0 },
};

static const struct example examples[] = {
    { "load sleepstudy; fit Reaction ~ Days + (Days | Subject); test Days = 10", "a coefficient against a number" },
    { "load cbpp; fit cbind(incidence, size - incidence) ~ factor(period) + (1 | herd), family=binomial; test "
      "factor(period)2 = factor(period)3 = factor(period)4",
      "three periods alike, at once" },
    { "load cake; fit angle ~ recipe + factor(temp) + (1 | recipe:replicate); test recipe; test recipeB - recipeC = 0, "
      "margin=3",
      "a term of the formula; and whether two recipes are as good as the same" },
    { 0 },
};

static const enum complete completes[] = { COMPLETE_COEFFICIENT, COMPLETE_NOTHING };

struct test_job {
    struct session *session;
    const struct model *model;
    struct linear linear;
    struct hypotheses hypotheses;
    struct linear_estimate *each; /* of each hypothesis */
    struct linear_test joint;
    bool has_margin;
    double margin;
    enum equivalence_side side;
    struct equivalence equivalence;
};

/* --- what is computed ------------------------------------------------------------------------------- */

static bool compute(struct test_job *job, const struct call *call, struct glmm_error *err)
{
    const struct stated_rows *rows = &job->hypotheses.rows;
    bool ok = (job->each = arena_alloc(call->arena, rows->n + 1, sizeof *job->each)) != NULL || fail_memory(err);

    for (size_t i = 0; ok && i < rows->n; i++)
        ok = (progress_tell(&job->session->progress, "hypothesis", (double)i, (double)rows->n, (double)NAN)
              || fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped before the hypotheses were tested"))
             && linear_estimate(&job->linear, rows, i, &job->each[i], err);
    ok = ok && linear_test(&job->linear, rows, job->hypotheses.right, &job->joint, err);
    if (ok && job->joint.verdict == LINEAR_CONTRADICTORY)
        return fail(err, GLMM_E_VALUE, call->argument_at, "`%.80s` contradicts the hypotheses before it",
                    job->hypotheses.words[job->joint.at]);
    if (ok && job->has_margin)
        equivalence_test(job->each[0].estimate, job->hypotheses.right[0], job->each[0].se, job->each[0].df, job->margin,
                         job->side, job->session->settings.level, &job->equivalence);
    return ok;
}

/* --- what is shown ---------------------------------------------------------------------------------- */

static void keys(struct result *result, const struct test_job *job)
{
    struct arena *arena = result->arena;
    size_t n = job->hypotheses.rows.n;
    double *numbers = arena_alloc(arena, 2 * n + 1, sizeof *numbers);

    for (size_t i = 0; numbers != NULL && i < n; i++) {
        numbers[i] = job->each[i].estimate;
        numbers[n + i] = job->each[i].se;
    }
    result_string(result, "model", job->model->name);
    result_string(result, "ddf", linear_ddf_name(job->linear.ddf));
    result_value(result, "hypotheses", value_strings(arena, job->hypotheses.words, n));
    if (numbers == NULL) {
        result->failed = true;
        return;
    }
    result_value(result, "estimate", value_reals_known(arena, numbers, n));
    result_value(result, "se", value_reals_known(arena, numbers + n, n));
}

struct columns {
    size_t hypothesis, estimate, se, df, statistic, p, interval;
};

static struct columns columns_of(struct table *table, struct arena *arena, const struct test_job *job)
{
    bool t = job->linear.ddf != LINEAR_NORMAL;
    struct columns c;

    c.hypothesis = table_column(table, "hypothesis", "hypothesis", CELL_TEXT);
    c.estimate = table_column(table, "estimate", "estimate", CELL_REAL);
    c.se = table_column(table, "se", "Std.Err.", CELL_REAL);
    c.df = table_column(table, "df", "df", CELL_REAL);
    c.statistic = table_column(table, "statistic", t ? "t" : "z", CELL_REAL);
    c.p = table_column(table, "p", "p", CELL_P);
    c.interval = table_interval(table, "lower", "upper", interval_heading(arena, job->session->settings.level, &job->linear));
    column_derives(table, c.estimate, DERIVED_HYPOTHESIS, 0);
    column_derives(table, c.se, DERIVED_LINEAR_SE, 0);
    column_derives(table, c.df, DERIVED_LINEAR_DF, 0);
    column_derives(table, c.statistic, DERIVED_LINEAR_T, 0);
    column_derives(table, c.p, DERIVED_LINEAR_P, 0);
    column_derives(table, c.interval, DERIVED_LINEAR_INTERVAL, 0);
    table_decimals(table, c.df, 2);
    table_statistic(table, c.statistic, 2);
    if (!t)
        table_flags(table, c.df, COLUMN_NOT_TEXT);
    return c;
}

static void estimates_table(struct result *result, const struct test_job *job)
{
    const struct settings *settings = &job->session->settings;
    struct table *table = result_table(result, "rows", NULL);
    struct columns c = columns_of(table, result->arena, job);
    size_t n = job->hypotheses.rows.n;
    double *values = arena_alloc(result->arena, 2 * n + 1, sizeof *values);
    int decimals;

    for (size_t i = 0; values != NULL && i < n; i++) {
        values[i] = job->each[i].estimate;
        values[n + i] = job->each[i].se;
    }
    decimals = values == NULL ? settings->digits : fitting_decimals_or_own(values, values + n, n, settings->digits);
    table_estimate_decimals(table, (struct estimate_columns){ c.estimate, c.se, c.interval }, decimals);
    for (size_t i = 0; i < n; i++) {
        const struct linear_estimate *one = &job->each[i];
        size_t row = table_row(table);
        struct wald wald, shifted;

        table_text(table, row, c.hypothesis, job->hypotheses.words[i]);
        table_real_known(table, row, c.estimate, one->estimate);
        table_real_known(table, row, c.se, one->se);
        if (!isfinite(one->se)) {
            table_none(table, row, c.df);
            table_none(table, row, c.statistic);
            table_none(table, row, c.p);
            table_none(table, row, c.interval);
            continue;
        }
        wald_test(one->estimate, one->se, one->df, settings->level, &wald);
        wald_test(one->estimate - job->hypotheses.right[i], one->se, one->df, settings->level, &shifted);
        if (job->linear.ddf != LINEAR_NORMAL)
            table_real(table, row, c.df, one->df);
        table_real_known(table, row, c.statistic, shifted.statistic);
        table_real_known(table, row, c.p, shifted.p);
        table_pair(table, row, c.interval, wald.lower, wald.upper);
    }
}

/* Where the estimate has no error: the note below says why. */
static void untested_margin(struct result *result, double margin)
{
    static const char *const keys[] = {
        "lower_statistic", "lower_p", "upper_statistic", "upper_p", "margin_lower", "margin_upper"
    };

    result_real(result, "margin", margin);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        result_null(result, keys[i]);
    result_line(result, LINE_TEXT, "without an error there is no test against a margin");
}

/* "0.95" of a level as an error: "5%". */
static void margin_lines(struct result *result, const struct test_job *job)
{
    const struct equivalence *e = &job->equivalence;
    struct item *fields;
    double alpha = 1 - job->session->settings.level;
    bool t = job->linear.ddf != LINEAR_NORMAL, lower = job->side != SIDE_NONSUPERIOR, upper = job->side != SIDE_NONINFERIOR;
    char number[4][NUMBER_SIZE];

    if (!isfinite(e->p)) {
        untested_margin(result, job->margin);
        result_string(result, "side", sides[job->side]);
        return;
    }
    fields = result_fields(result);
    result_string(result, "side", sides[job->side]);
    field_real(result, fields, "margin", "margin", job->margin, -1);
    field_real(result, fields, "lower_statistic", lower ? (t ? "t above -M" : "z above -M") : NULL, e->lower_t, 2);
    field_p(result, fields, "lower_p", lower ? "p" : NULL, e->lower_p);
    field_real(result, fields, "upper_statistic", upper ? (t ? "t below M" : "z below M") : NULL, e->upper_t, 2);
    field_p(result, fields, "upper_p", upper ? "p" : NULL, e->upper_p);
    result_real(result, "margin_lower", e->lower);
    result_real(result, "margin_upper", e->upper);
    result_line(result, LINE_TEXT, "%s%s: p %s; %g%% interval [%s, %s]", e->p < alpha ? "" : "not shown to be ", sides[job->side],
                number_p(number[0], e->p), 100 * (1 - 2 * alpha), number_text(number[1], e->lower, 4),
                number_text(number[2], e->upper, 4));
    result_line(result, LINE_NOTE, "one-sided at %g%%: the hypothesis is that the difference is %s; the interval has to lie %s",
                100 * alpha,
                job->side == SIDE_EQUIVALENT    ? "M or more, either way"
                : job->side == SIDE_NONINFERIOR ? "-M or less"
                                                : "M or more",
                job->side == SIDE_EQUIVALENT    ? "between -M and M around the right side"
                : job->side == SIDE_NONINFERIOR ? "above -M"
                                                : "below M");
}

static struct value *known_value(struct arena *arena, double x)
{
    return isfinite(x) ? value_real(arena, x) : value_null(arena);
}

static struct result *test_result(const struct test_job *job)
{
    const struct model *model = job->model;
    struct result *result = result_new("test");
    const struct hypotheses *h = &job->hypotheses;

    if (result == NULL)
        return NULL;
    keys(result, job);
    result_line(result, LINE_TITLE, "%s   %s   %s     linear hypothes%ss", model->name, model->text,
                method_name(model->fit->method), h->rows.n == 1 ? "i" : "e");
    estimates_table(result, job);
    if (job->has_margin) {
        double den_df = job->linear.ddf == LINEAR_NORMAL ? (double)NAN : job->joint.den_df;

        result_integer(result, "num_df", 1);
        result_value(result, "den_df", known_value(result->arena, den_df));
        result_value(result, "statistic", known_value(result->arena, job->equivalence.t));
        result_value(result, "p", known_value(result->arena, job->equivalence.p));
        margin_lines(result, job);
    } else {
        joint_fields(result, &job->joint);
    }
    if (job->joint.verdict == LINEAR_TESTED && (size_t)job->joint.num_df < h->rows.n)
        result_line(result, LINE_NOTE, "%d of the %zu hypotheses %s from the others", (int)h->rows.n - job->joint.num_df,
                    h->rows.n, (int)h->rows.n - job->joint.num_df == 1 ? "follows" : "follow");
    if (model->fit->link->kind != LINK_IDENTITY)
        result_line(result, LINE_NOTE, "coefficients are on the scale of the link (%s)", model->fit->link->scale);
    untested_note(result, &job->linear, job->joint.verdict, h->left[job->joint.at]);
    pooled_note(result, job->model->fit);
    caution_notes(result, model->fit);
    return result;
}

/* --- the command ------------------------------------------------------------------------------------ */

static bool read_margin(struct test_job *job, const struct call *call, struct glmm_error *err)
{
    const struct test_call *given = call->options;

    job->has_margin = call->option_at[OPTION_OF_MARGIN].begin >= 0;
    job->margin = given->margin;
    job->side = given->side;
    if (!job->has_margin && call->option_at[OPTION_OF_SIDE].begin >= 0) {
        fail(err, GLMM_E_USAGE, call->option_at[OPTION_OF_SIDE], "side= is of a margin");
        error_hint(err, "margin=M says how large a difference matters");
        return false;
    }
    if (job->has_margin && !(job->margin > 0))
        return fail(err, GLMM_E_VALUE, call->option_at[OPTION_OF_MARGIN], "margin= is a difference, above 0");
    if (job->has_margin && job->hypotheses.rows.n != 1)
        return fail(err, GLMM_E_USAGE, call->option_at[OPTION_OF_MARGIN], "margin= is of one hypothesis, and here are %zu",
                    job->hypotheses.rows.n);
    return true;
}

static bool run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct test_call *given = call->options;
    struct test_job job = { .session = session };
    struct model *model;
    int from;
    bool ok;

    if ((model = text_fitted_model(session, call, &from, err)) == NULL)
        return false;
    job.model = model;
    if (call->argument[from] == '\0') {
        fail(err, GLMM_E_USAGE, NOWHERE, "`test` needs a hypothesis about coefficients");
        error_hint(err, "for example: test %.60s = 0", model->design->p > 0 ? model->design->names[model->design->p - 1] : "x");
        return false;
    }
    if (!hypotheses_parse(model->design, call->argument + from, strlen(call->argument + from), call->arena, &job.hypotheses,
                          err)) {
        if (err != NULL && err->at.begin >= 0)
            error_shift(err, call->argument_at.begin + from);
        return false;
    }
    if (!read_margin(&job, call, err))
        return false;
    ok = call_linear(session, call, OPTION_OF_DDF, given->ddf, model, &job.linear, err) && compute(&job, call, err)
         && emit(session, test_result(&job), err);
    linear_clear(&job.linear);
    return ok;
}

const struct command command_test = {
    .name = "test",
    .usage = "test [MODEL] HYPOTHESIS [and HYPOTHESIS...]",
    .brief = "test linear hypotheses about the fixed effects",
    .help =
        "A hypothesis sets sums of coefficients equal to each other or to a number, as `summary` names them: x = 0, a - b = 1, "
        "(b2 + b3)/2 = b4. In b2 = b3 = b4 each equals the next; in b2 = b3 = 0 each equals the number. Several are joined "
        "by `and`. A term of the formula alone (test period) stands for all of its coefficients being 0. Each hypothesis "
        "is shown with its own t, and all together are tested by F, with the degrees of freedom of `set ddf`, or by "
        "chi-squared where there are none.\n"
        "\n"
        "margin=M turns the question around: that the two sides differ by less than M is shown by two one-sided tests "
        "(equivalence), that the left is not lower by M or more by one (side=noninferior). The larger p of the two counts.\n"
        "\n"
        "In R this is linearHypothesis, glht, contest or testLinear; in Stata `test`, in SAS CONTRAST and ESTIMATE.",
    .arguments = ARGUMENT_TEXT,
    .complete = completes,
    .options = options,
    .options_size = sizeof(struct test_call),
    .examples = examples,
    .flags = COMMAND_LONG | COMMAND_POOLS,
    .run = run,
};
