/* means.c -- estimated marginal means over a reference grid. */
#include "cmd/derivation.h"
#include "cmd/means-call.h"

#include <math.h>
#include <string.h>

#include "infer/ratio.h"
#include "model/family.h"
#include "report/tables.h"

struct call_of_means {
    struct means_call means;
};

static const struct option options[] = {
    MEANS_OPTIONS_OF(struct call_of_means),
    { .name = "scale",
      .type = OPTION_ENUM,
      .offset = offsetof(struct call_of_means, means.scale),
      .choices = means_scales,
      .word = "SCALE",
      .help =
          "link: of the linear predictor; response: of the response in the typical group, geometric means where it is log(y); "
          "population: averaged over the groups",
      .also = "type regrid transform bias.adjust" },
    OPTION_DDF(struct call_of_means, means.ddf),
    { 0 },
};

static const struct example examples[] = {
    { "load cake; fit angle ~ recipe * factor(temp) + (1 | recipe:replicate); means recipe",
      "a mean of each recipe, over temperatures" },
    { "load orthodont; fit distance ~ age * Sex + (age | Subject); means Sex, by=age at=\"age=8, 14\"", "at two ages" },
    { "load cbpp; fit cbind(incidence, size - incidence) ~ factor(period) + (1 | herd), family=binomial; means period, "
      "scale=population",
      "probabilities, averaged over herds" },
    { 0 },
};

static const enum complete completes[] = { COMPLETE_FITTED_MODEL, COMPLETE_VARIABLE, COMPLETE_NOTHING };

struct columns {
    size_t first, object, estimate, se, df, interval;
};

static struct columns columns_of(struct table *table, struct arena *arena, const struct means_job *job)
{
    const struct fit *fit = job->model->fit;
    bool link = job->scale == SCALE_LINK && fit->link->kind != LINK_IDENTITY;
    bool geometric = means_call_geometric(job);
    unsigned power = geometric ? DERIVED_AS_RATIO : 0;
    struct columns c;

    c.first = means_call_columns(table, job, 0, job->means->variable_count, "levels", &c.object);
    c.estimate = table_column(table, "estimate",
                              geometric ? "geometric mean"
                              : link    ? arena_printf(arena, "mean (%s)", fit->link->scale)
                                        : "mean",
                              CELL_REAL);
    c.se = table_column(table, "se", "Std.Err.", CELL_REAL);
    c.df = table_column(table, "df", "df", CELL_REAL);
    c.interval = table_interval(table, "lower", "upper", interval_heading(arena, job->level, &job->linear));
    column_derives(table, c.estimate, DERIVED_REFERENCE_MEAN, power);
    column_derives(table, c.se, DERIVED_LINEAR_SE, 0);
    column_derives(table, c.df, DERIVED_LINEAR_DF, 0);
    column_derives(table, c.interval, DERIVED_LINEAR_INTERVAL,
                   geometric                  ? DERIVED_AS_RATIO
                   : job->scale == SCALE_LINK ? 0
                                              : DERIVED_ON_LINK);
    table_decimals(table, c.df, 2);
    if (job->linear.ddf == LINEAR_NORMAL)
        table_flags(table, c.df, COLUMN_NOT_TEXT);
    return c;
}

static void put_mean(struct table *table, size_t row, const struct columns *c, const struct mean_estimate *e, bool t)
{
    if (!e->estimable) {
        table_none(table, row, c->estimate);
        table_none(table, row, c->se);
        table_none(table, row, c->df);
        table_none(table, row, c->interval);
        return;
    }
    table_real_known(table, row, c->estimate, e->estimate);
    table_real_known(table, row, c->se, e->se);
    if (t)
        table_real_known(table, row, c->df, e->df);
    table_pair_known(table, row, c->interval, e->lower, e->upper);
}

