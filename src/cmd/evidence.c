/* evidence.c -- see evidence.h. */
#include "cmd/evidence.h"

#include <math.h>
#include <string.h>

#include "result/number.h"
#include "result/value.h"

static const double TIE = 1e-6;         /* two AICs that near are one: the first named comes first */
static const double FEW = 2, MANY = 10; /* distances in AIC (Burnham and Anderson 2002, 2.6) */

static void add_law(struct arena *arena, struct value *list, const char *law, double p, double error, long draws)
{
    struct value *one = value_append(list, value_object(arena));

    value_set(arena, one, "law", value_string(arena, law));
    value_set(arena, one, "p", value_real(arena, p));
    value_set(arena, one, "error", value_real(arena, error));
    value_set(arena, one, "draws", value_integer(arena, draws));
}

struct value *simulated_value(struct arena *arena, const struct comparison *c, int i)
{
    struct value *list = value_array(arena);

    if (c->exact != NULL && c->exact[i].is)
        add_law(arena, list, "exact", c->exact[i].p, c->exact[i].error, c->exact[i].draws);
    if (c->boot != NULL && c->boot[i].used > 0)
        add_law(arena, list, "boot", c->boot[i].p, lrt_boot_error(&c->boot[i]), c->boot[i].used);
    return list;
}

const char *no_maximum(const struct fit *fit)
{
    if (fit_is_maximum(fit))
        return "";
    if (fit->optimum.verdict == VERDICT_INTERRUPTED)
        return "was interrupted before its optimum";
    return fit->optimum.verdict == VERDICT_NOT_CONVERGED ? "has not converged, and its log-likelihood is no maximum"
                                                         : "has no log-likelihood: its estimates are not determined";
}

/* The p-values of laws that were simulated. */
static void law_lines(struct result *result, const struct comparison *c, int i)
{
    char p[NUMBER_SIZE], error[NUMBER_SIZE];
    const char *small = comparison_smaller(c, i)->model->name, *large = c->entrant[i + 1].model->name;

    if (c->exact != NULL && c->exact[i].is) {
        const struct exact_null *exact = &c->exact[i];

        if (exact->p > 0)
            result_line(result, LINE_NOTE, "%s in %s: p %s by the law at the size of these data (%ld draws, error %s)", small,
                        large, number_text(p, exact->p, 3), exact->draws, number_text(error, exact->error, 1));
        else
            result_line(result, LINE_NOTE, "%s in %s: p below %s by the law at the size of these data (none of %ld draws)", small,
                        large, number_text(p, 3.0 / (double)exact->draws, 1), exact->draws);
    }
    if (c->boot != NULL && c->boot[i].used > 0) {
        const struct lrt_boot *boot = &c->boot[i];

        result_line(result, LINE_NOTE, "%s in %s: p %s by refits of both to %ld responses drawn from %s%s", small, large,
                    number_text(p, boot->p, 3), boot->used, small, boot->stopped ? " (stopped before all were done)" : "");
        if (boot->used < boot->replicates && !boot->stopped)
            result_line(result, LINE_NOTE, "%ld of %ld could not be used: one of the models was not fitted to them",
                        boot->replicates - boot->used, boot->replicates);
    }
}

/* AIC in one sentence: the best, and how far the next one is. */
static void aic_line(struct result *result, const struct comparison *c, const double delta[], const double weight[])
{
    int best = -1, next = -1;
    char away[NUMBER_SIZE], times[NUMBER_SIZE];
    const char *first, *second;

    for (int i = 0; i < c->count; i++)
        if (!isnan(delta[i]) && (best < 0 || delta[i] < delta[best] - TIE))
            best = i;
    for (int i = 0; i < c->count; i++)
        if (i != best && !isnan(delta[i]) && (next < 0 || delta[i] < delta[next] - TIE))
            next = i;
    if (next < 0)
        return;
    first = c->entrant[best].model->name;
    second = c->entrant[next].model->name;
    number_fixed(away, delta[next], 1);
    number_text(times, weight[best] / weight[next], 2);
    if (delta[next] < FEW - TIE) /* models of one deviance differ by just that */
        result_line(result, LINE_NOTE, "AIC hardly tells %s and %s apart: they differ by %s.", first, second, away);
    else if (delta[next] < MANY - TIE)
        result_line(result, LINE_NOTE, "AIC prefers %s: the next, %s, lies %s higher, and has a weight %s times smaller.", first,
                    second, away, times);
    else
        result_line(result, LINE_NOTE, "AIC is for %s alone: the next, %s, lies %s higher.", first, second, away);
}

void evidence_lines(struct result *result, const struct comparison *c)
{
    double *delta = arena_alloc(result->arena, 2 * (size_t)c->count, sizeof *delta);

    if (delta == NULL) {
        result->failed = true;
        return;
    }
    for (int i = 0; i + 1 < c->count; i++)
        law_lines(result, c, i);
    comparison_weights(c, delta, delta + c->count);
    aic_line(result, c, delta, delta + c->count);
}
