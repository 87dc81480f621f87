/* figure-rest.c -- the numbers of `sensitivity`, `gee`, `meta`, `power`, `bootstrap`, `scan`, `varcorr`, of icc's intervals, of
 * the predictors beside the mean and of imputed fits explained: mostly in words; see figure-shown.h.
 *
 * A row of `sayings` is what is said of a column; where the formula has the columns beside it, they are put in. */
#include <math.h>
#include <string.h>

#include "cmd/figure-shown.h"
#include "fit/imputed.h"
#include "infer/r2.h"

/* Wald tests and intervals by the normal law. */
#define WALD_Z                                                                                                                   \
    { "statistic", "z", "estimate / se", QUOTIENT, "Wald's z" }, { "p", "p", "2 P(Z > |z|)", NOTHING, "by the normal law" },     \
        { "lower", "lower", "estimate - q·se", END, "Wald interval" },                                                           \
    {                                                                                                                            \
        "upper", "upper", "estimate + q·se", END, "Wald interval"                                                                \
    }

const struct saying of_parts[] = {
    { "estimate", "estimate", "where the likelihood has its maximum, with all other parameters", NOTHING,
      "on the scale of the predictor's own link: log-odds of an extra zero, logarithm of the dispersion, cut points of an "
      "ordered response" },
    { "se", "se", "√ of the diagonal of (-H)⁻¹", SQUARED,
      "H: the second derivatives of the log-likelihood at its maximum in all parameters, the variances' included" },
    WALD_Z,
    { "sd", "SD", "√(variance)", NOTHING, "of the effects of the groups in this predictor, estimated with all other parameters" },
    { "variance", "variance", "SD²", NOTHING, "on the scale of the predictor's link" },
    { 0 },
};

const struct saying of_variants[] = {
    { "loglik", "logLik", "log-likelihood of the model fitted in this way", NOTHING,
      "of links and families it is of the same data, and compares by AIC; a method has its own approximation of it" },
    { "aic", "AIC", "-2 logLik + 2 parameters", NOTHING, "of the model fitted in this way" },
    { "move", "move", "(estimate in the variant - estimate) / se", NOTHING,
      "the largest of all parameters that it moves, in standard errors of the fit; with another link estimate / se of a "
      "coefficient against that of the fit" },
    { "estimate", "estimate", "the estimate of the fit that is varied", NOTHING, "moves are measured from here" },
    { "se", "se", "its standard error in the fit", NOTHING,
      "of a coefficient or threshold by the curvature of the likelihood; of a standard deviation by that of the criterion on the "
      "scale of its logarithm, of a correlation on Fisher's z" },
    { "lowest", "lowest", "min of (estimate in a variant - estimate) / se", NOTHING,
      "over all variants that reach an optimum, but links" },
    { "highest", "highest", "max of (estimate in a variant - estimate) / se", NOTHING,
      "over all variants that reach an optimum, but links" },
    { "p", "p", "2 P(T > |t|)", NOTHING, "the test of summary, in the fit" },
    { "p_largest", "largest-p", "max of p over the variants", NOTHING, "the variant that speaks least for the coefficient" },
    { "estimates", "estimate-there", "the parameter's estimate in the variant", NOTHING,
      "one for each parameter, in their order" },
    { "moves", "move-there", "(estimate in the variant - estimate) / se", NOTHING, "one for each parameter, in their order" },
    { "turned", "turned", "1 where a variant gives the estimate the other sign, else 0", NOTHING, "of all variants but links" },
    { "boundary", "boundary", "1 where the variant has a variance of 0 or a correlation of 1, else 0", NOTHING, "it counts" },
    { 0 },
};

