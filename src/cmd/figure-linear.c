/* figure-linear.c -- explanations of what stands in the tables of `test`, `anova`, `means`, `contrast`, `slopes` and `r2`; see
 * figure-shown.h. */
#include "cmd/figure-shown.h"
#include "infer/ratio.h"

#include <math.h>
#include <string.h>

static const char *ddf_words(const struct figure *f)
{
    const char *ddf = shown_said(f->part, "ddf");

    return strcmp(ddf, "kenward-roger") == 0   ? "Kenward and Roger's, as many as the adjusted error is worth"
           : strcmp(ddf, "satterthwaite") == 0 ? "Satterthwaite: g'Ag is the variance of v's own estimate"
                                               : "the normal distribution: no degrees of freedom";
}

/* "; age = 11, w = 2": where the numbers stand that are held. */
static void said_held(const struct figure *f, struct text *out)
{
    const struct value *at = shown_value(f->part, "at");
    char number[NUMBER_SIZE];

    for (const struct value *v = at == NULL ? NULL : at->as.list.first; v != NULL; v = v->next)
        text_addf(out, "%s%s = %s", v == at->as.list.first ? "; at " : ", ", v->key,
                  v->type == VALUE_STRING ? v->as.string : number_text(number, v->as.real, 6));
}

void explain_linear(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    enum derived how = shown_how(f);
    double base = ratio_mean_base(f->model);

    (void)figures;
    if (shown_is(f, DERIVED_AS_RATIO) && (base == 2 || base == 10))
        text_addf(&out->formula, "%g^(l'β)", base);
    else
        text_add(&out->formula, shown_is(f, DERIVED_AS_RATIO)                            ? "exp(l'β)"
                                : how == DERIVED_REFERENCE_MEAN && shown_link(f) != NULL ? "l'β, on the scale shown"
                                                                                         : "l'β");
    text_add(&out->convention, how == DERIVED_HYPOTHESIS ? "l: the weights of the hypothesis' left side less its right side's"
                               : how == DERIVED_SLOPE || how == DERIVED_SLOPE_DIFFERENCE
                                   ? "l: how the grid's row changes with the number"
                               : how == DERIVED_REFERENCE_MEAN ? "l: the mean of the reference grid's rows with these levels"
                                                               : "l: a difference of the rows of such means");
    said_held(f, &out->convention);
}

void explain_linear_se(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    struct numbers n = { .used = 0 };

    (void)figures;
    text_add(&out->formula, "√(l'Vl)");
    text_addf(&out->numbers, "√(%s)", show(&n, f->value * f->value));
    text_addf(&out->convention, "V: the covariance matrix of the coefficients%s; brought to the scale shown by the delta method",
              strcmp(shown_said(f->part, "ddf"), "kenward-roger") == 0 ? ", as Kenward and Roger adjust it" : "");
}

void explain_linear_df(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    (void)figures;
    text_add(&out->formula, "2·v²/(g'Ag), v = l'Vl");
    text_add(&out->convention, ddf_words(f));
}

void explain_linear_t(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    double se = shown_beside(f, "se") / (shown_is(f, DERIVED_AS_RATIO) ? shown_beside(f, "estimate") : 1);
    struct numbers n = { .used = 0 };

    (void)figures;
    text_add(&out->formula, shown_is(f, DERIVED_AS_RATIO) ? "log ratio / its standard error"
                                                          : "difference from the hypothesis / standard error");
    text_addf(&out->numbers, "%s/%s", show(&n, f->value * se), show(&n, se));
    text_add(&out->convention, "Wald");
}

void explain_linear_p(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    double df = shown_beside(f, "df"), t = shown_beside(f, "statistic");
    const char *adjust = shown_said(f->part, "adjust");
    struct numbers n = { .used = 0 };

    (void)figures;
    if (shown_is(f, DERIVED_TOGETHER)) {
        text_addf(&out->formula, "P(the largest of all contrasts' |t| > |t|)");
        text_addf(&out->convention, "for all contrasts of the family together: %s", adjust[0] == '\0' ? "tukey" : adjust);
        return;
    }
    text_addf(&out->formula, "2·P(%s > |%s|)", isfinite(df) ? "T" : "Z", isfinite(df) ? "t" : "z");
    if (isfinite(df))
        text_addf(&out->numbers, "2·P(t(%s) > %s)", show(&n, df), show(&n, fabs(t)));
    else
        text_addf(&out->numbers, "2·P(Z > %s)", show(&n, fabs(t)));
    text_add(&out->convention, "two-sided");
}

