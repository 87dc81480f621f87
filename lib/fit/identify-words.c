/* identify-words.c -- what the data leave open, in words: sums by name, causes, the verdict's message. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena-text.h"
#include "base/memory.h"
#include "fit/identify-private.h"
#include "fit/tolerances.h"
#include "result/number.h"

/* --- names of sums ------------------------------------------------------------------------------------ */

void identity_add_weighted(struct text *text, double weight, const char *name)
{
    char buffer[NUMBER_SIZE];

    if (text->length > 0)
        text_add(text, weight < 0.0 ? " - " : " + ");
    else if (weight < 0.0)
        text_add(text, "-");
    if (fabs(fabs(weight) - 1.0) > TOLERANCE_OPEN)
        text_addf(text, "%s ", number_text(buffer, fabs(weight), 3));
    text_add(text, name);
}

static const char *part_group(const struct design *design, const struct identity_part *part)
{
    return part->term < 0 ? "Residual" : design->random[part->term].group;
}

const char *identity_sum_groups(struct arena *arena, const struct design *design, const struct identity_sum *sum)
{
    struct text text = { 0 };

    for (int j = 0; j < sum->part_count; j++) {
        bool known = false;

        for (int i = 0; i < j; i++)
            known = known || strcmp(part_group(design, &sum->parts[i]), part_group(design, &sum->parts[j])) == 0;
        if (!known)
            identity_add_weighted(&text, 1.0, part_group(design, &sum->parts[j]));
    }
    return arena_take(arena, &text);
}

double identity_sum_sd(const struct identity_sum *sum)
{
    for (int j = 0; j < sum->part_count; j++)
        if (sum->parts[j].times < 0.0)
            return (double)NAN;
    return isnan(sum->value) ? (double)NAN : sqrt(fmax(sum->value, 0));
}

/* Of different groups with the same effect, its name once. */
const char *identity_sum_effects(struct arena *arena, const struct design *design, const struct identity_sum *sum)
{
    struct text text = { 0 }, part_text = { 0 };
    const char *last = NULL;

    for (int j = 0; j < sum->part_count; j++) {
        const struct identity_part *part = &sum->parts[j];
        const char *name;
        int effects = 0;

        text_truncate(&part_text, 0);
        for (int a = 0; part->term >= 0 && a < design->random[part->term].k; a++)
            if (part->weights[a] != 0.0) {
                identity_add_weighted(&part_text, part->weights[a], design->random[part->term].names[a]);
                effects++;
            }
        if (part->term < 0)
            continue;
        name = effects > 1 && fabs(part->times - 1.0) > TOLERANCE_OPEN ? arena_printf(arena, "(%s)", text_string(&part_text))
                                                                       : arena_strdup(arena, text_string(&part_text));
        text.failed = text.failed || part_text.failed || name == NULL; /* a sum without a part is another one */
        if (name == NULL
            || (last != NULL && strcmp(name, last) == 0 && sum->parts[j - 1].term >= 0
                && strcmp(part_group(design, part), part_group(design, &sum->parts[j - 1])) != 0))
            continue;
        identity_add_weighted(&text, part->times, name);
        last = name;
    }
    text_clear(&part_text);
    return arena_take(arena, &text);
}

/* --- words -------------------------------------------------------------------------------------------- */

bool identity_same_groups(const struct design *design, int s, int t, bool *same)
{
    const struct random_design *a = &design->random[s], *b = &design->random[t];
    int32_t *partner;

    *same = a->level_count == b->level_count;
    if (!*same)
        return true;
    if ((partner = NEW_ARRAY(int32_t, a->level_count)) == NULL)
        return false;
    for (size_t i = 0; *same && i < design->n; i++) {
        if (partner[a->level[i]] == 0)
            partner[a->level[i]] = b->level[i] + 1;
        *same = partner[a->level[i]] == b->level[i] + 1;
    }
    mem_free(partner);
    return true;
}

/* The first open term behind `t` of other effects that has its groups under another name; -1: none.  False when memory is out. */
static bool find_second(const struct design *design, const struct reduction *r, const bool *open, int t, int *second)
{
    bool same = false;

    *second = -1;
    for (int s = t + 1; s < design->random_count && !same; s++) {
        if (!open[s] || r->in_fixed[s] || r->inside[s].count > 0 || strcmp(design->random[s].group, design->random[t].group) == 0)
            continue;
        if (!identity_same_groups(design, t, s, &same))
            return false;
        *second = same ? s : -1;
    }
    return true;
}

