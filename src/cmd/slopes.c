/* slopes.c -- slopes of a number by levels of others, and where along another number they differ from 0. */
#include "cmd/derivation.h"
#include "cmd/means-call.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "cmd/verb.h"
#include "fit/method.h"
#include "infer/contrast.h"
#include "infer/slopes.h"
#include "lang/at.h"
#include "model/family.h"
#include "report/headline.h"
#include "report/naming.h"
#include "report/tables.h"
#include "result/number.h"
#include "result/value.h"

struct slopes_call {
    struct means_call means; /* its by= is that of the words */
    bool pairs;
};

/* The places of MEANS_OPTION_... */
static const struct option options[] = {
    MEANS_OPTIONS_OF(struct slopes_call),
    { .name = "scale",
      .type = OPTION_ENUM,
      .offset = offsetof(struct slopes_call, means.scale),
      .choices = (const char *const[]){ "link", NULL },
      .word = "link",
      .help = "slopes are those of the linear predictor" },
    OPTION_DDF(struct slopes_call, means.ddf),
    { .name = "pairs",
      .type = OPTION_FLAG,
      .offset = offsetof(struct slopes_call, pairs),
      .help = "the differences of the slopes too, adjusted after Tukey" },
    { 0 },
};

static const struct example examples[] = {
    { "load orthodont; fit distance ~ age * Sex + (age | Subject); slopes age by Sex, pairs", "growth of girls and boys" },
    { "load epil; fit y ~ lbase * trt + lage + (1 | subject), family=poisson; slopes lbase by trt", "on the log scale" },
    { "load sleepstudy; fit Reaction ~ poly(Days, 2) + (1 | Subject); slopes Days, at=\"Days=1, 8\"",
      "of a curve, at two places" },
    { 0 },
};

static const enum complete completes[] = { COMPLETE_FITTED_MODEL, COMPLETE_VARIABLE, COMPLETE_NOTHING };

struct slopes_job {
    struct means_job base; /* whose means are the slopes */
    const struct asked *variable;
    const struct asked *by;
    int by_count;
    bool named; /* the model stands in the call */
    struct means_request request;
    struct neyman *neyman; /* neyman_count, the arena's: one for each combination of levels of the factors behind `by` */
    const char **where;    /* of each: "trt = placebo"; "" where there is none */
    int neyman_count;
    const char *moderator;
};

/* --- what is asked for -------------------------------------------------------------------------------- */

/* [MODEL] VARIABLE [by VARIABLE...]; those of by= stand behind these. */
static bool read_words(struct slopes_job *job, const struct call *call, const struct slopes_call *given, struct glmm_error *err)
{
    struct session *session = job->base.session;
    bool named = call->word_count > 1 && strcmp(call->words[1].text, "by") != 0
                 && session_find_model(session, call->words[0].text) != NULL;
    int at = named;
    struct asked *asked = arena_alloc(call->arena, (size_t)call->word_count + 1 + MOST_VARIABLES, sizeof *asked);

    if (asked == NULL)
        return fail_memory(err);
    if (call->word_count <= at)
        return fail(err, GLMM_E_USAGE, NOWHERE, "`slopes` needs a number of the model");
    job->base.model = call_first_fit(session, call, named, err);
    if (job->base.model == NULL)
        return false;
    for (int i = at; i < call->word_count; i++)
        asked[i] = (struct asked){ .text = call->words[i].text, .quoted = call->words[i].quoted, .at = call->words[i].at };
    job->named = named;
    job->variable = &asked[at++];
    if (at < call->word_count && strcmp(call->words[at].text, "by") != 0)
        return fail(err, GLMM_E_USAGE, call->words[at].at, "`by` belongs here: slopes %.60s by %.60s", job->variable->text,
                    call->words[at].text);
    job->by = &asked[at + 1];
    job->by_count = at < call->word_count ? call->word_count - at - 1 : 0;
    if (at < call->word_count && job->by_count == 0)
        return fail(err, GLMM_E_USAGE, call->words[at].at, "a variable belongs behind `by`");
    if (job->by_count > MOST_VARIABLES)
        return fail(err, GLMM_E_LIMIT, call->words[at + 1 + MOST_VARIABLES].at, "more than %d variables", (int)MOST_VARIABLES);
    if (!means_call_by(call, given->means.by, asked + at + 1, MOST_VARIABLES, &job->by_count, err))
        return false;
    job->request = (struct means_request){ .fit = job->base.model->fit,
                                           .variables = job->by,
                                           .count = job->by_count,
                                           .weights = given->means.weights,
                                           .at_place = call->option_at[MEANS_OPTION_AT] };
    return given->means.at == NULL || at_parse(call->arena, given->means.at, job->request.at_place, &job->request.at, err);
}

