/* figure-keys.c -- what commands hand out beside the columns that say how they come about: found by the command and the key that
 * a number has in JSON; see figure-shown.h.
 *
 * A key is known wherever it stands in that command's result: by itself, within an object (`optimum`, `no_random`), or as a
 * column of a table without derivations. */
#include <math.h>
#include <string.h>

#include "cmd/figure-shown.h"

/* --- fits ---------------------------------------------------------------------------------------------------- */

#define END_OF_SD                                                                                                                \
    "of the likelihood's profile where that is quick, else of its curvature on the scale of the logarithm; the table says which"

#define END_OF_DISPERSION                                                                                                        \
    "of the likelihood's profile: at the limit of the family there is no curvature to go by; Inf where no value is too large"

#define PARAMETERS                                                                                                               \
    {                                                                                                                            \
        "npar", "npar", "fixed effects + variances and covariances + dispersions and shapes", NOTHING,                           \
            "those that the data determine; under REML the fixed effects too, as R's logLik() has them"                          \
    }

/* Of a likelihood ratio: what the larger model adds, and a part of the mixture that is its law. */
#define RATIO_DF                                                                                                                 \
    { "df", "df", "parameters that the larger model adds; in a mixture, of one of its parts", NOTHING,                           \
      "those that the data determine" },                                                                                         \
    {                                                                                                                            \
        "weight", "weight", "the probability that so many of the added parameters are inside their range", NOTHING,              \
            "of the mixture: half where one variance is tested"                                                                  \
    }

/* Against no random effects: of two models. */
#define RATIO_TEST                                                                                                               \
    { "chisq", "chi2", "2·(logLik - logLik of the smaller model)", NOTHING,                                                      \
      "against the same model without random effects, or of REML criteria that have the same fixed effects" },                   \
        { "p", "p", "the sum of weight·P(χ²(df) > chi2)", NOTHING,                                                               \
          "a variance of 0 is on the boundary: a mixture where one is known, else chi2 with all degrees of freedom, "            \
          "conservative" },                                                                                                      \
        RATIO_DF

static const struct saying of_fits[] = {
    PARAMETERS,
    { "estimate", "estimate", "where the criterion is best, with all other parameters", NOTHING,
      "of a covariance structure or a family: a correlation, a range, a shape, on the scale that its name has" },
    { "se", "se", "√ of the diagonal of (-H)⁻¹", SQUARED,
      "H: the second derivatives of the log-likelihood at its maximum, brought to the scale shown by the delta method" },
    { "df_residual", "df-residual", "n - npar", NOTHING, "of no test: those have degrees of freedom of their own" },
    { "lower", "lower", "the smallest value that the data do not contradict", NOTHING, END_OF_SD },
    { "upper", "upper", "the largest value that the data do not contradict", NOTHING, END_OF_SD },
    { "sigma_lower", "lower", "the smallest value that the data do not contradict", NOTHING, END_OF_SD },
    { "sigma_upper", "upper", "the largest value that the data do not contradict", NOTHING, END_OF_SD },
    { "dispersion_lower", "lower", "the smallest value that the data do not contradict", NOTHING, END_OF_DISPERSION },
    { "dispersion_upper", "upper", "the largest value that the data do not contradict", NOTHING, END_OF_DISPERSION },
    { "theta", "theta", "an entry of the Cholesky factor of the covariance matrix", NOTHING,
      "column by column; of a linear model relative to sigma, as lme4 has it" },
    { "gain", "gain", "g'H⁻¹g/2", NOTHING,
      "what the deviance would still fall by Newton's step; g and H: its slopes and curvature at the estimates" },
    { "gradient", "gradient", "the largest slope of the deviance", NOTHING,
      "in the coordinates of the search, at the estimates" },
    { "iterations", "iterations", "steps of the search", NOTHING, "of all searches for the optimum" },
    { "evaluations", "evaluations", "how often the deviance was worked out", NOTHING, "the certificate's own not counted" },
    { "nodes", "nodes", "nodes of the quadrature that prices the approximation", NOTHING, "0: importance sampling does" },
    { "draws", "draws", "draws of the importance sampling that prices the approximation", NOTHING, "0: quadrature does" },
    { "drift", "drift", "(estimate with more nodes - estimate) / se", NOTHING,
      "of the parameter that it moves most, by one step from the optimum: what the approximation of the likelihood leaves out" },
    { "error", "error", "the Monte Carlo error of the drift", NOTHING, "0 by quadrature" },
    { "draws_error", "draws-error", "the Monte Carlo error of the log-likelihood", NOTHING, "of importance sampling" },
    { "draws_effective", "draws-effective", "(sum of weights)² / sum of squared weights", NOTHING, "of importance sampling" },
    { "penalty", "penalty", "-2·log of the prior's density at the estimates", NOTHING, "the criterion has it, logLik has not" },
    RATIO_TEST,
    { 0 },
};