const struct saying of_gee[] = {
    { "estimate", "estimate", "the solution of sum D'V⁻¹(y - μ) = 0 over clusters", NOTHING,
      "V has the working correlation within a cluster; of the population, not given random effects" },
    { "se", "se", "√ of the diagonal of the matrix of se=", SQUARED,
      "by default the sandwich A⁻¹·B·A⁻¹: A = sum D'V⁻¹D, B = sum D'V⁻¹rr'V⁻¹D over clusters, r = y - μ" },
    { "naive_se", "naive", "√ of the diagonal of φ·A⁻¹", SQUARED, "right only if the working correlation is" },
    { "sandwich_se", "sandwich", "√ of the diagonal of A⁻¹·B·A⁻¹", SQUARED,
      "right for any correlation within clusters, if there are many" },
    { "mancl_se", "mancl", "the sandwich with r replaced by (I - H)⁻¹·r", SQUARED, "Mancl and DeRouen (2001): for few clusters" },
    { "kauermann_se", "kauermann", "the sandwich with r replaced by (I - H)^-1/2·r", SQUARED,
      "Kauermann and Carroll (2001): for few clusters" },
    WALD_Z,
    { "dispersion", "dispersion", "sum of squared Pearson residuals / (n - p)", NOTHING, "φ, the scale of the variance" },
    { "qic", "QIC", "-2 Q + 2 tr(A_I V_sandwich)", NOTHING,
      "Pan (2001): Q the quasi-likelihood under independence, A_I its information; smaller is better, over working correlations "
      "and terms" },
    { "qicu", "QICu", "-2 Q + 2p", NOTHING, "for the choice of terms alone" },
    { 0 },
};

const struct saying of_power[] = {
    { "power", "power", "replicates with p below alpha / fits that count", NOTHING,
      "responses are drawn with the parameters as they are stated or estimated, and the model is fitted to each" },
    { "lower", "lower", "the beta quantile at 0.025 of (found, fits - found + 1)", NOTHING,
      "exact for a count of successes (Clopper and Pearson): what the simulation leaves open, not the study" },
    { "upper", "upper", "the beta quantile at 0.975 of (found + 1, fits - found)", NOTHING,
      "exact for a count of successes (Clopper and Pearson): what the simulation leaves open, not the study" },
    { "mean", "mean-estimate", "the mean of the estimates over the fits that count", NOTHING,
      "beside the true value it tells bias" },
    { "se", "se", "the mean of the standard errors over the fits that count", NOTHING, "as summary has them" },
    { "used", "fits", "replicates whose fit converged with all estimates determined", NOTHING, "the others do not count" },
    { "n", "rows", "the rows of the study", NOTHING, "of all groups together" },
    { 0 },
};

const struct saying of_meta[] = {
    { "estimate", "estimate", "where the likelihood of all studies has its maximum", NOTHING,
      "the logarithm of the odds ratio, or of the rate ratio; without corrections of cells" },
    { "se", "se", "√ of the diagonal of (-H)⁻¹", SQUARED,
      "H: the second derivatives of the log-likelihood at its maximum, those in tau included" },
    WALD_Z,
    { 0 },
};

const struct saying of_meta_studies[] = {
    { "effect", "own", "log of the ratio of the treated arm to the control arm of the study alone", NOTHING,
      "infinite where one arm has no events" },
    { "lower", "lower", "own - q·se", NOTHING, "of the study alone" },
    { "upper", "upper", "own + q·se", NOTHING, "of the study alone" },
    { "shrunk", "in-the-model", "the mode of the study's effect, given its events, the estimate and tau", NOTHING,
      "drawn toward the estimate, the more the fewer events it has" },
    { "shrunk_lower", "in-the-model-lower", "in-the-model - q·se", NOTHING, "with the estimate and tau held" },
    { "shrunk_upper", "in-the-model-upper", "in-the-model + q·se", NOTHING, "with the estimate and tau held" },
    { 0 },
};

const struct saying of_heterogeneity[] = {
    { "tau", "tau", "√(variance)", SQUARED,
      "the standard deviation of the studies' effects about their mean, by maximum likelihood with all else" },
    { "tau2", "variance", "tau²", NOTHING, "of the studies' effects about their mean" },
    { "i2", "I2", "tau²/(tau² + s²)", NOTHING,
      "Higgins and Thompson (2002): s² = (k - 1)·sum w/((sum w)² - sum w²) over the k studies, w = 1/variance of the study's own "
      "effect, with 1/2 in each cell of a study that has a 0" },
    { "loglik", "logLik", "log-likelihood at the estimates", NOTHING, "all constants" },
    { "loglik_common", "logLik-common", "log-likelihood where tau is 0", NOTHING, "the estimate chosen anew" },
    { "chisq", "chi2", "2·(logLik - logLik-common)", NOTHING, "the likelihood-ratio test of tau = 0" },
    { "p", "p-tau", "P(χ²(1) > chi2)/2", NOTHING, "tau = 0 is on the boundary: 0.5 χ²(0) + 0.5 χ²(1)" },
    { "prediction_lower", "prediction-lower", "estimate - q·√(se² + tau²)", NOTHING,
      "of the effect in a new study (Higgins, Thompson and Spiegelhalter 2009): q of t with two degrees of freedom less than "
      "there are studies" },
    { "prediction_upper", "prediction-upper", "estimate + q·√(se² + tau²)", NOTHING,
      "of the effect in a new study (Higgins, Thompson and Spiegelhalter 2009): q of t with two degrees of freedom less than "
      "there are studies" },
    { 0 },
};