void explain_linear_end(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    double estimate = shown_beside(f, "estimate");
    struct numbers n = { .used = 0 };

    if (!shown_is(f, DERIVED_AS_RATIO)) {
        shown_interval(f, estimate, shown_beside(f, "se"), figures->level, out);
        return;
    }
    text_addf(&out->formula, "%s·exp(%sq·se of its logarithm)", isnan(shown_beside(f, "statistic")) ? "mean" : "ratio",
              f->value < estimate ? "-" : "");
    text_addf(&out->numbers, "%s·exp(%s)", show(&n, estimate), show(&n, ratio_log(f->value / estimate)));
    text_addf(&out->convention, "Wald interval, %g%%, made on the log scale", 100 * figures->level);
}

/* --- anova ------------------------------------------------------------------------------------------------------- */

void explain_anova(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    double den = shown_beside(f, "den_df"), num = shown_beside(f, "num_df");
    bool chi = isnan(den);
    struct numbers n = { .used = 0 };

    (void)figures;
    if (shown_how(f) == DERIVED_NUM_DF) {
        text_add(&out->formula, "rows of L that are independent");
        text_add(&out->convention, "L: the hypothesis of the term, one row a coefficient that the data determine");
    } else if (shown_how(f) == DERIVED_DEN_DF) {
        text_add(&out->formula, num > 1 ? "2·E/(E - num df), E = Σ ν/(ν - 2)" : "2·v²/(g'Ag), v = LVL'");
        text_addf(&out->convention, "%s%s", ddf_words(f),
                  num > 1 ? "; ν: those of the rows (Fai and Cornelius), or Kenward and Roger's" : "");
    } else if (shown_how(f) == DERIVED_F) {
        text_add(&out->formula, chi ? "(Lβ)'(LVL')⁻¹(Lβ)" : "(Lβ)'(LVL')⁻¹(Lβ) / num df");
        text_add(&out->convention, "Wald: tests that all coefficients of the term are 0, in the sense of the type");
    } else {
        text_add(&out->formula, chi ? "P(χ²(df) > chi2)" : "P(F(num df, den df) > F)");
        if (chi)
            text_addf(&out->numbers, "P(χ²(%s) > %s)", show(&n, num), show(&n, shown_beside(f, "statistic")));
        text_add(&out->convention, "the probability of as much or more, were the term without effect");
    }
}

/* --- r2 ------------------------------------------------------------------------------------------------------------ */

void explain_r2(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    double r = shown_beside(f, "residual"), total = r / (1 - shown_beside(f, "conditional"));
    double fixed = total * shown_beside(f, "marginal"), groups = total * shown_beside(f, "icc");
    struct numbers n = { .used = 0 };

    (void)figures;
    text_add(&out->convention, "f: variance of the fixed effects, g: of the groups, r: what is left, ");
    text_add(&out->convention, shown_text_at(f->table, f->row, "method"));
    if (shown_how(f) == DERIVED_R2_LEFT) {
        text_add(&out->formula, "r");
    } else if (shown_how(f) == DERIVED_R2_MARGINAL) {
        text_add(&out->formula, "f/(f + g + r)");
        text_addf(&out->numbers, "%s/(%s + %s + %s)", show(&n, fixed), show(&n, fixed), show(&n, groups), show(&n, r));
    } else if (shown_how(f) == DERIVED_R2_CONDITIONAL) {
        text_add(&out->formula, "(f + g)/(f + g + r)");
        text_addf(&out->numbers, "(%s + %s)/(%s + %s + %s)", show(&n, fixed), show(&n, groups), show(&n, fixed), show(&n, groups),
                  show(&n, r));
    } else if (shown_how(f) == DERIVED_R2_ICC_ADJUSTED) {
        text_add(&out->formula, "g/(g + r)");
        text_addf(&out->numbers, "%s/(%s + %s)", show(&n, groups), show(&n, groups), show(&n, r));
    } else {
        text_add(&out->formula, "g/(f + g + r)");
        text_addf(&out->numbers, "%s/(%s + %s + %s)", show(&n, groups), show(&n, fixed), show(&n, groups), show(&n, r));
    }
}

/* --- icc ------------------------------------------------------------------------------------------------------------- */

void explain_median_odds(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    struct numbers n = { .used = 0 };

    (void)figures;
    text_add(&out->formula, "exp(√(2·variance)·q)");
    text_addf(&out->numbers, "exp(√(2·%s)·0.67448975)", show(&n, shown_beside(f, "variance")));
    text_add(&out->convention, "q: the quantile 3/4 of the normal distribution (Larsen and Merlo 2005)");
}