/* Of imputed data. */
static const struct saying of_imputations[] = {
    { "nobs", "n", "rows of an imputation that the model is fitted to", NOTHING, "the most of all imputations" },
    { "dispersion", "dispersion", "sigma²", NOTHING, "of the pooled sigma, or the pooled dispersion itself" },
    { "sigma", "sigma", "exp(mean of log sigma)", NOTHING, "standard deviations are pooled as logarithms" },
    { "imputations", "imputations", "completed data sets", NOTHING, "m" },
    { "pooled", "pooled", "imputations whose fits are pooled", NOTHING, "those that converged to what is determined" },
    { "rows_least", "rows-least", "the least rows of an imputation", NOTHING, "without missing values" },
    { "rows_most", "rows-most", "the most rows of an imputation", NOTHING, "without missing values" },
    { "boundary", "boundary", "imputations with a variance of 0 or a correlation of 1", NOTHING, "they count" },
    { "not_identified", "not-identified", "imputations that leave a parameter open", NOTHING, "they do not count" },
    { "within", "within", "mean of the m squared errors", NOTHING, "U of Rubin's rules" },
    { "between", "between", "variance of the m estimates", NOTHING, "B of Rubin's rules, by m - 1" },
    { "lambda", "lambda", "(1 + 1/m)·B / se²", NOTHING, "the share of the variance that is due to the imputations" },
    { "complete_df", "complete-df", "mean of the m fits' degrees of freedom", NOTHING,
      "v of Barnard and Rubin (1999): what complete data would have" },
    { "vcov", "covariance", "U + (1 + 1/m)·B", NOTHING, "matrices of the fixed effects; the diagonal is se²" },
    { "design_effect", "design-effect", "mean of 1 + (size - 1)·ICC", NOTHING,
      "size: that of the m imputations; ICC: the pooled share" },
    { 0 },
};

/* --- tests and intervals --------------------------------------------------------------------------------------- */

static const struct saying of_tests[] = {
    { "num_df", "num-df", "rows of the hypothesis that are independent", NOTHING, "what follows from the others counts once" },
    { "den_df", "den-df", "2·v²/(g'Ag), v = LVL'; of several rows 2·E/(E - num df), E = Σ ν/(ν - 2)", NOTHING,
      "Satterthwaite (Fai and Cornelius), or Kenward and Roger's, as ddf= says" },
    { "statistic", "F", "(Lβ - c)'(LVL')⁻¹(Lβ - c) / num df", NOTHING,
      "all hypotheses together, c their right sides; without degrees of freedom it is not divided: chi2" },
    { "p", "p", "P(F(num df, den df) > F), or P(χ²(num df) > chi2)", NOTHING, "of all hypotheses together" },
    { "margin", "margin", "as typed: M", NOTHING, "the smallest difference that matters" },
    { "lower_statistic", "t-above", "(estimate - c + M) / se", NOTHING,
      "one-sided: that the difference is -M or less; two of these are TOST (Schuirmann 1987)" },
    { "lower_p", "p-above", "P(T > t-above)", NOTHING, "small where the difference lies above -M" },
    { "upper_statistic", "t-below", "(estimate - c - M) / se", NOTHING,
      "one-sided: that the difference is M or more; two of these are TOST (Schuirmann 1987)" },
    { "upper_p", "p-below", "P(T < t-below)", NOTHING, "small where the difference lies below M" },
    { "margin_lower", "margin-lower", "estimate - q·se", NOTHING,
      "q at 1 - alpha, not 1 - alpha/2: the interval to hold against the margin" },
    { "margin_upper", "margin-upper", "estimate + q·se", NOTHING,
      "q at 1 - alpha, not 1 - alpha/2: the interval to hold against the margin" },
    { 0 },
};