const struct saying of_replicates[] = {
    { "used", "used", "replicates whose fit determines this parameter", NOTHING, "the others do not count" },
    { "at_limit", "at-limit", "replicates whose estimate is at its limit", NOTHING,
      "infinite: of a separated coefficient, of a shape without which the family is a simpler one" },
    { "estimate", "estimate", "the estimate of the fit that responses are drawn from", NOTHING, "as summary has it" },
    { "bias", "bias", "mean of the estimates from drawn responses - estimate", NOTHING, "over the replicates that count" },
    { "se", "se", "the standard deviation of the estimates from drawn responses", NOTHING, "over the replicates that count" },
    { "lower", "lower", "the lower quantile of the estimates from drawn responses", NOTHING, "percentile interval" },
    { "upper", "upper", "the upper quantile of the estimates from drawn responses", NOTHING, "percentile interval" },
    { "basic_lower", "basic-lower", "2·estimate - the upper quantile", NOTHING,
      "basic interval: what the estimates of drawn responses are off, turned around; within the parameter's range" },
    { "basic_upper", "basic-upper", "2·estimate - the lower quantile", NOTHING,
      "basic interval: what the estimates of drawn responses are off, turned around; within the parameter's range" },
    { 0 },
};

const struct saying of_influence[] = {
    { "cook", "Cook's-D", "d'V⁻¹d/p, d = coefficients - those of the fit without the level", NOTHING,
      "V: the covariance matrix of the p fixed effects; the other rows are fitted again" },
    { "step_cook", "Cook's-D-step", "d'V⁻¹d/p, d by one step of Newton's", NOTHING, "at the fit's own variances" },
    { "move", "move", "(coefficient - that of the fit without the level) / se", NOTHING,
      "the largest of all fixed effects; the other rows are fitted again" },
    { "step_move", "move-step", "(coefficient - that after one step of Newton's) / se", NOTHING,
      "the largest of all fixed effects, at the fit's own variances" },
    { 0 },
};

const struct saying of_scan[] = {
    { "frequency", "frequency", "sum of dosages / 2 individuals with a genotype", NOTHING, "of the allele that is counted" },
    { "estimate", "estimate", "(x'V⁻¹x)⁻¹ x'V⁻¹y, x free of the other terms", NOTHING,
      "the effect of one more allele; V with the variances that the model without the marker has" },
    { "se", "se", "1/√(x'V⁻¹x)", SQUARED, "with the variances held at those of the model without the marker" },
    { "statistic", "t", "estimate / se, or for test=lrt -2 log of the ratio of likelihoods", NOTHING,
      "one degree of freedom in the numerator" },
    { "p", "p", "P of a statistic as large without an effect", NOTHING, "of this marker alone: compare with the threshold" },
    { "p_without", "p-without", "p of the same test without the relationship matrix", NOTHING,
      "what kinship would be taken for" },
    { "lambda_gc", "lambda", "median of χ² over the markers / 0.4549", NOTHING,
      "1 without inflation; 0.4549 is the median of χ² with 1 df" },
    { "lambda_gc_without", "lambda-without", "the same without the relationship matrix", NOTHING,
      "above 1: relatives inflate the tests" },
    { "threshold", "threshold", "0.05 / markers tested", NOTHING, "Bonferroni's" },
    { 0 },
};

const struct saying of_components[] = {
    { "sd", "SD", "√(variance)", NOTHING, "of the random effect, or of the residuals" },
    { "variance", "variance", "SD²", NOTHING, "as the fit has it" },
    { "share", "share", "the term's variance averaged over the rows / sum over all terms and the residuals", NOTHING,
      "the variance that a term's effects give to a row together (Johnson 2014); by a relationship matrix, times what the "
      "row's level has with itself there" },
    { "lower", "lower", "the smallest value that the data do not contradict", NOTHING,
      "where the deviance, minimized over all else, is a χ² quantile above its minimum; 0 where it never is" },
    { "upper", "upper", "the largest value that the data do not contradict", NOTHING,
      "where the deviance, minimized over all else, is a χ² quantile above its minimum" },
    { "estimate", "estimate", "from the variances and coefficients of the fit", NOTHING,
      "by the delta method where it has an interval" },
    { 0 },
};

