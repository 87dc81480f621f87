/* figure-groups.c -- the numbers of `whatif`, and of `shrinkage` with ranks, means or intervals to compare, explained; see
 * figure-shown.h. */
#include <math.h>
#include <string.h>

#include "cmd/figure-shown.h"
#include "infer/ci.h"
#include "infer/marginal.h"

static const double SAME_QUANTILE = 1e-3; /* of a multiple of an error that is the normal one, of ends with few digits */

/* --- what if ----------------------------------------------------------------------------------------------------- */

/* The random term of the level asked about, by the effect of the row. */
static const struct random_fit *term_of(const struct figure *f)
{
    const struct design *design = f->fit->design;
    const char *group = shown_said(f->part, "group"), *term = shown_text_at(f->table, f->row, "term");

    for (int t = 0; t < design->random_count; t++)
        for (int a = 0; strcmp(design->random[t].group, group) == 0 && a < design->random[t].k; a++)
            if (strcmp(design->random[t].names[a], term) == 0)
                return &f->fit->random[t];
    return NULL;
}

void explain_whatif(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    double overall = shown_beside(f, "complete"), kept = shown_beside(f, "weight"), raw = shown_beside(f, "raw");
    struct numbers n = { .used = 0 };

    (void)figures;
    if (shown_is_exact(f) && isfinite(kept) && isfinite(raw)) {
        text_add(&out->formula, "overall + kept·(raw - overall)");
        text_addf(&out->numbers, "%s + %s·(%s - ", show_term(&n, overall, f->value), show(&n, kept),
                  show_term(&n, raw, f->value));
        add_bracketed(&out->numbers, overall, f->value);
        text_add(&out->numbers, ")");
    } else {
        text_add(&out->formula, "fixed coefficient + conditional mode");
        text_addf(&out->numbers, "%s + ", show_term(&n, overall, f->value));
        add_bracketed(&out->numbers, f->value - overall, f->value);
    }
    text_addf(&out->convention, "with %.0f rows like those that there are, the parameters held at their estimates",
              shown_beside(f, "n"));
}

void explain_whatif_kept(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    const struct random_fit *random = term_of(f);
    double tau2 = random == NULL ? (double)NAN : random->covariance[0],
           variance = shown_is_exact(f) ? f->fit->sigma * f->fit->sigma : 1;
    struct numbers n = { .used = 0 };
    const char *information, *tau, *one;

    (void)figures;
    text_addf(&out->formula, shown_is_exact(f) ? "n·τ²/(n·τ² + σ²)" : "I·τ²/(I·τ² + 1)");
    if (tau2 > 0 && f->value < 1) {
        information = show(&n, f->value / (1 - f->value) * variance / tau2);
        tau = show(&n, tau2);
        one = show(&n, variance);
        text_addf(&out->numbers, "%s·%s/(%s·%s + %s)", information, tau, information, tau, one);
    }
    text_addf(&out->convention, shown_is_exact(f)
                                    ? "n: the sum of w·z² over so many rows, less what other random effects take of it"
                                    : "I: how much so many rows tell of the effect");
}

void explain_whatif_sd(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    const struct random_fit *random = term_of(f);
    double kept = shown_beside(f, "weight"), tau = random == NULL ? (double)NAN : random->sd[0];
    struct numbers n = { .used = 0 };

    (void)figures;
    if (shown_is(f, DERIVED_CLOSED)) {
        text_add(&out->formula, "τ·√(1 - kept)");
        text_addf(&out->numbers, "%s·√(1 - %s)", show(&n, tau), show_term(&n, kept, 1 - kept));
    } else {
        text_add(&out->formula, "√(Var(b | y))");
        text_addf(&out->numbers, "√(%s)", show(&n, f->value * f->value));
    }
    text_add(&out->convention, "given so many rows, fixed effects and variances held at their estimates");
}

void explain_whatif_end(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    shown_interval(f, shown_beside(f, "estimate"), shown_beside(f, "se"), figures->level, out);
}

void explain_own(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    (void)figures;
    text_add(&out->formula, "the estimate from the group's rows alone");
    text_addf(&out->convention, "%sthe rest of the model held at its estimate (no pooling)%s",
              shown_how(f) == DERIVED_MEAN_OWN ? "as a mean; " : "",
              isfinite(f->value) ? "" : "; its rows are all at the edge of what is possible, so that it does not exist");
}