/* Of test with margin=: of the side whose p counts. */
static const struct saying one_sided[] = {
    { "statistic", "t", "t-above, or t-below where its p is the larger", NOTHING,
      "of the one-sided test that side= asks for; of equivalence the test that speaks least for it, whose p is the p" },
    { "p", "p", "P(T > t-above), or P(T < t-below)", NOTHING, "of the one-sided tests that side= asks for, the larger" },
    { 0 },
};

static const struct saying of_profiles[] = {
    { "estimate", "estimate", "where the criterion that is profiled is best", NOTHING,
      "as summary has it; of fixed effects under REML that of the deviance (ML)" },
    { "lower", "lower", "the smallest value with deviance - minimum <= q²", NOTHING,
      "q² the χ²(1) quantile, all else chosen anew at each value; 0 for a variance that may be 0" },
    { "upper", "upper", "the largest value with deviance - minimum <= q²", NOTHING,
      "q² the χ²(1) quantile, all else chosen anew at each value; Inf where no value is too large" },
    { 0 },
};

static const struct saying of_wald_intervals[] = {
    { "estimate", "estimate", "as summary has it", NOTHING, "at the optimum of the criterion" },
    { "lower", "lower", "estimate - q·se", NOTHING,
      "of fixed effects with the t or z of summary; of a standard deviation exp(log SD - q·se of the logarithm), of a "
      "correlation tanh(z - q·se of z)" },
    { "upper", "upper", "estimate + q·se", NOTHING,
      "of fixed effects with the t or z of summary; of a standard deviation exp(log SD + q·se of the logarithm), of a "
      "correlation tanh(z + q·se of z)" },
    { 0 },
};

/* How fits to draws ended. */
#define ENDS_OF_FITS                                                                                                             \
    { "replicates", "replicates", "as asked for: n=", NOTHING, "responses to draw" },                                            \
        { "done", "done", "responses drawn and fitted", NOTHING, "less than replicates where it was stopped" },                  \
        { "boundary", "boundary", "fits with a variance of 0 or a correlation of 1", NOTHING, "they count" },                    \
        { "not_converged", "not-converged", "fits that did not converge", NOTHING, "they do not count" },                        \
        { "not_identified", "not-identified", "fits whose data leave a parameter open", NOTHING, "they do not count" },          \
        { "infinite", "infinite", "fits with an infinite coefficient", NOTHING, "they count, as values beyond all" },            \
    {                                                                                                                            \
        "failed", "failed", "fits that could not be made", NOTHING, "they do not count"                                          \
    }

static const struct saying of_boot_intervals[] = {
    { "estimate", "estimate", "as summary has it", NOTHING, "of the fit that responses are drawn from" },
    { "lower", "lower", "the lower quantile of the estimates from drawn responses", NOTHING,
      "percentile interval; the basic one is 2·estimate - the upper quantile" },
    { "upper", "upper", "the upper quantile of the estimates from drawn responses", NOTHING,
      "percentile interval; the basic one is 2·estimate - the lower quantile" },
    ENDS_OF_FITS,
    { 0 },
};

static const struct saying of_bootstraps[] = {
    ENDS_OF_FITS,
    { 0 },
};

static const struct saying of_comparisons[] = {
    PARAMETERS,
    { "delta_aic", "+AIC", "AIC - the least AIC of all models here", NOTHING, "0 for the best" },
    { "error", "error", "√(p·(1 - p)/draws)", NOTHING, "the Monte Carlo error of the simulated p" },
    { "draws", "draws", "draws of the test's own distribution", NOTHING, "those that count" },
    RATIO_DF,
    { "p", "p", "(1 + draws with chi2 as large) / (1 + draws)", NOTHING,
      "simulated: refits of both models to responses drawn from the smaller (boot), or the exact distribution of one variance "
      "(Crainiceanu and Ruppert 2004)" },
    { 0 },
};

/* Of the table of models a weight is Akaike's. */
static const struct saying akaike = { "weight", "weight", "exp(-(+AIC)/2) / sum of these over all models here", NOTHING,
                                      "Akaike weights: the evidence for each, if one of them is to be chosen" };