const struct saying of_icc[] = {
    { "icc_observed", "ICC-observed", "Var(E(y|b)) / Var(y)", NOTHING,
      "on the scale of the response, by integration over the random effects, averaged over the rows" },
    { "icc_lower", "lower", "the smallest share that the data do not contradict", NOTHING,
      "where it hangs on one standard deviation, that of its interval; else where the deviance of the share, minimized over all "
      "else, is a χ² quantile above its minimum, or a quantile over refits (interval=boot)" },
    { "icc_upper", "upper", "the largest share that the data do not contradict", NOTHING,
      "where it hangs on one standard deviation, that of its interval; else where the deviance of the share, minimized over all "
      "else, is a χ² quantile above its minimum, or a quantile over refits (interval=boot)" },
    { "odds_lower", "MOR-lower", "exp(√(2v)·0.6745), v at the lower end", ODDS,
      "the median odds ratio; 0.6745 is the normal quantile at 0.75" },
    { "odds_upper", "MOR-upper", "exp(√(2v)·0.6745), v at the upper end", ODDS,
      "the median odds ratio; 0.6745 is the normal quantile at 0.75" },
    { 0 },
};

const struct saying of_pooled[] = {
    { "estimate", "estimate", "mean of the m estimates", NOTHING, "Rubin (1987): of each imputation's own fit" },
    { "difference", "difference", "mean of the m differences", NOTHING, "Rubin (1987): of each imputation's own fit" },
    { "typical", "typical", "mean of the m estimates", NOTHING, "Rubin (1987): of each imputation's own fit, random effects 0" },
    { "se", "se", "√(U + (1 + 1/m)·B)", SQUARED,
      "U: the mean squared error within imputations, B: the variance of the estimates between them" },
    { "typical_se", "typical-se", "√(U + (1 + 1/m)·B)", SQUARED,
      "U: the mean squared error within imputations, B: the variance of the estimates between them" },
    { "df", "df", "1/(1/old + 1/observed)", NOTHING,
      "Barnard and Rubin (1999): old = (m - 1)/λ², observed = (v + 1)/(v + 3)·v·(1 - λ), λ = (1 + 1/m)·B/(U + (1 + 1/m)·B), v "
      "the degrees of freedom of complete data" },
    { "statistic", "t", "estimate / se", QUOTIENT, "a t with Barnard and Rubin's degrees of freedom" },
    { "p", "p", "2 P(T > |t|)", NOTHING, "T with Barnard and Rubin's degrees of freedom" },
    { "lower", "lower", "estimate - q·se", END,
      "q by t with Barnard and Rubin's degrees of freedom; of a mean by way of the link" },
    { "upper", "upper", "estimate + q·se", END,
      "q by t with Barnard and Rubin's degrees of freedom; of a mean by way of the link" },
    { "typical_lower", "typical-lower", "typical - q·se", NOTHING,
      "q by t with Barnard and Rubin's degrees of freedom; by way of the link" },
    { "typical_upper", "typical-upper", "typical + q·se", NOTHING,
      "q by t with Barnard and Rubin's degrees of freedom; by way of the link" },
    { "typical_difference", "typical-difference", "mean of the m differences", NOTHING,
      "Rubin (1987): of each imputation's own fit, random effects 0" },
    { "typical_ratio", "typical-ratio", "exp(mean of the m logarithms)", NOTHING,
      "ratios are pooled as logarithms; random effects 0" },
    { "typical_odds_ratio", "typical-odds-ratio", "exp(mean of the m logarithms)", NOTHING,
      "odds ratios are pooled as logarithms; random effects 0" },
    { "ratio", "ratio", "exp(mean of the m logarithms)", NOTHING, "ratios are pooled as logarithms" },
    { "ratio_lower", "ratio-lower", "exp(log ratio - q·se)", NOTHING, "ratios are pooled as logarithms" },
    { "ratio_upper", "ratio-upper", "exp(log ratio + q·se)", NOTHING, "ratios are pooled as logarithms" },
    { "odds_ratio", "odds-ratio", "exp(mean of the m logarithms)", NOTHING, "odds ratios are pooled as logarithms" },
    { "riv", "increase", "(1 + 1/m)·B / U", NOTHING,
      "by how much the imputations increase the variance; B between them, U within" },
    { "fmi", "missing", "(riv + 2/(df + 3)) / (riv + 1)", NOTHING,
      "as mice has it (Rubin 1987): near λ, the share of the variance that is due to the imputations, where df are many; few df "
      "make it larger even where nothing is missing" },
    { "icc_adjusted", "ICC", "sin(mean of arcsin(sqrt(share)))^2", NOTHING, "shares of variance are pooled as angles" },
    { "icc", "ICC-of-all", "sin(mean of arcsin(sqrt(share)))^2", NOTHING, "shares of variance are pooled as angles" },
    { "icc_lower", "ICC-lower", "sin(arcsin(sqrt(share)) - q·se)^2", NOTHING,
      "se by the lower ends of each imputation, as angles; q by t with Rubin's degrees of freedom; 0 and 1 as they are" },
    { "icc_upper", "ICC-upper", "sin(arcsin(sqrt(share)) + q·se)^2", NOTHING,
      "se by the upper ends of each imputation, as angles; q by t with Rubin's degrees of freedom; 0 and 1 as they are" },
    { "sd", "SD", "exp(mean of log SD)", NOTHING,
      "standard deviations are pooled as logarithms; with a 0 among them, as they are" },
    { 0 },
};