/* Over the number itself the slope has regions where it bends. */
static bool has_regions(const struct slopes_job *job, const struct column *moderator)
{
    struct predictor own;

    return !predictor_find(&own, job->base.model, job->variable, NULL) || own.column != moderator
           || slopes_bend(job->base.model, moderator->name);
}

/* A number that is no factor, without values in at=. */
static bool is_open_number(const struct slopes_job *job, const struct predictor *p)
{
    return !p->coded && (p->column->type == COLUMN_REAL || p->column->type == COLUMN_INTEGER)
           && at_find(&job->request.at, p->column->name) == NULL;
}

/* The factors beside the moderator, each at one of its levels, in turn: `at` with them added; false behind the last. */
struct neyman_walk {
    struct setting_value *values[MOST_VARIABLES];
    const char *name[MOST_VARIABLES];
    int count[MOST_VARIABLES], factors, all;
};

static bool walk_factors(const struct slopes_job *job, int moderator, struct neyman_walk *walk, struct glmm_error *err)
{
    struct arena *arena = job->base.call->arena;

    walk->all = 1;
    for (int k = 0; k < job->by_count; k++) {
        struct predictor p;
        int f = walk->factors;

        if (k == moderator)
            continue;
        if (!predictor_find(&p, job->base.model, &job->by[k], err))
            return false;
        if (at_find(&job->request.at, p.column->name) != NULL || !predictor_is_factor(&p)) {
            walk->all = 0; /* of numbers there is no end */
            return true;
        }
        if ((walk->values[f] = predictor_values(&p, arena, &walk->count[f], err)) == NULL)
            return false;
        walk->name[f] = p.column->name;
        walk->all = walk->all * walk->count[f] > NEYMAN_MOST ? 0 : walk->all * walk->count[f];
        if (walk->all == 0)
            return true;
        walk->factors++;
    }
    return true;
}

/* The request at combination c of the walk, and what it is called. */
static bool walk_to(const struct slopes_job *job, const struct neyman_walk *walk, int c, struct means_request *request,
                    const char **where)
{
    struct arena *arena = job->base.call->arena;
    int count = job->request.at.count;
    struct at_variable *more = arena_alloc(arena, (size_t)(count + walk->factors) + 1, sizeof *more);

    *request = job->request;
    *where = "";
    for (int k = 0; more != NULL && k < count; k++)
        more[k] = job->request.at.variables[k];
    for (int f = walk->factors - 1; more != NULL && *where != NULL && f >= 0; c /= walk->count[f--]) {
        const char **value = arena_alloc(arena, 1, sizeof *value);

        if (value == NULL)
            return false;
        *value = walk->values[f][c % walk->count[f]].label;
        more[count] = (struct at_variable){ .name = walk->name[f], .values = value, .count = 1 };
        count++;
        *where = arena_printf(arena, "%s = %s%s%s", walk->name[f], *value, **where == '\0' ? "" : ", ", *where);
    }
    request->at = (struct at){ .variables = more, .count = count };
    return more != NULL && *where != NULL;
}

/* The regions of the k-th variable behind `by`, at each combination of levels of the factors beside it. */
static bool find_neyman(struct slopes_job *job, int k, struct glmm_error *err)
{
    struct arena *arena = job->base.call->arena;
    struct neyman_walk walk = { .all = 0 };

    if (!walk_factors(job, k, &walk, err))
        return false;
    job->neyman = arena_alloc(arena, (size_t)walk.all + 1, sizeof *job->neyman);
    job->where = arena_alloc(arena, (size_t)walk.all + 1, sizeof *job->where);
    if (job->neyman == NULL || job->where == NULL)
        return fail_memory(err);
    for (int c = 0; c < walk.all; c++) {
        struct means_request request;

        if (!walk_to(job, &walk, c, &request, &job->where[c]))
            return fail_memory(err);
        if (!neyman_find(job->base.model, &job->base.linear, job->variable, &job->by[k], &request, job->base.level,
                         &job->neyman[c], &job->base.session->progress, err))
            return false;
    }
    job->neyman_count = walk.all;
    return true;
}

