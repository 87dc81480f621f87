/* figure-numbers.c -- see figure-numbers.h. */
#include "cmd/figure-numbers.h"

#include <math.h>
#include <string.h>

enum { DIGITS = 6, MOST_DIGITS = 15 };

const char *show(struct numbers *numbers, double x)
{
    return number_text(numbers->text[numbers->used++], x, DIGITS);
}

const char *show_fixed(struct numbers *numbers, double x, int decimals)
{
    return number_fixed(numbers->text[numbers->used++], x, decimals);
}

static int digits_of_term(double x, double result)
{
    int lost = number_decades(x, result);

    return lost <= 0 ? DIGITS : lost > MOST_DIGITS - DIGITS ? MOST_DIGITS : DIGITS + lost;
}

const char *show_term(struct numbers *numbers, double x, double result)
{
    return number_text(numbers->text[numbers->used++], x, digits_of_term(x, result));
}

void add_bracketed(struct text *out, double x, double result)
{
    char number[NUMBER_SIZE];

    text_addf(out, x < 0 ? "(%s)" : "%s", number_text(number, x, digits_of_term(x, result)));
}

/* What stands before and after eta. */
static const struct {
    const char *link, *before, *after;
} inverses[] = {
    { "logit", "1/(1 + exp(-(", ")))" },
    { "probit", "Φ(", ")" },
    { "cloglog", "1 - exp(-exp(", "))" },
    { "cauchit", "1/2 + atan(", ")/π" },
    { "log", "exp(", ")" },
    { "log(mean - 1)", "1 + exp(", ")" },
    { "sqrt", "(", ")²" },
    { "inverse", "1/(", ")" },
    { "1/mu^2", "1/√(", ")" },
};

static bool is_identity(const struct link *link)
{
    return link == NULL || link->kind == LINK_IDENTITY;
}

void add_mean(struct text *out, const struct link *link, const char *eta)
{
    for (size_t i = 0; !is_identity(link) && i < sizeof inverses / sizeof inverses[0]; i++)
        if (strcmp(inverses[i].link, link->name) == 0) {
            text_addf(out, "%s%s%s", inverses[i].before, eta, inverses[i].after);
            return;
        }
    text_add(out, eta);
}

void add_mean_formula(struct text *out, const struct link *link, const char *eta)
{
    text_addf(out, is_identity(link) ? "%s" : "h(%s)", eta);
}