/* Of several rows together, and of a term. */
static const struct saying of_joint[] = {
    { "num_df", "num-df", "independent rows that are tested together", NOTHING, "what follows from the others counts once" },
    { "den_df", "den-df", "by r = (1 + 1/m)·tr(B U^-1)/q", NOTHING,
      "Reiter (2007) where complete data have degrees of freedom, else Li, Raghunathan and Rubin (1991); of one row Barnard and "
      "Rubin's" },
    { "statistic", "F", "d'U^-1 d / (q (1 + r)), r = (1 + 1/m)·tr(B U^-1)/q", NOTHING,
      "D1 (Li, Raghunathan and Rubin 1991): U the covariance matrix within imputations, B between them; of one row the square of "
      "t" },
    { "p", "p", "P(F(num df, den df) > F)", NOTHING, "D1 (Li, Raghunathan and Rubin 1991)" },
    { 0 },
};

/* Of two models. */
static const struct saying of_ratio[] = {
    { "num_df", "num-df", "parameters that the larger model adds", NOTHING, "k" },
    { "den_df", "den-df", "4 + (t - 4)·(1 + (1 - 2/t)/r)²", NOTHING,
      "t = k (m - 1), r the increase in variance; t (1 + 1/k) (1 + 1/r)²/2 where t is 4 or less (Li, Raghunathan and Rubin "
      "1991)" },
    { "statistic", "F", "S/(k (1 + r)), r = (m + 1)/(k (m - 1))·(mean chi2 - S)", NOTHING,
      "D4 (Chan and Meng 2022): S = 2 (loglik of the larger - that of the smaller) / m of all imputations together, a group of "
      "each being one of its own; r is 0 at least" },
    { "p", "p", "P(F(num df, den df) > F)", NOTHING, "D4 (Chan and Meng 2022)" },
    { "stacked", "stacked-chi2", "S = 2 (loglik of the larger - that of the smaller) / m", NOTHING,
      "of all imputations together, each group of each being one of its own" },
    { "chisq", "mean-chi2", "mean of 2 (loglik of the larger - that of the smaller)", NOTHING, "each at its own estimates" },
    { "riv", "increase", "(m + 1)/(k (m - 1))·(mean chi2 - S), 0 at least", NOTHING,
      "S: chi2 of all imputations at common estimates, by m" },
    { 0 },
};

static const struct saying of_hypothesis = { "statistic", "t", "(estimate - c) / se", NOTHING,
                                             "c: the value of the hypothesis; a t with Barnard and Rubin's degrees of freedom" };

/* --- what is put in ------------------------------------------------------------------------------------------- */