/* --- shrinkage ----------------------------------------------------------------------------------------------------- */

/* The level's figures on the scale of the link. */
static const struct shrinkage *link_scale(const struct figures *figures, const struct figure *f, int32_t *level)
{
    const char *group = shown_said(f->part, "group"), *term = shown_said(f->part, "term"),
               *name = shown_text_at(f->table, f->row, "level");

    for (int i = 0; i < figures->shrinkage_count; i++) {
        const struct shrinkage *s = figures->shrinkage[i];

        if (strcmp(s->group, group) != 0 || strcmp(s->term, term) != 0)
            continue;
        for (*level = 0; *level < s->count; ++*level)
            if (strcmp(s->level[*level], name) == 0)
                return s;
    }
    return NULL;
}

void explain_mean(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    struct numbers n = { .used = 0 };
    int32_t level;
    const struct shrinkage *s = link_scale(figures, f, &level);

    add_mean_formula(&out->formula, shown_link(f), "fixed coefficient + conditional mode");
    if (s != NULL)
        add_mean(&out->numbers, shown_link(f), show(&n, s->pooled[level]));
    text_add(&out->convention, "the BLUP on the scale of the link, as a mean; the other predictors at 0 or at their reference");
}

/* The ends of means, and of intervals to compare; these go by way of the link too. */
void explain_mean_end(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    int32_t level;
    const struct shrinkage *s = link_scale(figures, f, &level);
    const struct link *link = shown_is(f, DERIVED_ON_LINK) ? shown_link(f) : NULL;
    struct numbers n = { .used = 0 };
    struct text inner = { 0 };
    double end, q;

    if (s == NULL) {
        text_add(&out->formula, "BLUP and interval on the scale of the link, as means");
        return;
    }
    end = link == NULL ? f->value : link_transform(link, f->value);
    q = fabs(end - s->pooled[level]) / s->se[level];
    text_addf(&inner, "BLUP %s q·conditional SD", end < s->pooled[level] ? "-" : "+");
    add_mean_formula(&out->formula, link, text_string(&inner));
    if (isfinite(q)) {
        text_truncate(&inner, 0);
        text_addf(&inner, "%s %s %s·%s", show_term(&n, s->pooled[level], end), end < s->pooled[level] ? "-" : "+",
                  show_term(&n, q, end), show_term(&n, s->se[level], end));
        add_mean(&out->numbers, link, text_string(&inner));
    }
    if (fabs(q - wald_quantile((double)INFINITY, figures->level)) < SAME_QUANTILE)
        text_addf(&out->convention, "%g%%, normal; the parameters held at their estimates", 100 * figures->level);
    else
        text_addf(
            &out->convention,
            "to compare: q is such that intervals of two alike overlap %g%% of the time, on average (Goldstein and Healy 1995)",
            100 * figures->level);
    text_clear(&inner);
}

void explain_rank(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    bool raw = shown_how(f) == DERIVED_RANK_RAW;

    (void)figures;
    text_addf(&out->formula, "1 + levels with a smaller %s", raw ? "own estimate" : "BLUP");
    text_addf(&out->numbers, "1 + %.0f", f->value - 1);
    text_addf(&out->convention, "from the smallest, of %zu; ties share the lowest", f->table->row_count);
}

void explain_rank_end(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    double tail = (1 - figures->level) / 2;

    text_addf(&out->formula, "the %g quantile of the level's rank over %d draws",
              shown_how(f) == DERIVED_RANK_LOWER ? tail : 1 - tail, (int)RANK_DRAWS);
    text_add(&out->convention,
             "each draw takes every level from its conditional distribution, N(BLUP, conditional SD²), and ranks them");
}

void explain_first(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    bool lowest = shown_how(f) == DERIVED_LOWEST;

    (void)figures;
    text_addf(&out->formula, "draws in which it is the %s of all / draws", lowest ? "lowest" : "highest");
    text_addf(&out->numbers, "%.0f/%d", f->value * RANK_DRAWS, (int)RANK_DRAWS);
    text_add(&out->convention, "each draw takes every level from its conditional distribution; set seed N takes other draws");
}
