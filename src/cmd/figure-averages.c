/* figure-averages.c -- the numbers of `attenuation` and `margins` explained; see figure-shown.h. */
#include <math.h>
#include <string.h>

#include "cmd/figure-shown.h"
#include "infer/ratio.h"

void explain_delta(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    struct numbers n = { .used = 0 };

    (void)figures;
    text_add(&out->formula, "√(d'Cd)");
    text_addf(&out->numbers, "√(%s)", show(&n, f->value * f->value));
    text_addf(&out->convention, "delta method: d are the slopes of the figure in the coefficients%s, C their covariance matrix",
              f->fit->joint_count > 0 && f->fit->theta_count > 0 ? " and the covariance parameters" : "");
}

/* --- attenuation ----------------------------------------------------------------------------------------------- */

/* The closed form of the link, where it has one: the rule, or what is exact.  False where there is none. */
static bool add_rule(const struct figure *f, struct explanation *out)
{
    static const double c = 16 * 1.7320508075688772 / (15 * 3.141592653589793);
    const char *rule = shown_said(f->part, "rule");
    double conditional = shown_beside(f, "conditional"), eta, v;
    bool intercept = f->fit->design->assign != NULL && f->fit->design->assign[f->row] < 0;
    struct numbers n = { .used = 0 };

    if (!shown_row(f->fit, 0, &eta, &v))
        return false;
    if (strcmp(rule, "logit") == 0) {
        text_add(&out->formula, "conditional/√(1 + c²·v), c = 16·√3/(15·π)");
        text_addf(&out->numbers, "%s/√(1 + %s·%s)", show(&n, conditional), show(&n, c * c), show(&n, v));
    } else if (strcmp(rule, "probit") == 0) {
        text_add(&out->formula, "conditional/√(1 + v)");
        text_addf(&out->numbers, "%s/√(1 + %s)", show(&n, conditional), show(&n, v));
    } else if (strcmp(rule, "log") == 0 && intercept) {
        text_add(&out->formula, "conditional + v/2");
        text_addf(&out->numbers, "%s + %s/2", show_term(&n, conditional, f->value), show_term(&n, v, f->value));
    } else if (strcmp(rule, "log") == 0 || strcmp(rule, "identity") == 0) {
        text_add(&out->formula, "conditional");
        text_addf(&out->numbers, "%s", show(&n, conditional));
    } else {
        return false;
    }
    return true;
}

void explain_rule(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    (void)figures;
    if (!add_rule(f, out))
        text_add(&out->formula, "a closed form");
    text_addf(&out->convention, strcmp(shown_said(f->part, "rule"), "logit") == 0
                                    ? "near, for a logit; v: the variance of the random part (Zeger, Liang and Albert 1988)"
                                    : "exact for this link; v: the variance of the random part");
}

void explain_marginal(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    (void)figures;
    if (shown_is(f, DERIVED_CLOSED) && add_rule(f, out)) {
        text_add(&out->convention, shown_link(f) == NULL ? "the average of lines with one slope has that slope"
                                                         : "exact for this link; v: the variance of the random part");
        return;
    }
    text_addf(&out->formula, "(X'X)⁻¹ X'%s, m = E h(x'β + z'b) in each row",
              f->fit->design->offset == NULL ? "g(m)" : "(g(m) - offset)");
    text_add(&out->convention,
             "the population's means, integrated over the random effects, projected on the terms by least squares on the scale "
             "of the link (Heagerty and Zeger 2000)");
}

void explain_marginal_ratio(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    struct numbers n = { .used = 0 };

    (void)figures;
    text_add(&out->formula, "marginal / conditional");
    text_addf(&out->numbers, "%s/", show(&n, shown_beside(f, "marginal")));
    add_bracketed(&out->numbers, shown_beside(f, "conditional"), 0);
    text_add(&out->convention, "below 1: averaging over the groups has attenuated the effect");
}

void explain_naive(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    (void)figures;
    text_add(&out->formula, "the maximum of the likelihood without the random terms");
    if (shown_how(f) == DERIVED_NAIVE_SE)
        text_add(&out->convention, "its standard error, which takes the rows for independent");
    else
        text_add(&out->convention, "the model fitted as if rows of one group were as different as any");
}

void explain_gee(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    (void)figures;
    text_add(&out->formula, "the solution of sum D'V^-1(y - mu) = 0 over groups, V with one correlation within each");
    if (shown_how(f) == DERIVED_GEE_SE)
        text_add(&out->convention,
                 "its robust error, by the sandwich: good even if the correlation within groups is another one");
    else
        text_add(&out->convention, "estimating equations as gee solves them, corr=exchangeable: no random effects are assumed");
}

/* --- margins ---------------------------------------------------------------------------------------------------- */

/* Whether the column is of the typical group. */
static bool is_typical(const struct figure *f)
{
    enum derived how = shown_how(f);

    return how == DERIVED_TYPICAL || how == DERIVED_TYPICAL_INTERVAL || how == DERIVED_TYPICAL_DIFFERENCE
           || how == DERIVED_TYPICAL_RATIO || how == DERIVED_TYPICAL_ODDS_RATIO;
}