/* A number behind `by` without values of its own: a few of its values for the table, and the whole of its range. */
static bool look_at_numbers(struct slopes_job *job, struct glmm_error *err)
{
    struct arena *arena = job->base.call->arena;
    struct at_variable *more = arena_alloc(arena, (size_t)(job->request.at.count + job->by_count) + 1, sizeof *more);
    int numbers = 0;

    if (more == NULL)
        return fail_memory(err);
    for (int k = 0; k < job->request.at.count; k++)
        more[k] = job->request.at.variables[k];
    job->request.at.variables = more;
    for (int k = 0; k < job->by_count; k++) {
        struct predictor p;

        if (!predictor_find(&p, job->base.model, &job->by[k], err))
            return false;
        numbers += is_open_number(job, &p);
    }
    for (int k = 0; k < job->by_count; k++) {
        struct predictor p;
        struct setting_value *values;
        struct at_variable *v;
        int count;

        if (!predictor_find(&p, job->base.model, &job->by[k], err))
            return false;
        if (!is_open_number(job, &p))
            continue;
        job->moderator = p.column->name;
        if (numbers == 1 && has_regions(job, p.column) && !find_neyman(job, k, err))
            return false;
        if ((values = predictor_values(&p, arena, &count, err)) == NULL)
            return false;
        v = &more[job->request.at.count++];
        *v = (struct at_variable){ .name = p.column->name, .count = (size_t)count };
        if ((v->values = arena_alloc(arena, (size_t)count + 1, sizeof *v->values)) == NULL)
            return fail_memory(err);
        for (int i = 0; i < count; i++)
            if ((v->values[i] = arena_printf(arena, "%.17g", values[i].number)) == NULL)
                return fail_memory(err);
    }
    return true;
}

/* --- where they are taken --------------------------------------------------------------------------------- */

/* The number, and where its slope is taken if it bends: "age at age = 11". */
static const char *slope_name(struct arena *arena, const struct means_job *base)
{
    const struct means *m = base->means;
    const char *name = m->slope_of->name;

    if (m->hold_count == 0 || m->hold[0].column != m->slope_of)
        return name;
    return arena_printf(arena, "%s at %s = %s", name, name, m->hold[0].label);
}

/* What to type for the slopes at other values of what is held, but where at= has it. */
static bool elsewhere_note(struct result *result, const struct slopes_job *job, struct glmm_error *err)
{
    struct arena *arena = result->arena;
    const struct means *m = job->base.means;
    const char **names = arena_alloc(arena, (size_t)m->hold_count + 1, sizeof *names), *x = m->slope_of->name, *held;
    struct text typed = { 0 };
    int count = 0;
    bool ok;

    if (names == NULL)
        return fail_memory(err);
    text_add(&typed, "slopes ");
    if (job->named)
        text_addf(&typed, "%s ", job->base.model->name);
    verb_add_name(&typed, x);
    text_add(&typed, " by");
    for (int k = 0; k < m->variable_count; k++) {
        text_add(&typed, " ");
        verb_add_name(&typed, m->variables[k].predictor.column->name);
    }
    for (int k = 0; k < m->hold_count; k++)
        if (at_find(&job->request.at, m->hold[k].column->name) == NULL) {
            names[count++] = m->hold[k].column->name;
            text_add(&typed, " ");
            verb_add_name(&typed, names[count - 1]);
        }
    held = join_names(arena, names, count, ", ");
    ok = !typed.failed && held != NULL;
    if (ok && count > 0)
        result_line(result, LINE_NOTE, "another at other values of %s: %s", held, text_string(&typed));
    text_clear(&typed);
    return ok || fail_memory(err);
}