static bool rows_table(struct result *result, const struct means_job *job, struct means_dashes *dashes, struct glmm_error *err)
{
    struct table *table = result_table(result, "rows", NULL);
    struct columns c = columns_of(table, result->arena, job);
    size_t n = (size_t)job->means->count;
    struct mean_estimate *each = arena_alloc(result->arena, n + 1, sizeof *each);
    double *values = arena_alloc(result->arena, 2 * n + 1, sizeof *values);
    int decimals;

    if (each == NULL || values == NULL)
        return fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        if (!progress_tell(&job->session->progress, "mean", (double)i, (double)n, (double)NAN))
            return fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped before the means were shown");
        if (!means_estimate(job->means, &job->linear, (int)i, job->scale, job->level, &each[i], err))
            return false;
        means_call_dash(dashes, job, each[i].estimable, each[i].estimate, each[i].se);
        values[i] = each[i].estimate;
        values[n + i] = each[i].se;
    }
    decimals = fitting_decimals_or_own(values, values + n, n, job->session->settings.digits);
    table_estimate_decimals(table, (struct estimate_columns){ c.estimate, c.se, c.interval }, decimals);
    for (size_t i = 0; i < n; i++) {
        size_t row = table_row(table);

        means_call_levels(table, result->arena, row, job, (int)i, 0, job->means->variable_count, c.first, c.object);
        put_mean(table, row, &c, &each[i], job->linear.ddf != LINEAR_NORMAL);
    }
    return true;
}

static void scale_note(struct result *result, const struct means_job *job)
{
    const struct fit *fit = job->model->fit;
    bool random = design_term_count(fit->design) > 0;

    if (means_call_geometric(job))
        result_line(result, LINE_NOTE, "geometric means of %s; intervals are made on the scale of the logarithm%s",
                    ratio_mean_of(job->model, result->arena),
                    fit->mean_link != fit->link ? "; `margins` has the mean of the response" : "");
    else
        means_call_transformed(result, job, false);
    if (fit->link->kind == LINK_IDENTITY)
        return;
    if (fit->family->categories > 0)
        result_line(result, LINE_NOTE, "on the latent scale, above the mean of the thresholds; `margins` has the probabilities");
    else if (job->scale == SCALE_LINK)
        result_line(result, LINE_NOTE, "on the scale of the link; scale=response brings them back%s",
                    random ? ", scale=population averages over the groups too" : "");
    else if (!random)
        return; /* the means, and no others */
    else if (job->scale == SCALE_RESPONSE)
        result_line(result, LINE_NOTE,
                    "of the typical group, whose random effects are 0; scale=population averages over the groups");
    else
        result_line(result, LINE_NOTE, "averaged over the random effects by integration; errors hold their variances' too");
}

static bool run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct call_of_means *given = call->options;
    struct result *result = NULL;
    struct means_job job;
    bool ok = means_call_read(session, call, &given->means, &job, err);
    struct means_dashes dashes = { 0 };

    if (ok && (result = result_new("means")) == NULL)
        ok = fail_memory(err);
    if (ok) {
        means_call_head(result, &job, "means");
        result_string(result, "scale", means_call_scale(&job));
        result_string(result, "ddf", linear_ddf_name(job.linear.ddf));
        means_call_held(result, &job);
        ok = rows_table(result, &job, &dashes, err);
    }
    if (ok) {
        scale_note(result, &job);
        means_call_notes(result, &job, &dashes);
        ok = emit(session, result, err);
    } else {
        result_free(result);
    }
    means_call_clear(&job);
    return ok;
}

const struct command command_means = {
    .name = "means",
    .usage = "means [MODEL] VARIABLE...",
    .brief = "show estimated marginal means of factors",
    .help =
        "The mean of the response for each combination of levels of the variables, as the model has it on a balanced grid: other "
        "factors are averaged over, each level counting alike (weights=), and numbers stand at their mean (at= chooses other "
        "values). Levels of a factor that is nested in another one (villages in districts, or b in `a/b`) are averaged over "
        "where "
        "they are. In R these are emmeans, in SAS least-squares means. A mean that the data do not determine, because a cell is "
        "empty, is a dash.\n"
        "\n"
        "`margins` has the other kind of mean, over the rows as they are; `contrast` compares the means, `slopes` does this for "
        "slopes of a number.",
    .arguments = ARGUMENT_WORDS,
    .complete = completes,
    .options = options,
    .options_size = sizeof(struct call_of_means),
    .examples = examples,
    .flags = COMMAND_LONG | COMMAND_POOLS,
    .run = run,
};
