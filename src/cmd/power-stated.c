/* power-stated.c -- see power-stated.h. */
#include "cmd/power-stated.h"

#include <string.h>

#include "cmd/verb.h"
#include "lang/at.h"
#include "report/naming.h"

bool power_stated_nothing(const struct call *call, struct glmm_error *err)
{
    static const char *const names[] = { "beta", "sd",     "corr", "sigma",  "dispersion", "at",    "between",
                                         "of",   "family", "link", "offset", "weights",    "trials" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (call_has_option(call, names[i]))
            return fail(err, GLMM_E_USAGE, call_option_at(call, names[i]),
                        "%s= states a study by a formula; a coefficient of a fit has what the fit says", names[i]);
    return true;
}

/* "g=0.3, 0.1" of the option of that name; nothing where it was not given. */
static bool read_pairs(const struct call *call, const char *option, const char *text, struct at *out, struct glmm_error *err)
{
    struct glmm_span place = call_option_at(call, option);
    struct glmm_error why = { .at = NOWHERE };

    *out = (struct at){ 0 };
    if (text == NULL || at_parse(call->arena, text, place, out, &why))
        return true;
    if (why.code == GLMM_E_MEMORY)
        return fail_memory(err);
    fail(err, GLMM_E_SYNTAX, place, "%s= takes names with their values", option);
    error_hint(err, strcmp(option, "beta") == 0 ? "beta=\"treat=0.5, time=0.1\""
                    : strcmp(option, "at") == 0 ? "at=\"time=0:4, arm=a, b\""
                                                : "sd=\"school=0.3\"");
    return false;
}

/* "arm, dose": names alone. */
static bool read_names(const struct call *call, const char *option, const char *text, struct at *out, struct glmm_error *err)
{
    const char *const *items = NULL;
    size_t count = 0;

    *out = (struct at){ 0 };
    if (text == NULL)
        return true;
    if (!verb_list(call, option, text, &items, &count, err))
        return false;
    if ((out->variables = arena_alloc(call->arena, count + 1, sizeof *out->variables)) == NULL)
        return fail_memory(err);
    for (size_t i = 0; i < count; i++)
        out->variables[out->count++] = (struct at_variable){ .name = items[i] };
    return true;
}

bool power_stated_read(const struct call *call, const struct statement *statement, const struct power_stated *given,
                       const char *groups, const char *size, struct study_question *out, struct glmm_error *err)
{
    *out = (struct study_question){ .spec = { .formula = call->argument,
                                              .family = statement->family,
                                              .link = statement->link,
                                              .offset = statement->offset,
                                              .weights = statement->weights,
                                              .trials = statement->trials },
                                    .of = given->of,
                                    .sigma = given->sigma,
                                    .dispersion = given->dispersion };
    if (size == NULL || (strchr(call->argument, '|') != NULL && groups == NULL)) {
        fail(err, GLMM_E_USAGE, call->argument_at, "a study without data needs its size");
        error_hint(err,
                   strchr(call->argument, '|') != NULL ? "groups=20 size=10: so many groups, so many rows in each" : "size=100");
        return false;
    }
    if (given->beta == NULL) {
        fail(err, GLMM_E_USAGE, call->argument_at, "a study without data needs the effect that it is to find");
        error_hint(err, "beta=\"NAME=VALUE\"");
        return false;
    }
    return read_pairs(call, "beta", given->beta, &out->beta, err) && read_pairs(call, "sd", given->sd, &out->sd, err)
           && read_pairs(call, "corr", given->corr, &out->corr, err) && read_pairs(call, "at", given->at, &out->at, err)
           && read_names(call, "between", given->between, &out->between, err);
}