/* The number is one of the variables of the rows. */
static bool is_shown(const struct means *m)
{
    return m->variable_count > 0 && m->variables[m->variable_count - 1].predictor.column == m->slope_of;
}

static bool where_notes(struct result *result, const struct slopes_job *job, struct glmm_error *err)
{
    const struct means *m = job->base.means;
    const char *x = m->slope_of->name;

    if ((is_shown(m) || at_find(&job->request.at, x) != NULL) && !slopes_bend(job->base.model, x))
        result_line(result, LINE_NOTE, "%s enters as a line: its slope is the same at each value of %s", x, x);
    return elsewhere_note(result, job, err);
}

/* --- the tables ------------------------------------------------------------------------------------------ */

static bool rows_table(struct result *result, const struct slopes_job *job, struct means_dashes *dashes, struct glmm_error *err)
{
    const struct means_job *base = &job->base;
    const struct fit *fit = base->model->fit;
    struct table *table = result_table(result, "rows", NULL);
    size_t n = (size_t)base->means->count, object, first, estimate, se, df, interval;
    double *values = arena_alloc(result->arena, 2 * n + 1, sizeof *values);
    struct mean_estimate *each = arena_alloc(result->arena, n + 1, sizeof *each);
    bool t = base->linear.ddf != LINEAR_NORMAL;
    int decimals;

    first = means_call_columns(table, base, 0, base->means->variable_count, "levels", &object);
    estimate = table_column(
        table, "estimate",
        fit->link->kind == LINK_IDENTITY ? "slope" : arena_printf(result->arena, "slope (%s)", fit->link->scale), CELL_REAL);
    se = table_column(table, "se", "Std.Err.", CELL_REAL);
    df = table_column(table, "df", "df", CELL_REAL);
    interval = table_interval(table, "lower", "upper", interval_heading(result->arena, base->level, &base->linear));
    column_derives(table, estimate, DERIVED_SLOPE, 0);
    column_derives(table, se, DERIVED_LINEAR_SE, 0);
    column_derives(table, df, DERIVED_LINEAR_DF, 0);
    column_derives(table, interval, DERIVED_LINEAR_INTERVAL, 0);
    if (values == NULL || each == NULL)
        return fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        if (!means_estimate(base->means, &base->linear, (int)i, SCALE_LINK, base->level, &each[i], err))
            return false;
        means_call_dash(dashes, base, each[i].estimable, each[i].estimate, each[i].se);
        values[i] = each[i].estimate;
        values[n + i] = each[i].se;
    }
    decimals = fitting_decimals_or_own(values, values + n, n, base->session->settings.digits);
    table_estimate_decimals(table, (struct estimate_columns){ estimate, se, interval }, decimals);
    table_decimals(table, df, 2);
    if (!t)
        table_flags(table, df, COLUMN_NOT_TEXT);
    for (size_t i = 0; i < n; i++) {
        size_t row = table_row(table);

        means_call_levels(table, result->arena, row, base, (int)i, 0, base->means->variable_count, first, object);
        table_real_known(table, row, estimate, each[i].estimate);
        table_real_known(table, row, se, each[i].se);
        if (t)
            table_real_known(table, row, df, each[i].df);
        table_pair_known(table, row, interval, each[i].lower, each[i].upper);
    }
    return true;
}

