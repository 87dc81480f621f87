/* plot-ascii.c -- text plots in the scrollback.  Each kind builds a plot description in its own file of plots/; src/render
 * draws it. */
#include <string.h>

#include "lang/command.h"
#include "report/tables.h"
#include "cmd/plots/plots.h"
#include "base/suggest.h"
#include "fit/method.h"
#include "session/guard.h"
#include "session/output.h"

enum { USUAL_ROWS = 20 };

static const struct plot_kind_entry *const kinds[] = {
    &plot_shrinkage, &plot_caterpillar, &plot_attenuation, &plot_groups,  &plot_fitted, &plot_residuals,
    &plot_qq,        &plot_histogram,   &plot_box,         &plot_bars,    &plot_means,  &plot_scatter,
    &plot_profile,   &plot_shares,      &plot_forest,      &plot_partial,
};

enum { KIND_COUNT = sizeof kinds / sizeof kinds[0] };

/* The same names, for completion. */
static const char *const kind_names[] = {
    "shrinkage", "caterpillar", "attenuation", "groups",  "fitted", "residuals", "qq",      "histogram", "box",
    "bars",      "means",       "scatter",     "profile", "shares", "forest",    "partial", NULL,
};

_Static_assert(sizeof kind_names / sizeof kind_names[0] == KIND_COUNT + 1, "each kind is offered by completion");

static const char *const sorts[] = { "raw", "blup", "n", "name", NULL };

static const struct plot_options defaults = { .sort = NULL };

static const struct option options[] = {
    { .name = "sort",
      .type = OPTION_CHOICE,
      .offset = offsetof(struct plot_options, sort),
      .choices = sorts,
      .word = "BY",
      .help = "order of levels" },
    { .name = "max",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct plot_options, max),
      .min = 1,
      .max = 1000,
      .word = "N",
      .help = "levels to show, sampled evenly where there are more" },
    { .name = "x",
      .type = OPTION_VARIABLE,
      .offset = offsetof(struct plot_options, x),
      .word = "X",
      .help = "groups: what stands on the x axis (the first effect that varies)" },
    { .name = "bins",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct plot_options, bins),
      .min = 1,
      .max = 60,
      .word = "N",
      .help = "histogram: about so many bins" },
    { .name = "width",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct plot_options, width),
      .min = 40,
      .max = 250,
      .word = "N",
      .help = "columns of the plot" },
    { .name = "title",
      .type = OPTION_WORD,
      .offset = offsetof(struct plot_options, title),
      .word = "\"TEXT\"",
      .help = "the headline" },
    { .name = "file",
      .type = OPTION_FILE,
      .offset = offsetof(struct plot_options, file),
      .word = "FILE.svg",
      .help = "draw it into this file as SVG too" },
    { .name = "replace", .type = OPTION_FLAG, .offset = offsetof(struct plot_options, replace), .help = "overwrite such a file" },
    { .name = "response",
      .type = OPTION_FLAG,
      .offset = offsetof(struct plot_options, response),
      .help = "shrinkage, caterpillar: means (probabilities, counts)" },
    { 0 },
};

enum { FILE_OPTION = 6, RESPONSE_OPTION = 8 }; /* their places among them */

static const struct example examples[] = {
    { "load dyestuff; fit Yield ~ (1 | Batch); plot-ascii shrinkage", "pulls" },
    { "load hospitals; fit cbind(deaths, patients - deaths) ~ 1 + (1 | hospital), family=binomial; plot-ascii caterpillar, "
      "response",
      "probabilities instead of log-odds" },
    { "load oats; fit yield ~ nitro + (1 | Block); plot-ascii groups", "panels" },
    { "load oats; fit yield ~ nitro + (1 | Block); plot-ascii partial nitro",
      "the effect of nitro with its interval, and the partial residuals" },
    { "load dyestuff; fit Yield ~ (1 | Batch); plot-ascii shares", "shares" },
    { "load sleepstudy; plot-ascii histogram Reaction, bins=12", "a distribution" },
    { "load orthodont; plot-ascii scatter distance age by Sex, file=a.svg", "SVG" },
    { 0 },
};

static const enum complete completes[] = { COMPLETE_PLOT_KIND, COMPLETE_VARIABLE, COMPLETE_NOTHING };

/* --- what the kinds share --------------------------------------------------------------------- */

struct plot *job_plot(struct plot_job *job, enum plot_kind kind, const char *title, const char *x_label, const char *y_label)
{
    struct plot *plot = result_plot(job->result, "plot");

    if (plot == NULL)
        return NULL;
    plot_labels(plot, kind, job->options->title != NULL ? job->options->title : title, x_label, y_label);
    plot->width = job->options->width;
    return plot->failed ? NULL : plot;
}

const char *job_model_title(struct plot_job *job, const struct model *model, const char *what)
{
    return arena_printf(job->result->arena, "%s   %s   %s     %s", model->name, model->text, method_name(model->fit->method),
                        what);
}

struct call call_behind(const struct call *call, int skip)
{
    struct call behind = *call;

    skip = skip < call->word_count ? skip : call->word_count;
    behind.words = call->words + skip;
    behind.word_count = call->word_count - skip;
    return behind;
}

