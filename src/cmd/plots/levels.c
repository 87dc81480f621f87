/* levels.c -- see levels.h. */
#include "cmd/plots/levels.h"

#include <math.h>
#include <string.h>

#include "lang/command.h"
#include "report/determined.h"
#include "report/naming.h"
#include "cmd/plots/strip.h"
#include "infer/ci.h"
#include "infer/intercept.h"

enum { NAMED_MOST = 4 }; /* of the other effects */

static bool find_effects(struct levels *levels, struct plot_job *job, const char *group, const char *term, const char *second)
{
    const struct fit *fit = levels->model->fit;
    int t = group == NULL ? 0 : group_index(fit->design, group);
    const struct random_design *random = &fit->design->random[t < 0 ? 0 : t];
    const char *first = job->options->response ? "(Intercept)" : random->names[0];

    if (t < 0 || fit->design->random_count == 0) { /* nothing of it is determined: says what is */
        shrinkage_free(shrinkage_new(levels->stated->fit, group, term, job->err));
        return false;
    }
    levels->effect = shrinkage_new_watched(fit, random->group, term == NULL ? first : term, &job->session->progress, job->err);
    if (levels->effect == NULL)
        return false;
    if (second == NULL && (term != NULL || random->k == 1 || job->options->response))
        return true;
    levels->other =
        shrinkage_new_watched(fit, random->group, second == NULL ? random->names[1] : second, &job->session->progress, job->err);
    return levels->other != NULL;
}

/* Means instead of coefficients, where they are asked for. */
static bool take_means(struct levels *levels, struct plot_job *job)
{
    double reach = wald_quantile((double)INFINITY, job->session->settings.level);

    if (!job->options->response)
        return true;
    levels->at = intercept_at(levels->model, job->result->arena);
    return (levels->at != NULL || fail_memory(job->err))
           && shrinkage_to_response(levels->effect, levels->model->fit, reach, job->err);
}

/* The second effect named, or NULL; false where it is the first once more. */
static bool read_second(const struct call *call, int at, const char **second, struct glmm_error *err)
{
    *second = call->word_count > at + 2 ? call->words[at + 2].text : NULL;
    return *second == NULL || strcmp(*second, call->words[at + 1].text) != 0
           || fail(err, GLMM_E_USAGE, call->words[at + 2].at, "two effects make a plane, and `%.60s` is the first one already",
                   *second);
}

bool levels_init(struct levels *levels, struct plot_job *job, bool pair)
{
    const struct call *call = job->call;
    const char *group, *term, *second;
    int at, blamed;
    struct model *stated = call_fitted_model(job->session, call, &at, job->err);

    memset(levels, 0, sizeof *levels);
    levels->stated = stated;
    if (stated == NULL || !no_more_words(call, at + (pair ? 3 : 2), job->err)
        || (call->word_count > at && !check_group(stated, &call->words[at], job->err))
        || !read_second(call, at, &second, job->err))
        return false;
    if (stated->design->random_count == 0)
        return fail_without_effects(stated, "", job->err);
    if ((levels->model = determined_model(stated, job->result->arena)) == NULL)
        return fail_memory(job->err);
    group = call->word_count > at ? call->words[at].text : NULL;
    term = call->word_count > at + 1 ? call->words[at + 1].text : NULL;
    if (second != NULL && job->options->response)
        return fail(job->err, GLMM_E_USAGE, call->words[at + 2].at, "only an intercept has a mean, so one effect is shown");
    if (find_effects(levels, job, group, term, second) && take_means(levels, job))
        return true;
    blamed = levels->effect == NULL || second == NULL ? at + 1 : at + 2;
    if (call->word_count > blamed && job->err != NULL && job->err->at.begin < 0)
        job->err->at = call->words[blamed].at;
    return false;
}

void levels_clear(struct levels *levels)
{
    shrinkage_free(levels->effect);
    shrinkage_free(levels->other);
}

const char *levels_wanted_sort(const struct levels *levels, const struct plot_job *job)
{
    return job->options->sort != NULL ? job->options->sort : strip_usual_sort(levels->effect);
}

bool levels_order(struct levels *levels, struct plot_job *job, const char *sort, int max)
{
    size_t total = (size_t)levels->effect->count;

    levels->count = total > (size_t)max ? (size_t)max : total;
    levels->order = strip_order(levels->effect, sort, job->result->arena);
    if (levels->order == NULL)
        return fail_memory(job->err);
    for (size_t i = 0; i < levels->count; i++) {
        double at = levels->count == 1 ? 0 : (double)i * (double)(total - 1) / (double)(levels->count - 1);

        levels->order[i] = levels->order[(size_t)floor(at + 0.5)]; /* at least i: nothing is overwritten before it is read */
    }
    return true;
}

