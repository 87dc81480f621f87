/* qq.c -- residuals, or the random effects of one term, against normal quantiles, with the line through the quartiles.
 *
 * The residuals of other families than gaussian are not normal even where the model is right: theirs are by
 * quantiles (infer/residual.h), which are. */
#include <string.h>

#include "lang/command.h"
#include "report/determined.h"
#include "report/headline.h"
#include "report/naming.h"
#include "cmd/plots/levels.h"
#include "base/sample.h"
#include "infer/residual.h"

/* Takes the values (they are sorted in place). */
static bool draw(struct plot_job *job, const struct model *model, double *values, size_t count, const char *what,
                 const char *label, const char *remark)
{
    double *normal = arena_alloc(job->result->arena, count, sizeof *normal);
    double slope, middle, x[2], y[2];
    size_t n = sample_sort(values, count);
    struct plot *plot = job_plot(job, PLOT_XY, job_model_title(job, model, what), "normal quantile", label);

    if (normal == NULL || plot == NULL)
        return fail_memory(job->err);
    sample_normal_scores(n, normal);
    sample_normal_line(values, n, &middle, &slope);
    for (int i = 0; i < 2 && n > 0; i++) {
        x[i] = normal[i == 0 ? 0 : n - 1];
        y[i] = middle + slope * x[i];
    }
    if (n > 1)
        plot_series(plot, MARK_DOTTED, "through the quartiles", 2, x, y);
    plot_series(plot, MARK_POINT, NULL, n, normal, values);
    plot_statement(plot, "%zu values; correlation with the normal quantiles %.3f (1: exactly normal)%s", n,
                   sample_correlation(normal, values, n), remark);
    return true;
}

static bool draw_residuals(struct plot_job *job)
{
    int used;
    const struct model *model = call_fitted_model(job->session, job->call, &used, job->err);
    const struct design *design;
    const char *label, *words, *remark = "";
    bool random;
    double *residuals;

    if (model == NULL || !no_more_words(job->call, used, job->err))
        return false;
    result_string(job->result, "model", model->name);
    design = model->fit->design;
    residuals = arena_alloc(job->result->arena, design->n, sizeof *residuals);
    words = response_in_words(job->result->arena, model);
    if (residuals == NULL || words == NULL)
        return fail_memory(job->err);
    label = arena_printf(job->result->arena, "residual of %s", words);
    for (size_t i = 0; i < design->n; i++)
        residuals[i] = design->y[i] - model->fit->fitted[i];
    if (residual_has_quantiles(model->fit)) {
        if (!residual_quantiles(model->fit, job->session->settings.seed, residuals, &random, &job->session->progress, job->err))
            return false;
        label = arena_printf(job->result->arena, "%squantile residual of %s", random ? "randomized " : "", words);
        remark = random
                     ? "; randomized quantile residuals (Dunn and Smyth 1996), normal where the model is right: those of counts "
                       "themselves are steps"
                     : "; quantile residuals, normal where the model is right";
        if (design->repeats)
            remark =
                "; each row of the table once, which is normal in no model: `diagnose` counts a row as often as its weight says";
    }
    return draw(job, model, residuals, design->n, "normal quantiles of the residuals", label, remark);
}

static bool draw_effects(struct plot_job *job)
{
    struct call behind = call_behind(job->call, 1);
    struct plot_job inner = *job;
    struct levels levels;
    double *modes = NULL;
    bool ok;

    inner.call = &behind;
    ok = levels_init(&levels, &inner, false);
    if (ok) {
        size_t count = (size_t)levels.effect->count;
        const char *group = levels_group(&levels, job);
        const char *name = group == NULL ? NULL : arena_printf(job->result->arena, "%s: %s", group, levels.effect->term);

        result_string(job->result, "model", levels.model->name);
        result_string(job->result, "group", levels.effect->group);
        result_string(job->result, "term", levels.effect->term);
        modes = arena_alloc(job->result->arena, count, sizeof *modes);
        ok = (modes != NULL && name != NULL) || fail_memory(job->err);
        for (size_t l = 0; ok && l < count; l++)
            modes[l] = levels.effect->pooled[l] - levels.effect->complete;
        ok = ok
             && draw(job, levels.model, modes, count,
                     arena_printf(job->result->arena, "normal quantiles of the random effects of %s", name), name, "");
        determined_note(job->result, levels.stated, levels.model, levels.effect->left_out, levels.effect->group);
    }
    levels_clear(&levels);
    return ok;
}

static bool build(struct plot_job *job)
{
    bool effects = job->call->word_count > 0 && strcmp(job->call->words[0].text, "ranef") == 0;

    return effects ? draw_effects(job) : draw_residuals(job);
}

const struct plot_kind_entry plot_qq = {
    .name = "qq",
    .usage = "qq [MODEL] | qq ranef [MODEL] [GROUP [TERM]]",
    .brief = "normal quantiles of the residuals, or of the random effects",
    .build = build,
};