static bool pairs_table(struct result *result, const struct slopes_job *job, struct glmm_error *err)
{
    const struct means_job *base = &job->base;
    const struct contrast_request request = { .method = CONTRAST_OF_PAIRS, .adjust = ADJUST_TUKEY, .level = base->level };
    struct contrasts_of *pairs = contrasts_new(base->means, &base->linear, &request, err);
    struct table *table;
    size_t name, estimate, se, df, statistic, p, interval;
    bool alike = false;

    if (pairs == NULL)
        return false;
    table = result_table(result, "contrasts", NULL);
    name = table_column(table, "contrast", "contrast", CELL_TEXT);
    estimate = table_column(table, "estimate", "difference", CELL_REAL);
    se = table_column(table, "se", "Std.Err.", CELL_REAL);
    df = table_column(table, "df", "df", CELL_REAL);
    statistic = table_column(table, "statistic", base->linear.ddf == LINEAR_NORMAL ? "z" : "t", CELL_REAL);
    p = table_column(table, "p", "p", CELL_P);
    interval = table_interval(table, "lower", "upper", interval_heading(result->arena, base->level, &base->linear));
    column_derives(table, estimate, DERIVED_SLOPE_DIFFERENCE, 0);
    column_derives(table, se, DERIVED_LINEAR_SE, 0);
    column_derives(table, df, DERIVED_LINEAR_DF, 0);
    column_derives(table, statistic, DERIVED_LINEAR_T, 0);
    column_derives(table, p, DERIVED_LINEAR_P, pairs->family > 1 ? DERIVED_TOGETHER : 0);
    column_derives(table, interval, DERIVED_LINEAR_INTERVAL, 0);
    table_decimals(table, df, 2);
    table_statistic(table, statistic, 2);
    if (base->linear.ddf == LINEAR_NORMAL)
        table_flags(table, df, COLUMN_NOT_TEXT);
    means_call_contrast_decimals(table, (struct estimate_columns){ estimate, se, interval }, pairs, base, result->arena);
    for (int i = 0; i < pairs->count; i++) {
        const struct contrast_row *r = &pairs->rows[i];
        size_t row = table_row(table);

        table_text(table, row, name, r->name);
        table_real_known(table, row, estimate, r->estimate);
        table_real_known(table, row, se, r->se);
        alike = alike || r->se == 0;
        if (base->linear.ddf != LINEAR_NORMAL)
            table_real_known(table, row, df, r->se == 0 ? (double)NAN : r->df);
        table_real_known(table, row, statistic, r->statistic);
        table_real_known(table, row, p, r->p);
        table_pair_known(table, row, interval, r->lower, r->upper);
    }
    alike_note(result, alike, "slopes differ where the formula has an interaction");
    if (pairs->family > 1)
        result_line(result, LINE_NOTE, "differences: p and intervals adjusted for %d pairs by Tukey's studentized range",
                    pairs->family);
    contrasts_free(pairs);
    return true;
}

/* --- Johnson and Neyman ------------------------------------------------------------------------------------ */

static void add_region(struct result *result, struct value *regions, const struct slopes_job *job, int c, int i)
{
    const struct neyman *n = &job->neyman[c];
    struct value *region = value_object(result->arena);

    if (*job->where[c] != '\0')
        value_set(result->arena, region, "where", value_string(result->arena, job->where[c]));
    value_set(result->arena, region, "from", value_real(result->arena, n->from[i]));
    value_set(result->arena, region, "to", value_real(result->arena, n->to[i]));
    value_set(result->arena, region, "sign", value_integer(result->arena, n->sign[i]));
    value_append(regions, region);
}

/* The slope over the range, and what is said of its regions, of combination c. */
static void neyman_part(struct result *result, const struct slopes_job *job, int c, struct value *regions)
{
    const struct neyman *n = &job->neyman[c];
    const char *w = job->moderator, *where = job->where[c], *x = slope_name(result->arena, &job->base);
    const char *comma = *where == '\0' ? "" : ", ";
    struct plot *plot = result_plot(result, NULL);
    char number[2][NUMBER_SIZE];

    plot_labels(plot, PLOT_XY, NULL, w, arena_printf(result->arena, "slope of %s%s%s", x, comma, where));
    plot_series(plot, MARK_FAINT, arena_printf(result->arena, "%g%% interval", 100 * job->base.level), NEYMAN_POINTS, n->w,
                n->lower);
    plot_series(plot, MARK_FAINT, NULL, NEYMAN_POINTS, n->w, n->upper);
    plot_series(plot, MARK_LINE, "slope", NEYMAN_POINTS, n->w, n->slope);
    plot_reference(plot, false, 0, NULL);
    for (int i = 0; i < n->count; i++) {
        add_region(result, regions, job, c, i);
        result_line(result, LINE_TEXT, "The slope of %s is %s 0 where %s%s%s is from %s to %s.", x,
                    n->sign[i] > 0 ? "above" : "below", where, *where == '\0' ? "" : " and ", w,
                    number_text(number[0], n->from[i], 4), number_text(number[1], n->to[i], 4));
    }
    if (n->count == 0)
        result_line(result, LINE_TEXT, "Nowhere in the range of %s does the slope of %s differ from 0%s%s.", w, x,
                    *where == '\0' ? "" : " where ", where);
}