/* --- the command ------------------------------------------------------------------------------ */

const char *plot_kind_usage(const char *name, size_t length)
{
    for (int i = 0; i < KIND_COUNT; i++)
        if (strlen(kinds[i]->name) == length && memcmp(kinds[i]->name, name, length) == 0)
            return kinds[i]->usage;
    return NULL;
}

static const struct plot_kind_entry *find_kind(const struct call *call, struct glmm_error *err)
{
    struct suggest suggest;

    if (call->word_count == 0) {
        fail(err, GLMM_E_USAGE, NOWHERE, "`plot-ascii` needs a kind of plot");
        error_hint(err, "shrinkage, caterpillar, attenuation, groups, fitted, residuals, qq, histogram, box, bars, means, "
                        "scatter, profile, shares or partial");
        return NULL;
    }
    for (int i = 0; i < KIND_COUNT; i++) {
        if (strcmp(call->words[0].text, kinds[i]->name) == 0)
            return kinds[i];
    }
    fail(err, GLMM_E_NAME, call->words[0].at, "no kind of plot `%.60s`", call->words[0].text);
    suggest_init(&suggest, call->words[0].text);
    suggest_all(&suggest, kind_names);
    if (!suggest_hint(&suggest, err))
        error_hint(err, "shrinkage, caterpillar, attenuation, groups, fitted, residuals, qq, histogram, box, bars, means, "
                        "scatter, profile, shares or partial");
    return NULL;
}

/* The plots of the result, in the file of the option. */
static bool write_svg(struct session *session, const struct call *call, const struct plot_options *given,
                      const struct result *result, struct glmm_error *err)
{
    struct style style = session_plain_style(session);
    const char *path = path_at_home(call->arena, given->file);
    struct text text = { 0 };
    bool ok;

    style.format = FORMAT_SVG;
    ok = (path != NULL || fail_memory(err)) && guard_replace(session, path, given->replace, NULL, err)
         && session_render(session, result, &style, &text, err)
         && file_replace(session, path, text_string(&text), text.length, err);
    text_clear(&text);
    if (!ok && err->at.begin < 0)
        err->at = call->option_at[FILE_OPTION];
    return ok;
}

static bool run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct plot_kind_entry *kind = find_kind(call, err);
    struct plot_options given = *(const struct plot_options *)call->options;
    struct plot_job job = { .session = session, .options = &given, .err = err };
    struct call behind;

    if (kind == NULL)
        return false;
    if (given.response && !kind->response) {
        fail(err, GLMM_E_USAGE, call->option_at[RESPONSE_OPTION], "`response` is of shrinkage and caterpillar, not of %s",
             kind->name);
        error_hint(err,
                   "attenuation and fitted stand on the scale of the response by themselves; predict has means with intervals");
        return false;
    }
    given.max_given = given.max > 0;
    given.max = given.max > 0 ? given.max : USUAL_ROWS;
    behind = call_behind(call, 1);
    job.call = &behind;
    job.result = result_new("plot-ascii");
    if (job.result == NULL)
        return fail_memory(err);
    result_string(job.result, "kind", kind->name);
    if (!kind->build(&job)) {
        result_free(job.result);
        return false;
    }
    if (given.file != NULL && !write_svg(session, call, &given, job.result, err)) {
        result_free(job.result);
        return false;
    }
    return emit(session, job.result, err);
}

const struct command command_plot_ascii = {
    .name = "plot-ascii",
    .usage = "plot-ascii KIND [ARGUMENT...]",
    .brief = "draw a plot in text",
    .help = "Kinds:\n"
            "  shrinkage [MODEL] [GROUP [TERM..]]  own estimates, BLUPs (two TERMs: arrows)\n"
            "  caterpillar [MODEL] [GROUP [TERM]]  random effects in order, with intervals\n"
            "  attenuation [MODEL] [VARIABLE]      curves of groups, their flatter average\n"
            "  groups [MODEL] [GROUP]              panels: rows, own line, model's line\n"
            "  fitted [MODEL]                      observed against fitted values\n"
            "  residuals [MODEL]                   residuals against fitted values\n"
            "  qq [ranef] [MODEL] [GROUP [TERM]]   normal quantiles: residuals, or effects\n"
            "  histogram X                         distribution of a variable or expression\n"
            "  box Y [by G]                        medians, middle halves, values far off\n"
            "  bars F                              rows of each level\n"
            "  means Y X [by G]                    mean of Y at each X, groups by shape\n"
            "  scatter Y X [by G]                  two variables, groups by shape\n"
            "  partial [MODEL] TERM                a fixed term's effect, partial residuals\n"
            "  profile [MODEL] [PARAMETER]         how the criterion rises: help confint\n"
            "  shares [MODEL]                      of one or two components of variance\n"
            "  forest                              studies of the last meta-analysis\n"
            "\n"
            "attenuation and partial hold the other variables (help predictor). `set charset` chooses the signs: ascii, block, "
            "braille; "
            "`last json` has every number.",
    .arguments = ARGUMENT_WORDS,
    .complete = completes,
    .choices = kind_names,
    .options = options,
    .options_size = sizeof(struct plot_options),
    .defaults = &defaults,
    .examples = examples,
    .run = run,
};