/* --- variances ------------------------------------------------------------------------------------------------- */

static const struct saying of_shares[] = {
    { "fixed_variance", "fixed-variance", "variance of Xβ over the rows", NOTHING,
      "a binomial row counts as often as it has trials; offsets are not in it" },
    { "residual_variance", "residual-variance", "sigma², or the variance that the family leaves on the scale of the link",
      NOTHING, "logit π²/3, probit 1, cloglog π²/6; of counts under a log link log(1 + variance/mean²)" },
    { 0 },
};

static const struct saying of_explained[] = {
    { "fixed", "fixed-variance", "variance of Xβ over the rows", NOTHING, "each row counts once" },
    { "fixed_trials", "fixed-variance-of-trials", "variance of Xβ over the trials", NOTHING,
      "a binomial row counts as often as it has trials" },
    { "groups_trials", "groups-variance-of-trials", "mean of z'Σz over the trials, all terms", NOTHING,
      "a binomial row counts as often as it has trials" },
    { "variance", "variance", "mean of z'Σz over the rows", NOTHING,
      "of the term's effects together (Johnson 2014); a zero variance counts as 0" },
    { 0 },
};

static const struct saying of_attenuations[] = {
    { "factor", "factor", "1/√(1 + c²·variance)", NOTHING,
      "the rule of thumb (Zeger, Liang and Albert 1988); exact for probit, where c is 1; 1 for the identity, and for slopes of a "
      "log link" },
    { "variance", "variance", "z'Σz, the least and the most of the rows", NOTHING, "of all random effects together" },
    { 0 },
};

static const struct saying of_levels[] = {
    { "complete", "complete", "the fixed part of the model, of no group", NOTHING, "where a BLUP goes that keeps nothing" },
    { "rank_raw", "rank-raw", "1 + levels with a smaller raw value", NOTHING, "ties share the least" },
    { "rank_pooled", "rank-BLUP", "1 + levels with a smaller BLUP", NOTHING, "ties share the least" },
    { 0 },
};

static const struct saying of_ladders[] = {
    { "enough", "enough", "the least nodes within 0.05 standard errors of the last rung", NOTHING, "for every estimate" },
    { "nodes", "nodes", "nodes of the quadrature for each effect", NOTHING, "1 is Laplace" },
    { "drift", "drift", "(estimate on this rung - estimate on the last) / se", NOTHING, "se of the last rung" },
    { 0 },
};

/* --- checks and variants ------------------------------------------------------------------------------------------ */

static const struct saying of_diagnoses[] = {
    { "draws", "draws", "responses drawn from the fit: n=", NOTHING, "what the response is held against" },
    { 0 },
};