static void put_numbers(const struct figure *f, const struct saying *saying, struct text *out)
{
    struct numbers n = { .used = 0 };
    double estimate = f->table == NULL ? (double)NAN : shown_beside(f, "estimate");
    double se = f->table == NULL ? (double)NAN : shown_beside(f, "se"), q, variance;

    switch (saying->numbers) {
    case QUOTIENT:
        if (shown_comes_to(estimate / se, f->value))
            text_addf(out, "%s/%s", show(&n, estimate), show(&n, se));
        return;
    case SQUARED:
        text_addf(out, "√(%s)", show(&n, f->value * f->value));
        return;
    case END:
        q = fabs(f->value - estimate) / se;
        if (isfinite(q) && q > 0)
            text_addf(out, "%s %s %s·%s", show_term(&n, estimate, f->value), f->value < estimate ? "-" : "+", show(&n, q),
                      show(&n, se));
        return;
    case ODDS:
        variance = median_odds_variance(f->value);
        text_addf(out, "exp(√(2·%s)·0.6745)", show(&n, variance));
        return;
    default:
        return;
    }
}

/* A t of pooled estimates that is not about 0. */
static bool is_of_hypothesis(const struct figure *f, const struct saying *saying)
{
    return saying->numbers == QUOTIENT && f->table != NULL
           && !shown_comes_to(shown_beside(f, "estimate") / shown_beside(f, "se"), f->value);
}

static bool has_column(const struct table *table, const char *key)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (table->columns[i].key != NULL && strcmp(table->columns[i].key, key) == 0)
            return true;
    return false;
}

/* The list of an imputed fit's number. */
static const struct saying *pooled_list(const struct figure *f)
{
    bool joint = f->table != NULL ? has_column(f->table, "num_df") : strcmp(f->part->command, "test") == 0;

    return f->table != NULL && has_column(f->table, "stacked") ? of_ratio : joint ? of_joint : of_pooled;
}

const struct saying *saying_find(const struct saying *list, const char *key)
{
    for (const struct saying *s = list; s != NULL && s->key != NULL; s++)
        if (strcmp(s->key, key) == 0)
            return s;
    return NULL;
}

const struct saying *said_of(const struct figure *f)
{
    bool imputed = f->fit != NULL && f->fit->imputed != NULL;
    const struct saying *list = imputed ? pooled_list(f) : f->derivation->sayings, *said;
    const char *key = shown_key(f);

    if (key == NULL)
        return NULL;
    said = imputed || !f->derivation->keyed ? saying_find(list, key) : keyed_saying(f, key);
    if (said == NULL && imputed)
        return keyed_saying(f, key);
    return said != NULL && list == of_pooled && is_of_hypothesis(f, said) ? &of_hypothesis : said;
}

bool said_for_programs(const struct figure *f)
{
    return f->fit != NULL && f->fit->imputed != NULL && shown_key(f) != NULL && saying_find(pooled_list(f), shown_key(f)) == NULL;
}

const char *said_name_at(int i)
{
    static const struct saying *const lists[] = { of_parts,         of_variants,   of_gee,      of_power, of_scan,
                                                  of_components,    of_icc,        of_pooled,   of_meta,  of_meta_studies,
                                                  of_heterogeneity, of_replicates, of_influence };

    for (size_t k = 0; k < sizeof lists / sizeof lists[0]; k++)
        for (const struct saying *s = lists[k]; s->key != NULL; s++)
            if (i-- == 0)
                return s->name;
    return keyed_name_at(i);
}

void explain_said(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    const struct saying *said = said_of(f);

    (void)figures;
    if (said == NULL)
        return;
    text_add(&out->formula, said->formula);
    put_numbers(f, said, &out->numbers);
    text_add(&out->convention, said->convention);
}

void explain_pooled(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    struct numbers n = { .used = 0 };
    double riv = f->table == NULL ? (double)NAN : shown_beside(f, "riv");

    explain_said(figures, f, out);
    if (said_of(f) != NULL && strcmp(said_of(f)->key, "fmi") == 0 && isfinite(riv) && (riv + 1) * f->value - riv > 0)
        text_addf(&out->numbers, "(%s + 2/(%s + 3))/(%s + 1)", show(&n, riv), show(&n, 2 / ((riv + 1) * f->value - riv) - 3),
                  show(&n, riv));
    if (out->convention.length > 0)
        text_addf(&out->convention, "; m = %d imputations", f->fit->imputed->counted);
}

static void add_word(struct text *out, size_t before, const char *word)
{
    text_addf(out, "%s%s", out->length > before && *word != '\0' ? " " : "", word);
}