static void neyman_parts(struct result *result, const struct slopes_job *job)
{
    struct value *regions = value_array(result->arena);

    for (int c = 0; c < job->neyman_count; c++)
        neyman_part(result, job, c, regions);
    result_value(result, "regions", regions);
    result_line(result, LINE_NOTE, "Johnson and Neyman's regions, within the range of %s in the data, at %g%% each by itself",
                job->moderator, 100 * (1 - job->base.level));
}

/* --- the result -------------------------------------------------------------------------------------------- */

static void head(struct result *result, const struct slopes_job *job)
{
    const struct model *model = job->base.model;
    const char **names = arena_alloc(result->arena, (size_t)job->by_count + 1, sizeof *names);

    for (int k = 0; names != NULL && k < job->by_count; k++)
        names[k] = job->base.means->variables[k].predictor.column->name;
    result_string(result, "model", model->name);
    result_string(result, "variable", job->variable->text);
    result_value(result, "by", names == NULL ? NULL : value_strings(result->arena, names, (size_t)job->by_count));
    result_string(result, "ddf", linear_ddf_name(job->base.linear.ddf));
    means_call_held(result, &job->base);
    if (names != NULL)
        result_line(result, LINE_TITLE, "%s   %s   %s     slopes of %s%s%s", model->name, model->text,
                    method_name(model->fit->method), slope_name(result->arena, &job->base), job->by_count > 0 ? " by " : "",
                    job->by_count > 0 ? join_names(result->arena, names, job->by_count, ", ") : "");
}

static bool run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct slopes_call *given = call->options;
    struct slopes_job job = { .base = { .session = session, .call = call, .level = session->settings.level } };
    struct result *result = NULL;
    struct means_dashes dashes = { 0 };
    bool ok = read_words(&job, call, given, err)
              && call_linear(session, call, MEANS_OPTION_DDF, given->means.ddf, job.base.model, &job.base.linear, err)
              && look_at_numbers(&job, err)
              && (job.base.means = slopes_new(job.base.model, job.variable, &job.request, &session->progress, err)) != NULL;

    if (ok && given->pairs && job.base.means->count < 2)
        ok = fail(err, GLMM_E_USAGE, NOWHERE, "there is one slope, and so no pair");
    if (ok && (result = result_new("slopes")) == NULL)
        ok = fail_memory(err);
    if (ok) {
        head(result, &job);
        ok = rows_table(result, &job, &dashes, err) && (!given->pairs || pairs_table(result, &job, err));
    }
    if (ok) {
        if (job.neyman_count > 0)
            neyman_parts(result, &job);
        means_call_notes(result, &job.base, &dashes);
        ok = where_notes(result, &job, err);
    }
    if (ok)
        ok = emit(session, result, err);
    else
        result_free(result);
    means_call_clear(&job.base);
    return ok;
}

const struct command command_slopes = {
    .name = "slopes",
    .usage = "slopes [MODEL] VARIABLE [by VARIABLE...]",
    .brief = "show slopes of a number by others",
    .help =
        "How fast the linear predictor rises with a number, for each combination of levels of the variables behind `by`: other "
        "factors are averaged over. Where the number enters as a curve (poly, ns, bs, I(x^2), log) or in a product with another "
        "number, its slope is another at each of their values: it is taken at their means, or where at= has them, and said so "
        "(`at age = 11`). Several values in at= of the number itself, or the number behind `by`, give a slope at each. `pairs` "
        "adds the differences of the slopes.\n"
        "\n"
        "Behind `by` a number, such as w in x * w, or x itself where it enters as a curve, gives the slopes at a few of "
        "its values, a plot of the slope over its range, and the regions in which it differs from 0 (Johnson and Neyman), at "
        "each "
        "level of factors beside it. In R "
        "this is emtrends, and johnson_neyman of interactions.",
    .arguments = ARGUMENT_WORDS,
    .complete = completes,
    .options = options,
    .options_size = sizeof(struct slopes_call),
    .examples = examples,
    .flags = COMMAND_LONG | COMMAND_POOLS,
    .run = run,
};