/* The numbers of one check, by its name. */
static const struct {
    const char *check;
    struct saying sayings[4];
} of_checks[] = {
    { "dispersion",
      { { "statistic", "dispersion", "sum of squared Pearson residuals / its mean among draws given the modes", NOTHING,
          "1 if the family's variance is right" },
        { "expected", "expected", "1", NOTHING, "what it is if the family's variance is right" },
        { "p", "p", "(1 + draws with as much) / (1 + draws)", NOTHING, "only too much dispersion is telling" } } },
    { "dispersion-unconditional",
      { { "statistic", "dispersion-new", "sum of (y - m)^2/v / its mean among draws", NOTHING,
          "m and v the mean and the variance of a row among draws with new random effects; 1 if the family is right" },
        { "expected", "expected", "1", NOTHING, "what it is if the family and the random effects are right" },
        { "p", "p", "(1 + draws with as much) / (1 + draws)", NOTHING, "only too much dispersion is telling" } } },
    { "zeros",
      { { "statistic", "zeros", "rows with a 0", NOTHING, "in the data" },
        { "expected", "expected", "mean number of zeros among the draws", NOTHING, "with new random effects" },
        { "p", "p", "2·min of the shares of draws with as many, as few", NOTHING, "1 at most" } } },
    { "zeros-conditional",
      { { "statistic", "zeros-given", "rows with a 0", NOTHING, "in the data" },
        { "expected", "expected", "mean number of zeros among the draws", NOTHING, "given the random effects' modes" },
        { "p", "p", "2·min of the shares of draws with as many, as few", NOTHING, "1 at most" } } },
    { "spread",
      { { "statistic", "spread", "mean (u - 1/2)^2 / its mean among draws", NOTHING,
          "u the quantile residuals; 1 if the model is right" },
        { "expected", "expected", "1", NOTHING, "what it is if the model is right" },
        { "p", "p", "2·min of the shares of draws with as much, as little", NOTHING, "1 at most" } } },
    { "mean-along",
      { { "statistic", "mean-along", "(f'C^-1 z - its mean) / its standard deviation", NOTHING,
          "f the rows of that part, less what the fixed effects take of it; z the normal scores of the quantile residuals, C "
          "their correlation; mean and deviation among draws" },
        { "p", "p", "share of draws whose largest is as far", NOTHING, "of the means and the spreads of all parts together" } } },
    { "spread-along",
      { { "statistic", "spread-along", "(sum of |w| in that part - its mean) / its standard deviation", NOTHING,
          "w = L^-1 z, L L' the correlation of the normal scores z, over the mean of all |w|; mean and deviation among draws" },
        { "p", "p", "share of draws whose largest is as far", NOTHING, "of the means and the spreads of all parts together" } } },
    { "order",
      { { "statistic", "correlation", "sum w_i w_(i+1) / sum w^2", NOTHING,
          "of neighbours in the order; w the normal scores of the quantile residuals, made independent (rotated)" },
        { "expected", "expected", "its mean among the draws", NOTHING, "near 0" },
        { "p", "p", "2·min of the shares of draws with as much, as little", NOTHING, "1 at most" } } },
    { "group-spread",
      { { "statistic", "level-spread", "mean |w| in that level / mean |w|", NOTHING,
          "the level that is farthest from 1; w the normal scores of the quantile residuals, made independent (rotated)" },
        { "expected", "expected", "1", NOTHING, "of a level like all others" },
        { "p", "p", "share of draws whose levels differ as much", NOTHING, "sum of rows·(mean |w| there / mean |w| - 1)^2" } } },
    { "leverage",
      { { "statistic", "leverage", "the row's entry on the diagonal of D X (X'D^2 X)^-1 X'D", NOTHING,
          "the hat matrix; 1/D^2 the variance of a row about its fixed part, on the scale of the linear predictor" },
        { "expected", "expected", "coefficients / rows", NOTHING, "the mean of all rows" } } },
    { "uniformity",
      { { "statistic", "distance", "largest |share of quantile residuals below u - u|", NOTHING,
          "Kolmogorov's; a quantile residual is the place of a response among its own draws" },
        { "expected", "expected", "mean distance among the draws", NOTHING, "each held against the others" },
        { "p", "p", "share of draws that are as far", NOTHING, "so that groups and draws are accounted for" } } },
    { "outliers",
      { { "statistic", "outliers", "rows beyond all their draws", NOTHING, "above the largest or below the least" },
        { "expected", "expected", "mean number of such rows among the draws", NOTHING, "each held against the others" },
        { "p", "p", "share of draws with as many", NOTHING, "(1 + those) / (1 + draws)" } } },
    { "modes",
      { { "statistic", "W'", "squared correlation of the sorted modes with normal scores", NOTHING,
          "Shapiro and Francia (1972); 1 if they are normal" },
        { "expected", "expected", "1", NOTHING, "modes on a straight line of the normal plot" },
        { "p", "p", "P of as small a W'", NOTHING, "Royston's (1993) approximation" } } },
    { "influence",
      { { "statistic", "move", "(coefficient - that without the level) / se", NOTHING,
          "the largest of all levels and coefficients, to first order" } } },
    { "collinearity",
      { { "statistic", "GVIF", "(det R11·det R22/det R)^(1/df)", NOTHING,
          "Fox and Monette (1992): R the correlations of the coefficients' columns, R11 the term's own" },
        { "expected", "expected", "1", NOTHING, "of columns that tell nothing of each other" } } },
    { "separation",
      { { "statistic", "separated-rows", "rows that infinite coefficients fit perfectly", NOTHING,
          "they tell nothing of the others (help separation)" } } },
    { "missing",
      { { "statistic", "left-out", "rows left out / all rows", NOTHING, "for missing values" },
        { "expected", "left-out-most", "the share in the level with most of them", NOTHING, "of the group that is named" },
        { "p", "p", "P of as uneven shares if rows are missing by chance", NOTHING, "a chi2 test of independence" } } },
};