/* "link probit", "group herd 4"; "Subject sd Days". */
void owner_of_variant(const struct figure *f, struct text *out)
{
    static const char *const of_variant[] = { "kind", "group", "what", NULL };
    static const char *const of_parameter[] = { "group", "kind", "term", "term2", NULL };
    bool variant = f->table->key != NULL && strcmp(f->table->key, "variants") == 0;
    size_t before = out->length;

    for (const char *const *key = variant ? of_variant : of_parameter; *key != NULL; key++)
        if (variant || strcmp(*key, "kind") != 0 || *shown_text_at(f->table, f->row, "group") != '\0')
            add_word(out, before, shown_text_at(f->table, f->row, *key));
}

/* --- of what --------------------------------------------------------------------------------------------------- */

void owner_of_study(const struct figure *f, struct text *out)
{
    double groups = shown_beside(f, "groups"), size = shown_beside(f, "size");

    if (!isnan(groups))
        text_addf(out, "%.0f groups%s", groups, isnan(size) ? "" : " of ");
    if (!isnan(size))
        text_addf(out, "%.0f row%s", size, size == 1 ? "" : "s");
    if (isnan(groups) && isnan(size))
        text_add(out, shown_said(f->part, "term"));
}

/* "Subject Days", "rs12": the words of the row; of a number by itself the command. */
void owner_of_row(const struct figure *f, struct text *out)
{
    static const char *const keys[] = { "marker", "study", "group", "level", "term", "term2", "alternative", NULL };
    size_t before = out->length;

    for (const char *const *key = keys; f->table != NULL && *key != NULL; key++)
        add_word(out, before, shown_text_at(f->table, f->row, *key));
    if (out->length == before)
        text_add(out, f->part->command);
}

void owner_of_part(const struct figure *f, struct text *out)
{
    const char *key = f->table->key;

    text_addf(out, "%.*s ", (int)strcspn(key, "_"), key);
    owner_of_row(f, out);
}

/* --- tables and numbers without a derivation of their own ------------------------------------------------------ */

static const struct derivation part = { .explain = explain_said, .owner = owner_of_part, .sayings = of_parts };
static const struct derivation pooled = { .explain = explain_pooled, .owner = owner_of_row, .sayings = of_pooled };

const struct derivation *said_table(const struct table *table, const struct fit *fit)
{
    static const char *const parts[] = { "thresholds", "zi", "disp", "zi_random", "disp_random" };
    const char *name = table->key != NULL ? table->key : table->csv_name;

    for (size_t i = 0; name != NULL && i < sizeof parts / sizeof parts[0]; i++)
        if (strcmp(name, parts[i]) == 0)
            return fit->imputed != NULL ? &pooled : &part;
    return fit->imputed != NULL && name != NULL && (strcmp(name, "fixed") == 0 || strcmp(name, "random") == 0) ? &pooled : NULL;
}

const char *said_scalar(const char *command, int i, enum derived *how)
{
    static const struct {
        const char *command, *key;
        enum derived how;
    } scalars[] = {
        { "gee", "dispersion", DERIVED_ESTIMATING },
        { "gee", "qic", DERIVED_ESTIMATING },
        { "gee", "qicu", DERIVED_ESTIMATING },
        { "scan", "lambda_gc", DERIVED_SCAN },
        { "scan", "lambda_gc_without", DERIVED_SCAN },
        { "scan", "threshold", DERIVED_SCAN },
        { "meta", "tau", DERIVED_HETEROGENEITY },
        { "meta", "tau2", DERIVED_HETEROGENEITY },
        { "meta", "i2", DERIVED_HETEROGENEITY },
        { "meta", "loglik", DERIVED_HETEROGENEITY },
        { "meta", "loglik_common", DERIVED_HETEROGENEITY },
        { "meta", "chisq", DERIVED_HETEROGENEITY },
        { "meta", "p", DERIVED_HETEROGENEITY },
        { "meta", "prediction_lower", DERIVED_HETEROGENEITY },
        { "meta", "prediction_upper", DERIVED_HETEROGENEITY },
    };

    for (size_t k = 0; k < sizeof scalars / sizeof scalars[0]; k++)
        if (strcmp(scalars[k].command, command) == 0 && i-- == 0) {
            *how = scalars[k].how;
            return scalars[k].key;
        }
    return NULL;
}
