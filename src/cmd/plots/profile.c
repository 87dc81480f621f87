/* profile.c -- the profile of one parameter: zeta, the signed root of what the criterion rises, over the parameter's values. */
#include <math.h>
#include <string.h>
#include <Rmath.h>

#include "cmd/plots/plots.h"
#include "infer/ci.h"
#include "infer/profile.h"
#include "report/naming.h"
#include "result/number.h"
#include "term/progress.h"

enum { POINTS = 41 };
static const double REACH = 0.99;      /* the level as far as which it is drawn */
static const double AT_THE_END = 0.25; /* in zeta: less than a row of the plot */

/* The words from `at` on as one text: "Subject sd Days"; NULL for none.  False when memory is out. */
static bool join(const struct call *call, int at, const char **text)
{
    *text = at < call->word_count ? call->words[at].text : NULL;
    for (int i = at + 1; *text != NULL && i < call->word_count; i++)
        *text = arena_printf(call->arena, "%s %s", *text, call->words[i].text);
    return *text != NULL || at >= call->word_count;
}

/* The parameter that is named as `confint` names it; without a name the first standard deviation, else the first of all. */
static const struct parameter *choose_parameter(struct plot_job *job, const struct model *model, const struct parameter *list,
                                                int count, const char *wanted, int at)
{
    const struct parameter *first = count > 0 ? list : NULL;

    for (int i = 0; i < count; i++) {
        const char *name = parameter_words(&list[i], job->result->arena);

        if (name == NULL) {
            fail_memory(job->err);
            return NULL;
        }
        if (wanted != NULL && strcmp(name, wanted) == 0)
            return &list[i];
        if (wanted == NULL && list[i].kind == PARAMETER_SD)
            return &list[i];
    }
    if (wanted == NULL && first != NULL)
        return first;
    fail(job->err, GLMM_E_NAME, wanted == NULL ? NOWHERE : job->call->words[at].at, "%.60s has no parameter `%.80s`", model->name,
         wanted == NULL ? "" : wanted);
    error_hint(job->err, "parameters are named as `confint` names them: plot-ascii profile sd Residual");
    return NULL;
}

/* How many of the points are shown: a curve that has all but come to its end, and goes on there for most of the axis (a range or
 * a rate on its way to infinity), is left where it came there. */
static int points_shown(const double values[], const double zeta[])
{
    int first = 0, last = POINTS - 1;

    while (last > 0 && !(isfinite(values[last]) && isfinite(zeta[last])))
        last--;
    while (first < last && !(fabs(zeta[first] - zeta[last]) < AT_THE_END))
        first++;
    return values[last] - values[first] > (values[last] - values[0]) / 2 ? first + 1 : POINTS;
}

static bool draw(struct plot_job *job, const struct model *model, struct profile *profile, const struct parameter *p)
{
    double values[POINTS], zeta[POINTS], level = job->session->settings.level, z = wald_quantile((double)INFINITY, level);
    struct interval reach, interval;
    const char *name = parameter_words(p, job->result->arena);
    char ends[3][NUMBER_SIZE];
    struct plot *plot;

    if (!profile_curve(profile, p, REACH, POINTS, values, zeta, &reach, job->err)
        || !profile_interval(profile, p, level, &interval, job->err))
        return false;
    if (name == NULL)
        return fail_memory(job->err);
    if (reach.reason != INTERVAL_GIVEN || interval.reason != INTERVAL_GIVEN)
        return fail(job->err, GLMM_E_MODEL, NOWHERE, "there is no profile of %.80s: `confint` says why", name);
    plot = job_plot(job, PLOT_XY, job_model_title(job, model, "profile"), name, "zeta");
    if (plot == NULL)
        return fail_memory(job->err);
    result_string(job->result, "model", model->name);
    result_string(job->result, "parameter", name);
    plot_series(plot, MARK_LINE, NULL, points_shown(values, zeta), values, zeta);
    plot_reference(plot, false, z, NULL);
    plot_reference(plot, false, -z, NULL);
    if (isfinite(p->estimate))
        plot_reference(plot, true, p->estimate, "estimate");
    plot_statement(
        plot, "%s %s, %g%% interval [%s, %s] where zeta is between -%.2f and %.2f; a straight line would be a normal likelihood",
        name, number_text(ends[0], p->estimate, 4), 100 * level, number_text(ends[1], interval.lower, 4),
        number_text(ends[2], interval.upper, 4), z, z);
    return true;
}

static bool build_profile(struct plot_job *job)
{
    const struct call *call = job->call;
    int at = 0, count;
    const struct parameter *list, *p;
    const char *wanted;
    struct profile *profile;
    struct model *model;
    bool ok;

    for (const struct model *m = job->session->models; m != NULL && call->word_count > 0; m = m->next)
        at = at > 0 || strcmp(m->name, call->words[0].text) == 0;
    model = call_first_fit(job->session, call, at > 0, job->err);
    if (model == NULL)
        return false;
    if ((list = parameters_of(model->fit, job->result->arena, &count)) == NULL || !join(call, at, &wanted))
        return fail_memory(job->err);
    if ((p = choose_parameter(job, model, list, count, wanted, at)) == NULL || !profile_check(model->fit, job->err))
        return false;
    progress_name(job->session, "profile", NULL);
    profile = profile_new(model->fit, &job->session->progress, job->err);
    ok = profile != NULL && draw(job, model, profile, p);
    profile_free(profile);
    return ok;
}

const struct plot_kind_entry plot_profile = {
    .name = "profile",
    .usage = "profile [MODEL] [PARAMETER]",
    .brief = "how the criterion rises around an estimate",
    .build = build_profile,
};