static const struct saying of_sensitivities[] = {
    { "loglik", "logLik", "log-likelihood of the fit that is varied", NOTHING, "as summary has it" },
    { 0 },
};

static const struct saying of_studies[] = {
    { "replicates", "replicates", "as asked for: n=", NOTHING, "responses to draw at each point of the study" },
    { "effect", "effect", "as typed, or the fit's estimate", NOTHING, "the true value that responses are drawn from" },
    { "alpha", "alpha", "as typed; else 0.05", NOTHING, "a test with p below it finds the effect" },
    { 0 },
};

static const struct saying of_estimating[] = {
    { "nobs", "n", "rows that the model is fitted to", NOTHING, "without missing values" },
    { "clusters", "clusters", "values of id=", NOTHING, "rows of different ones are independent" },
    { "trials", "trials", "sum of the rows' trials", NOTHING, "of a binomial response" },
    { "alpha", "working-correlation", "mean of the products of two rows' Pearson residuals / dispersion", NOTHING,
      "geepack's: exchangeable over all pairs of a cluster, unstructured over one pair of waves; ar1 solves an equation over all "
      "distances" },
    { "correlation", "working-correlation", "of two waves, by alpha", NOTHING, "1 of a wave with itself" },
    { "vcov", "covariance", "an entry of the matrix of se=", NOTHING, "its diagonal is se²" },
    { "naive_vcov", "naive-covariance", "an entry of φ·A⁻¹", NOTHING, "right only if the working correlation is" },
    { 0 },
};

static const struct saying of_synthesis[] = {
    { "nstudies", "studies", "studies that the model is fitted to", NOTHING, "those without events in both arms included" },
    { "se_log_tau", "se-log-tau", "√ of the diagonal of (-H)⁻¹", SQUARED, "of log tau; H: the second derivatives, all of them" },
    { 0 },
};

#define INTERVAL_DF                                                                                                              \
    {                                                                                                                            \
        "df", "df", "the degrees of freedom of the t of the interval", NOTHING,                                                  \
            "by the convention that the heading of the interval names, of the function of the coefficients that this is"         \
    }

static const struct saying of_averages[] = {
    { "nnt", "NNT", "1 / |difference|", NOTHING, "number needed to treat: so many more for one more event, in the population" },
    INTERVAL_DF,
    { 0 },
};

static const struct saying of_predictions[] = {
    INTERVAL_DF,
    { 0 },
};

/* --- which ------------------------------------------------------------------------------------------------------ */

static void owner_of_key(const struct figure *f, struct text *out);

#define KEYED(list)                                                                                                              \
    {                                                                                                                            \
        .explain = explain_said, .owner = owner_of_key, .sayings = list, .keyed = true, .bare = true                             \
    }

static const struct {
    const char *command, *method; /* method: what the result says it is by; NULL: any */
    struct derivation derivation;
} commands[] = {
    { "fit", NULL, KEYED(of_fits) },
    { "summary", NULL, KEYED(of_fits) },
    { "test", NULL, KEYED(of_tests) },
    { "confint", "profile", KEYED(of_profiles) },
    { "confint", "wald", KEYED(of_wald_intervals) },
    { "confint", "boot", KEYED(of_boot_intervals) },
    { "compare", NULL, KEYED(of_comparisons) },
    { "icc", NULL, KEYED(of_shares) },
    { "r2", NULL, KEYED(of_explained) },
    { "attenuation", NULL, KEYED(of_attenuations) },
    { "shrinkage", NULL, KEYED(of_levels) },
    { "ladder", NULL, KEYED(of_ladders) },
    { "diagnose", NULL, KEYED(of_diagnoses) },
    { "sensitivity", NULL, KEYED(of_sensitivities) },
    { "bootstrap", NULL, KEYED(of_bootstraps) },
    { "power", NULL, KEYED(of_studies) },
    { "gee", NULL, KEYED(of_estimating) },
    { "meta", NULL, KEYED(of_synthesis) },
    { "margins", NULL, KEYED(of_averages) },
    { "predict", NULL, KEYED(of_predictions) },
};