const char *levels_group(const struct levels *levels, struct plot_job *job)
{
    return determined_group(job->result->arena, levels->stated, levels->model, levels->effect->group, levels->effect->term);
}

const char *levels_what(struct levels *levels, struct plot_job *job, const char *sort)
{
    const struct shrinkage *effect = levels->effect;
    const char *group = levels_group(levels, job);

    if (levels->other != NULL || group == NULL)
        return group;
    return arena_printf(job->result->arena, "%s: %s   sort: %s", group, levels->at != NULL ? effect->scale : effect->term, sort);
}

/* "nd" of 2nd, "rd" of 3rd, "th" of 11th. */
static const char *ordinal_ending(size_t n)
{
    if (n % 100 >= 11 && n % 100 <= 13)
        return "th";
    return n % 10 == 1 ? "st" : n % 10 == 2 ? "nd" : n % 10 == 3 ? "rd" : "th";
}

const char *levels_sampled(const struct levels *levels, struct plot_job *job, const char *sort)
{
    size_t total = (size_t)levels->effect->count, every;

    if (levels->count == total)
        return "";
    every = levels->count < 2 ? total : (size_t)floor((double)(total - 1) / (double)(levels->count - 1) + 0.5);
    if (every < 2)
        return arena_printf(job->result->arena, "; showing %zu of %zu, spread evenly by %s (max=%zu shows all)", levels->count,
                            total, sort, total);
    return arena_printf(job->result->arena, "; showing %zu of %zu: about every %zu%s by %s (max=N shows more)", levels->count,
                        total, every, ordinal_ending(every), sort);
}

void levels_next(const struct levels *levels, struct plot_job *job, const char *kind)
{
    const struct design *design = levels->model->design;
    const struct random_design *shown = &design->random[group_index(design, levels->effect->group)];
    struct text line = { 0 };
    int named = 0;

    determined_note(job->result, levels->stated, levels->model, levels->effect->left_out, levels->effect->group);
    if (levels->other != NULL && shown->k > 2) { /* the plane holds two of them */
        int last = strcmp(levels->other->term, shown->names[shown->k - 1]) == 0 ? 0 : shown->k - 1;

        text_addf(&line, "next: plot-ascii %s %s %s %s %s", kind, levels->model->name, shown->group, levels->other->term,
                  shown->names[last]);
        named++;
    }
    for (int t = 0; t < design->random_count; t++)
        for (int a = 0; a < design->random[t].k && named < NAMED_MOST; a++) {
            const struct random_design *random = &design->random[t];
            bool plain = random->k == 1 && is_first_of_group(design, t), same = strcmp(random->group, levels->effect->group) == 0;

            if (same
                && (strcmp(random->names[a], levels->effect->term) == 0
                    || (levels->other != NULL && strcmp(random->names[a], levels->other->term) == 0)))
                continue;
            text_addf(&line, "%splot-ascii %s %s %s%s%s", named++ == 0 ? "next: " : " | ", kind, levels->model->name,
                      random->group, plain ? "" : " ", plain ? "" : random->names[a]);
        }
    if (named > 0)
        result_line(job->result, LINE_NEXT, "%s", text_string(&line));
    job->result->failed = job->result->failed || line.failed;
    text_clear(&line);
}

double *levels_values(const struct levels *levels, struct plot_job *job, const double *values)
{
    double *chosen = arena_alloc(job->result->arena, levels->count, sizeof *chosen);

    for (size_t i = 0; chosen != NULL && i < levels->count; i++)
        chosen[i] = values[levels->order[i]];
    return chosen;
}

double *levels_ends(const struct levels *levels, struct plot_job *job, double times, double shift)
{
    double *ends = arena_alloc(job->result->arena, levels->count, sizeof *ends);

    for (size_t i = 0; ends != NULL && i < levels->count; i++) {
        int32_t l = levels->order[i];
        double pair[2];

        shrinkage_interval(levels->effect, (size_t)l, fabs(times), pair);
        ends[i] = (times == 0 ? levels->effect->pooled[l] : pair[times > 0]) - shift;
    }
    return ends;
}
