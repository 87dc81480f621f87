/* replicating.c -- see replicating.h. */
#include "report/replicating.h"

#include <math.h>

#include "report/naming.h"
#include "result/value.h"

uint64_t replicating_seed(const struct session *session, const struct call *call, const struct replicating *given)
{
    return call_has_option(call, "seed") ? given->seed : session->settings.seed;
}

void replicating_lines(struct result *result, const struct replicates *r, uint64_t seed, const char *what)
{
    struct arena *arena = result->arena;
    const char *ends = replicates_words(r, arena);
    struct value *failures = value_object(arena);

    value_set(arena, failures, "not_converged", value_integer(arena, r->ends[REPLICATE_NOT_CONVERGED]));
    value_set(arena, failures, "not_identified", value_integer(arena, r->ends[REPLICATE_NOT_IDENTIFIED]));
    value_set(arena, failures, "infinite", value_integer(arena, r->ends[REPLICATE_INFINITE]));
    value_set(arena, failures, "failed", value_integer(arena, r->ends[REPLICATE_FAILED]));
    result_integer(result, "replicates", r->count);
    result_integer(result, "done", r->done);
    result_integer(result, "seed", (long long)seed);
    result_integer(result, "boundary", r->ends[REPLICATE_BOUNDARY]);
    result_value(result, "failures", failures);
    if (r->stopped)
        result_line(result, LINE_TEXT, "%s: stopped after %ld of %ld replicates, which are kept", what, r->done, r->count);
    else
        result_line(result, LINE_TEXT, "%s: %ld replicates, seed %llu", what, r->count, (unsigned long long)seed);
    if (ends != NULL && ends[0] != '\0')
        result_line(result, LINE_NOTE, "of these %s%s", ends,
                    r->done > r->ends[REPLICATE_OK] + r->ends[REPLICATE_BOUNDARY]
                        ? "; only those with estimates of everything, the boundary's included, count"
                        : "");
}

const char *replicating_reason(const struct bootstrapped *boot, const struct parameter *p)
{
    if (boot->used == 0)
        return "undetermined";
    return isinf(p->estimate) || boot->at_limit > 0 ? "limit" : NULL;
}

void replicating_note(struct result *result, const struct bootstrap *b, const struct bootstrapped *boot,
                      const struct parameter *p, bool all, bool basic)
{
    long counted = b->replicates.ends[REPLICATE_OK] + b->replicates.ends[REPLICATE_BOUNDARY];
    const char *name = parameter_words(p, result->arena), *missing;

    if ((long)boot->used < counted)
        result_line(result, LINE_NOTE, "%s: of %zu replicates; the other %ld do not determine it (help identified)", name,
                    boot->used, counted - (long)boot->used);
    if (boot->at_limit == 0 && !isinf(p->estimate))
        return;
    basic = basic && isnan(boot->basic_lower);
    missing = all ? (basic ? "no bias, error or basic interval" : "no bias or error") : basic ? "no basic interval" : NULL;
    result_line(result, LINE_NOTE,
                "%s: Inf is its limit, where the family is another one (help families): %sin %zu of %zu replicates; "
                "%s%squantiles count it as the largest value",
                name, isinf(p->estimate) ? "of the fit, and " : "", boot->at_limit, boot->used, missing != NULL ? missing : "",
                missing != NULL ? ", and " : "");
}
