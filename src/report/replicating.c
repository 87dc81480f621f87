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
                    r->done > r->ends[REPLICATE_OK] + r->ends[REPLICATE_BOUNDARY] + r->ends[REPLICATE_INFINITE]
                        ? "; only those that converged to what is determined, the boundary's and infinite ones included, count"
                        : "");
}

const char *replicating_reason(const struct bootstrap *b, const struct bootstrapped *boot, const struct parameter *p)
{
    if (boot->used == 0)
        return "undetermined";
    if (bootstrap_separates(b, p) && (isinf(p->estimate) || boot->at_limit > 0))
        return "infinite";
    return isinf(p->estimate) || boot->at_limit > 0 ? "limit" : NULL;
}

/* Of a coefficient, which is infinite where responses are separated. */
static void separated_note(struct result *result, const struct bootstrapped *boot, const struct parameter *p, const char *missing)
{
    const char *name = parameter_words(p, result->arena), *more = missing != NULL ? missing : "";
    size_t above = boot->at_limit - boot->below;

    if (isinf(p->estimate))
        result_line(result, LINE_NOTE, "%s: an infinite estimate has no interval (help separation)", name);
    else if (boot->below > 0 && above > 0)
        result_line(
            result, LINE_NOTE,
            "%s: -Inf in %zu and Inf in %zu of %zu replicates (help separation); %s%squantiles count them as the smallest "
            "and the largest values",
            name, boot->below, above, boot->used, more, missing != NULL ? ", and " : "");
    else
        result_line(result, LINE_NOTE,
                    "%s: %s in %zu of %zu replicates (help separation); %s%squantiles count it as the %s value", name,
                    above > 0 ? "Inf" : "-Inf", boot->at_limit, boot->used, more, missing != NULL ? ", and " : "",
                    above > 0 ? "largest" : "smallest");
}

void replicating_note(struct result *result, const struct bootstrap *b, const struct bootstrapped *boot,
                      const struct parameter *p, bool all, bool basic)
{
    long counted = bootstrap_counted(b);
    const char *name = parameter_words(p, result->arena), *missing;

    if ((long)boot->used < counted)
        result_line(result, LINE_NOTE, "%s: of %zu replicates; the other %ld do not determine it (help identified)", name,
                    boot->used, counted - (long)boot->used);
    if (boot->at_limit == 0 && !isinf(p->estimate))
        return;
    basic = basic && isnan(boot->basic_lower);
    missing = all ? (basic ? "no bias, error or basic interval" : "no bias or error") : basic ? "no basic interval" : NULL;
    if (bootstrap_separates(b, p)) {
        separated_note(result, boot, p, missing);
        return;
    }
    result_line(result, LINE_NOTE,
                "%s: Inf is its limit, where the family is another one (help families): %sin %zu of %zu replicates; "
                "%s%squantiles count it as the largest value",
                name, isinf(p->estimate) ? "of the fit, and " : "", boot->at_limit, boot->used, missing != NULL ? missing : "",
                missing != NULL ? ", and " : "");
}