const struct derivation *keyed_of(const struct result *part)
{
    const char *method = shown_said(part, "method");

    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(commands[i].command, part->command) == 0
            && (commands[i].method == NULL || strcmp(commands[i].method, method) == 0))
            return &commands[i].derivation;
    return NULL;
}

static bool is_table(const struct figure *f, const char *key)
{
    return f->table != NULL && f->table->key != NULL && strcmp(f->table->key, key) == 0;
}

const struct saying *keyed_saying(const struct figure *f, const char *key)
{
    const struct saying *imputed = f->fit != NULL && f->fit->imputed != NULL ? saying_find(of_imputations, key) : NULL;
    bool checks = is_table(f, "checks");

    if (imputed != NULL)
        return imputed;
    if (f->derivation->sayings == of_tests && *shown_said(f->part, "side") != '\0' && saying_find(one_sided, key) != NULL)
        return saying_find(one_sided, key);
    if (f->derivation->sayings == of_fits && f->table != NULL
        && (f->table->csv_name == NULL
            || (strcmp(f->table->csv_name, "random") != 0 && strcmp(f->table->csv_name, "structure") != 0)))
        return NULL; /* of a table of coefficients */
    if (f->derivation->sayings == of_fits && strncmp(key, "dispersion_", 11) == 0 && isfinite(f->fit->log_dispersion_se))
        return NULL; /* a figure of the fit */
    if (f->derivation->sayings == of_comparisons && f->scalar == NULL && is_table(f, "tests")
        && (f->fit == NULL || f->fit->imputed == NULL))
        return NULL; /* a test's own numbers */
    if (strcmp(f->part->command, "compare") == 0 && f->table != NULL && f->scalar == NULL && strcmp(key, akaike.key) == 0)
        return &akaike;
    for (size_t i = 0; checks && i < sizeof of_checks / sizeof of_checks[0]; i++)
        if (strcmp(of_checks[i].check, shown_text_at(f->table, f->row, "check")) == 0)
            return saying_find(of_checks[i].sayings, key);
    return saying_find(f->derivation->sayings, key);
}

const char *keyed_name_at(int i)
{
    for (size_t k = 0; k < sizeof commands / sizeof commands[0]; k++)
        for (const struct saying *s = commands[k].derivation.sayings; s->key != NULL; s++)
            if (i-- == 0)
                return s->name;
    for (size_t k = 0; k < sizeof of_checks / sizeof of_checks[0]; k++)
        for (const struct saying *s = of_checks[k].sayings; s->key != NULL; s++)
            if (i-- == 0)
                return s->name;
    for (const struct saying *s = of_imputations; s->key != NULL; s++)
        if (i-- == 0)
            return s->name;
    return i == 0 ? akaike.name : NULL;
}

/* --- of what ---------------------------------------------------------------------------------------------------- */

/* The words of a row, of an object; else the object's own key, or the command. */
static void owner_of_key(const struct figure *f, struct text *out)
{
    static const char *const keys[] = { "what",      "hypothesis", "model", "null", "alternative", "check",
                                        "group",     "structure",  "level", "kind", "term",        "term2",
                                        "parameter", "name",       "from",  "to",   NULL };
    size_t before = out->length;

    for (const char *const *key = keys; *key != NULL; key++) {
        const struct value *member = f->holder == NULL ? NULL : value_get(f->holder, *key);
        const char *text = f->table != NULL                                 ? shown_text_at(f->table, f->row, *key)
                           : member != NULL && member->type == VALUE_STRING ? member->as.string
                                                                            : "";

        if (*text != '\0'
            && !(f->table != NULL && strcmp(*key, "kind") == 0 && *shown_text_at(f->table, f->row, "group") == '\0'))
            text_addf(out, "%s%s", out->length > before ? " " : "", text);
    }
    if (out->length == before && f->holder != NULL && f->holder->key != NULL)
        text_add(out, strcmp(f->holder->key, "no_random") == 0 ? "no random effects" : f->holder->key);
    if (out->length == before)
        text_add(out, f->part->command);
}
