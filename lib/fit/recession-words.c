/* recession-words.c -- separation in a sentence: which estimates are infinite, what tells the responses apart, what is left. */
#include "fit/recession-private.h"

#include <math.h>

#include "base/arena.h"
#include "base/text.h"
#include "model/family.h"

/* Whether the separated rows are those with 1 in a column of 0 and 1, all at one end. */
static bool is_cell(const struct recession *r, const struct design *d, int column)
{
    int end = 0;

    for (size_t i = 0; i < d->n; i++) {
        double x = d->X[i + (size_t)column * d->n];

        if ((x != 0 && x != 1) || (x == 1) != (r->end[i] != 0) || end * r->end[i] < 0 || r->end[i] > 1)
            return false;
        end = r->end[i] != 0 ? r->end[i] : end;
    }
    return true;
}

void recession_list_name(struct text *list, int *count, const char *name)
{
    enum { TOLD = 4 };

    if (*count < TOLD)
        text_addf(list, "%s`%.40s`", *count > 0 ? ", " : "", name);
    else if (*count == TOLD)
        text_add(list, " and more");
    ++*count;
}

/* The response of rows that are all at one end of what the family has. */
static const char *end_of(const struct family *family, bool upper)
{
    if (family->categories > 0)
        return upper ? "the highest category" : "the lowest category";
    if (upper)
        return family->response == RESPONSE_BINOMIAL ? "only successes" : "1";
    return family->whole != NULL ? "1" : "0";
}

/* The thresholds that are infinite, and those that nothing determines; two that no row tells apart are one. */
static void list_thresholds(const struct recession *r, const struct family *family, struct text *infinite, int *count,
                            struct text *lost, int *lost_count)
{
    for (int j = 0, before = -1; r->thresholds > 0 && j < family_shapes(family); j++) {
        if (r->threshold[j] < 0 || r->threshold[j] == before)
            continue;
        before = r->threshold[j];
        if (isnan(r->shape_limit[j]))
            recession_list_name(lost, lost_count, family->more[j].name);
        else if (r->shape_limit[j] != 0)
            recession_list_name(infinite, count, family->more[j].name);
    }
}

const char *recession_sentence(const struct recession *r, const struct design *d, const struct family *family,
                               struct arena *arena)
{
    struct text infinite = { 0 }, lost = { 0 };
    const char *rest, *told, *message;
    int count = 0, lost_count = 0, only = -1;

    for (int j = 0; j < d->p; j++)
        if (isnan(r->limit[j])) {
            recession_list_name(&lost, &lost_count, d->names[j]);
        } else if (r->limit[j] != 0) {
            recession_list_name(&infinite, &count, d->names[j]);
            only = j;
        }
    list_thresholds(r, family, &infinite, &count, &lost, &lost_count);
    rest = r->separated == d->n ? "nothing else is determined"
           : r->half == 0       ? arena_printf(arena, "all else is the fit of the other %zu rows", d->n - r->separated)
                          : arena_printf(arena, "all else is the fit of the other %zu rows, %zu of them by one threshold alone",
                                         d->n - r->separated, r->half);
    if (count == 1 && lost_count == 0 && is_cell(r, d, only))
        told = arena_printf(arena, "%s%.0zu row%s with `%.60s` ha%s a response of %s, so that its estimate is %s",
                            r->separated > 2    ? "all "
                            : r->separated == 2 ? "both"
                                                : "the only",
                            r->separated > 2 ? r->separated : 0, r->separated == 1 ? "" : "s", d->names[only],
                            r->separated == 1 ? "s" : "ve", end_of(family, r->limit[only] > 0),
                            r->limit[only] < 0 ? "minus infinity" : "infinite");
    else if (count == 1 && lost_count == 0)
        told = arena_printf(arena, "`%.60s` tells %zu of %zu responses apart without error, so that its estimate is infinite",
                            d->names[only], r->separated, d->n);
    else
        told = arena_printf(arena, "%zu of %zu responses are told apart without error%s%s%s%s", r->separated, d->n,
                            count > 0 ? ", so that these estimates are infinite: " : "", text_string(&infinite),
                            lost_count == 0 ? ""
                            : count > 0     ? ", and these not determined: "
                                            : ", so that these estimates are not determined: ",
                            text_string(&lost));
    message = arena_printf(arena, "separation: %s; %s", told, rest);
    text_clear(&infinite);
    text_clear(&lost);
    return arena_failed(arena) ? NULL : message;
}
