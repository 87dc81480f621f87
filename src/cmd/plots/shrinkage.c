/* shrinkage.c -- each level's own estimate and its BLUP: rows for one effect, arrows in the plane for two of a vector: those
 * named, or the first two. */
#include <math.h>

#include "lang/command.h"
#include "result/result.h"
#include "cmd/plots/levels.h"
#include "cmd/plots/strip.h"

enum { ARROWS = 40 };

static bool build_rows(struct plot_job *job, struct levels *levels)
{
    struct style style = session_style(job->session);
    struct strip strip = {
        .model = levels->model, .effect = levels->effect, .level = job->session->settings.level, .digits = style.digits
    };
    const char *sort = levels_wanted_sort(levels, job), *sampled;
    struct plot *plot;

    if (!levels_order(levels, job, sort, job->options->max))
        return false;
    strip.order = levels->order;
    strip.at = levels->at;
    strip.count = levels->count;
    plot = job_plot(job, PLOT_ROWS, job_model_title(job, levels->model, levels_what(levels, job, sort)), NULL, NULL);
    sampled = levels_sampled(levels, job, sort);
    if (!strip_build(plot, &strip) || sampled == NULL)
        return fail_memory(job->err);
    if (sampled[0] != '\0')
        plot_statement(plot, "%s%s", plot->statement == NULL ? "" : plot->statement,
                       plot->statement == NULL ? sampled + 2 : sampled);
    return true;
}

/* Which effects are drawn, where there are more. */
static const char *two_of(const struct levels *levels, struct plot_job *job)
{
    const struct design *design = levels->model->design;
    int effects = design->random[group_index(design, levels->effect->group)].k;
    const char *words = effects > 2 ? arena_printf(job->result->arena, "two of %d effects; ", effects) : "";

    return words == NULL ? "" : words;
}

/* Levels that have no arrow. */
static const char *undrawn(const struct levels *levels, struct plot_job *job)
{
    int count = 0;
    const char *words;

    for (size_t i = 0; i < levels->count; i++) {
        int32_t l = levels->order[i];

        count += l >= 0 && !(isfinite(levels->effect->raw[l]) && isfinite(levels->other->raw[l]));
    }
    words = count == 0 ? ""
                       : arena_printf(job->result->arena, "; %d without a finite own estimate %s not drawn", count,
                                      count == 1 ? "is" : "are");
    return words == NULL ? "" : words;
}

/* How far the BLUPs are from the overall point, beside the own estimates. */
static const char *distances(double kept, struct plot_job *job)
{
    const char *words =
        isnan(kept) ? "the own estimates have no distances from the overall point beside which the BLUPs' would stand"
                    : arena_printf(job->result->arena,
                                   "the BLUPs' distances from the overall point are %.0f%% of the own estimates'", 100 * kept);

    return words == NULL ? "" : words;
}

static bool build_arrows(struct plot_job *job, struct levels *levels)
{
    double kept = shrinkage_kept((const struct shrinkage *const[]){ levels->effect, levels->other }, 2);
    const char *sort = levels_wanted_sort(levels, job);
    struct plot *plot;

    if (!levels_order(levels, job, sort, job->options->max > ARROWS ? job->options->max : ARROWS))
        return false;
    plot = job_plot(job, PLOT_XY, job_model_title(job, levels->model, levels_what(levels, job, "")), NULL, NULL);
    if (!strip_arrows(plot, levels->effect, levels->other, levels->order, levels->count))
        return fail_memory(job->err);
    plot_statement(plot, "%s%d levels; %s%s%s", two_of(levels, job), (int)levels->effect->count, distances(kept, job),
                   undrawn(levels, job), levels_sampled(levels, job, sort));
    return true;
}

static bool build(struct plot_job *job)
{
    struct levels levels;
    bool ok = levels_init(&levels, job, true);

    if (ok) {
        result_string(job->result, "model", levels.model->name);
        result_string(job->result, "group", levels.effect->group);
        result_string(job->result, "term", levels.effect->term);
        ok = levels.other != NULL ? build_arrows(job, &levels) : build_rows(job, &levels);
        levels_next(&levels, job, "shrinkage");
    }
    levels_clear(&levels);
    return ok;
}

const struct plot_kind_entry plot_shrinkage = {
    .name = "shrinkage",
    .usage = "shrinkage [MODEL] [GROUP [TERM [TERM]]]",
    .brief = "own estimate and BLUP of each level; arrows in the plane for a vector of effects",
    .build = build,
    .response = true,
};