/* Over the rows of a level of by=. */
static bool is_part(const struct result *part)
{
    for (const struct item *item = part->first; item != NULL; item = item->next)
        if (item->kind == ITEM_VALUE && item->key != NULL && strcmp(item->key, "by") == 0)
            return true;
    return false;
}

static bool mean_is_linear(const struct figure *f)
{
    return f->fit->mean_link->kind == LINK_IDENTITY && f->fit->family->inflated == NULL;
}

/* The sum over the rows. */
static void add_mean_of_row(const struct figure *f, struct text *out)
{
    const char *zeros = f->fit->family->inflated != NULL ? "(1 - π) " : "", *mean = f->fit->mean_link != f->fit->link ? "m" : "h";

    if (mean_is_linear(f))
        text_add(out, "Σ x'β");
    else
        text_addf(out, is_typical(f) ? "Σ %s%s(x'β)" : "Σ E %s%s(x'β + z'b)", zeros, mean);
}

void explain_margin(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    double n = design_trials(f->fit->design);
    struct numbers numbers = { .used = 0 };

    (void)figures;
    if (shown_is(f, DERIVED_AS_SLOPE)) {
        text_add(&out->formula, "Σ (m(x + h) - m(x - h)) / (2h n)");
        text_addf(&out->convention, "the mean slope, each of the rows at its own %s, h a small step; m: the mean %s",
                  shown_said(f->part, "variable"), is_typical(f) ? "with random effects 0" : "over the random effects");
        return;
    }
    add_mean_of_row(f, &out->formula);
    text_addf(&out->formula, " / n, x with %s = %s", shown_said(f->part, "variable"), shown_text_at(f->table, f->row, "level"));
    if (!is_part(f->part))
        text_addf(&out->numbers, "%s/%.0f", show(&numbers, f->value * n), n);
    text_addf(&out->convention,
              is_part(f->part) ? "standardization: the mean of these %s, had each this value%s"
                               : "standardization: the mean of all %s, had each this value%s",
              design_counted(f->fit->design),
              mean_is_linear(f) ? ""
              : is_typical(f)   ? "; random effects 0"
                                : "; E is the integral over the random effects");
    if (f->fit->mean_link != f->fit->link)
        text_add(&out->convention, "; m: the mean of y at a linear predictor of the family");
    if (f->fit->family->inflated != NULL)
        text_add(&out->convention, "; π: the share of zeros by zi=");
}

void explain_margin_end(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    bool typical = is_typical(f);

    shown_interval(f, shown_beside(f, typical ? "typical" : "estimate"), shown_beside(f, typical ? "typical_se" : "se"),
                   figures->level, out);
}

/* The mean of one side of the contrast. */
static double margin_of(const struct figure *f, const char *side)
{
    const struct table *rows = shown_table(f->part, "rows");
    const char *level = shown_text_at(f->table, f->row, side);

    for (size_t i = 0; rows != NULL && i < rows->row_count; i++)
        if (strcmp(shown_text_at(rows, i, "level"), level) == 0)
            return shown_number_at(rows, i, is_typical(f) ? "typical" : "estimate");
    return (double)NAN;
}

void explain_contrast(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    double from = margin_of(f, "from"), to = margin_of(f, "to");
    enum derived how = shown_how(f);
    struct numbers n = { .used = 0 };

    (void)figures;
    if (how == DERIVED_DIFFERENCE || how == DERIVED_TYPICAL_DIFFERENCE) {
        text_add(&out->formula, "mean after - mean before");
        text_addf(&out->numbers, "%s - ", show_term(&n, to, f->value));
        add_bracketed(&out->numbers, from, f->value);
    } else if (how == DERIVED_RATIO || how == DERIVED_TYPICAL_RATIO) {
        text_add(&out->formula, "mean after / mean before");
        text_addf(&out->numbers, "%s/%s", show(&n, to), show(&n, from));
    } else {
        text_add(&out->formula, "odds after / odds before, odds = p/(1 - p)");
        text_addf(&out->numbers, "(%s/(1 - %s))/(%s/(1 - %s))", show(&n, to), show(&n, to), show(&n, from), show(&n, from));
    }
    text_addf(&out->convention, "of the %s means, before: %s, after: %s", is_typical(f) ? "typical group's" : "population's",
              shown_text_at(f->table, f->row, "from"), shown_text_at(f->table, f->row, "to"));
}

void explain_contrast_end(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    double ratio = shown_beside(f, "ratio");
    struct numbers n = { .used = 0 };

    if (shown_how(f) == DERIVED_DIFFERENCE_INTERVAL) {
        shown_interval(f, shown_beside(f, "difference"), shown_beside(f, "se"), figures->level, out);
        return;
    }
    text_addf(&out->formula, "ratio·exp(%sq·se of its logarithm)", f->value < ratio ? "-" : "");
    text_addf(&out->numbers, "%s·exp(%s)", show(&n, ratio), show(&n, ratio_log(f->value / ratio)));
    text_addf(&out->convention, "Wald interval, %g%%, made on the log scale", 100 * figures->level);
}