bool identity_add_causes(struct identity *identity, const struct design *design, const struct reduction *r, const bool *open)
{
    for (int t = 0; t < design->random_count; t++) {
        enum identity_reason reason = IDENTITY_REDUNDANT;
        int second = -1;

        if (!open[t])
            continue;
        if (r->in_fixed[t] || r->inside[t].count > 0) {
            reason = IDENTITY_FIXED;
        } else {
            bool variance = false;

            for (int a = 0; a < design->random[t].k; a++)
                variance = variance || identity->unknown[t][a + a * design->random[t].k];
            if (!find_second(design, r, open, t, &second))
                return false;
            if (second >= 0)
                reason = IDENTITY_SAME_GROUPS;
            else if (!variance)
                reason = IDENTITY_APART;
        }
        identity->causes[identity->cause_count++] = (struct identity_cause){ reason, t, second };
    }
    return true;
}

static void say(struct optimum *optimum, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(struct optimum *optimum, const char *format, ...)
{
    size_t used = strlen(optimum->message);
    va_list arguments;

    va_start(arguments, format);
    if (used + 1 < sizeof optimum->message)
        vsnprintf(optimum->message + used, sizeof optimum->message - used, format, arguments);
    va_end(arguments);
}

/* Whether a sum has a part in the group of the term. */
static bool stands_in(const struct design *design, const struct identity_sum *sum, const char *group)
{
    for (int j = 0; j < sum->part_count; j++)
        if (sum->parts[j].term >= 0 && strcmp(part_group(design, &sum->parts[j]), group) == 0)
            return true;
    return false;
}

/* A value behind what comes `before` it; nothing where the fit has no estimates. */
static void say_value(struct fit *fit, const char *before, double value)
{
    char number[NUMBER_SIZE];

    if (fit_has_estimates(fit))
        say(&fit->optimum, "%s%s", before, number_text(number, value, 3));
}

/* "(Intercept) + SexF 0.42, (Intercept) + SexM 2.64": the sums in which a group stands. */
static void say_sums(struct fit *fit, const char *group)
{
    enum { MOST = 3 };
    const struct identity *identity = fit->identity;
    int said = 0, count = 0;

    for (int j = 0; j < identity->sum_count; j++)
        count += stands_in(fit->design, &identity->sums[j], group);
    for (int j = 0; j < identity->sum_count && said < MOST; j++)
        if (stands_in(fit->design, &identity->sums[j], group)) {
            const char *name = identity_sum_effects(fit->arena, fit->design, &identity->sums[j]);

            say(&fit->optimum, "%s%s", said++ == 0 ? "" : ", ", name == NULL ? "" : name);
            say_value(fit, " ", identity->sums[j].value);
        }
    if (count > said)
        say(&fit->optimum, " and %d more", count - said);
}

/* "(Intercept) and x": the effects of a term that have no variance of their own, where it has others. */
static void say_effects(struct fit *fit, int t)
{
    const struct random_design *random = &fit->design->random[t];
    const bool *unknown = fit->identity->unknown[t];
    int k = random->k, count = 0, said = 0;

    for (int a = 0; a < k; a++)
        count += unknown[a + a * k];
    for (int a = 0; a < k && count < k; a++)
        if (unknown[a + a * k])
            say(&fit->optimum, "%s%s", said++ == 0 ? " of " : said == count ? " and " : ", ", random->names[a]);
}

static bool all_unknown(const struct fit *fit, int t)
{
    bool all = true;

    for (int a = 0; a < fit->design->random[t].k; a++)
        all = all && fit->identity->unknown[t][a + a * fit->design->random[t].k];
    return all;
}

/* Whether no row has the effects of the term that are not determined: 0 everywhere, they are nothing of the fixed ones'. */
static bool no_row_has(const struct fit *fit, int t)
{
    const struct random_design *random = &fit->design->random[t];
    bool some = false;

    for (int a = 0; a < random->k; a++) {
        if (!fit->identity->unknown[t][a + a * random->k])
            continue;
        some = true;
        for (int l = 0; l < random->level_count; l++)
            if (!fit->identity->absent[t][(size_t)l * (size_t)random->k + (size_t)a])
                return false;
    }
    return some;
}

/* The columns of X among whose combinations those of a term are. */
static void say_columns(struct fit *fit)
{
    const struct design *design = fit->design;
    const double *flat = fit->identity->flat;
    enum { MOST = 3 };
    int said = 0, count = 0, last = 0;

    for (int j = 0; flat != NULL && j < design->p; j++)
        if (flat[j + (size_t)j * (size_t)design->p] > 0.0 && design->assign[j] >= 0) {
            count++;
            last = j;
        }
    for (int j = 0; flat != NULL && j < design->p && said < MOST; j++)
        if (flat[j + (size_t)j * (size_t)design->p] > 0.0 && design->assign[j] >= 0)
            say(&fit->optimum, "%s%s", said++ == 0 ? " (" : ", ", design->names[j]);
    if (count > said)
        say(&fit->optimum, ", ... %s", design->names[last]);
    if (said > 0)
        say(&fit->optimum, ")");
}

static void say_cause(struct fit *fit, const struct identity_cause *cause)
{
    const struct design *design = fit->design;
    const char *first = design->random[cause->first].group,
               *second = cause->second < 0 ? "" : design->random[cause->second].group;
    const struct identity *identity = fit->identity;
    int sums = 0, at = -1;

    for (int j = 0; j < identity->sum_count; j++)
        if (stands_in(design, &identity->sums[j], first)) {
            sums++;
            at = j;
        }
    switch (cause->reason) {
    case IDENTITY_FIXED:
        say(&fit->optimum, "the variance");
        say_effects(fit, cause->first);
        if (no_row_has(fit, cause->first)) {
            say(&fit->optimum, " between levels of %s is not determined: no row has that effect", first);
            break;
        }
        say(&fit->optimum, " between levels of %s cannot be told from the fixed effects", first);
        say_columns(fit);
        break;
    case IDENTITY_APART:
        say(&fit->optimum, "%s: covariances of effects that no level of %s shows together are not determined", first, first);
        break;
    case IDENTITY_SAME_GROUPS:
        if (sums == 1) {
            say(&fit->optimum, "%s and %s: only the sum of their variances is determined", first, second);
            say_value(fit, ", ", identity->sums[at].value);
            say(&fit->optimum, " (each %s has one %s)", second, first);
        } else {
            say(&fit->optimum, "%s and %s: only the sums of their variances are determined%s", first, second,
                sums > 0 ? ": " : "");
            say_sums(fit, first);
            say(&fit->optimum, " (each %s has one %s)", second, first);
        }
        break;
    case IDENTITY_REDUNDANT:
        if (sums > 0) {
            say(&fit->optimum, "%s: %s these variances are determined: ", first,
                all_unknown(fit, cause->first) ? "only" : "beside those that are shown only");
            say_sums(fit, first);
        } else if (all_unknown(fit, cause->first)) {
            say(&fit->optimum, "%s: its variances are not determined", first);
        } else {
            say(&fit->optimum, "the variance");
            say_effects(fit, cause->first);
            say(&fit->optimum, " between levels of %s is not determined", first);
        }
        break;
    }
}

/* A group is spoken of once, and the second of two that are the same not again. */
void identity_set_message(struct fit *fit)
{
    const struct identity *identity = fit->identity;
    char before[sizeof fit->optimum.message];
    bool told_any = false;

    memcpy(before, fit->optimum.message, sizeof before);
    fit->optimum.message[0] = '\0';
    for (int i = 0; i < identity->cause_count; i++) {
        const char *group = fit->design->random[identity->causes[i].first].group;
        bool told = false;

        for (int j = 0; j < i; j++) {
            const struct identity_cause *other = &identity->causes[j];

            told = told || strcmp(fit->design->random[other->first].group, group) == 0
                   || (other->second >= 0 && identity->causes[i].second < 0
                       && strcmp(fit->design->random[other->second].group, group) == 0);
        }
        if (told)
            continue;
        say(&fit->optimum, "%s", told_any ? "; " : "");
        say_cause(fit, &identity->causes[i]);
        told_any = true;
    }
    if (before[0] != '\0')
        say(&fit->optimum, "; %s", before);
}
