/* figure-explain.c -- the formula behind each figure, with the values of the fit put in; see figures.h. */
#include "cmd/figures.h"

#include <math.h>
#include <string.h>

#include "cmd/figure-numbers.h"
#include "infer/linear.h"
#include "lang/command.h"
#include "result/result.h"
#include "infer/ratio.h"
#include "fit/method.h"
#include "infer/ci.h"
#include "infer/parameter.h"
#include "infer/unpooled.h"
#include "model/family.h"
#include "model/residuals.h"

/* --- fixed effects ------------------------------------------------------------------------------ */

static void explain_fixed(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    const struct fit *fit = f->fit;
    int j = f->effect;
    bool t = figures->t_tests && fit->df != NULL;
    double df = t ? fit->df[j] : (double)INFINITY, variance = fit->vcov[(size_t)j * (size_t)fit->design->p + (size_t)j];
    struct numbers n = { .used = 0 };
    struct wald wald;

    wald_test(fit->beta[j], fit->se[j], df, figures->level, &wald);
    switch (f->kind) {
    case FIGURE_ESTIMATE:
        text_add(&out->formula, fit_is_linear(fit) ? "(X'V⁻¹X)⁻¹ X'V⁻¹y" : "the maximum of the likelihood");
        text_add(&out->convention, fit_is_linear(fit) ? "generalized least squares at the estimated variances"
                                                      : "maximized jointly with the variances");
        return;
    case FIGURE_SE:
        text_add(&out->formula, "√(variance of the estimate), see vcov");
        text_addf(&out->numbers, "√(%s)", show(&n, variance));
        text_add(&out->convention, fit_is_linear(fit) ? "σ²(X'V⁻¹X)⁻¹ at the estimated variances"
                                                      : "the inverse of the observed information of all parameters");
        return;
    case FIGURE_STATISTIC:
        text_add(&out->formula, "estimate / standard error");
        text_addf(&out->numbers, "%s/%s", show(&n, fit->beta[j]), show(&n, fit->se[j]));
        text_add(&out->convention, "Wald: tests that the coefficient is 0");
        return;
    case FIGURE_DF:
        text_add(&out->formula, "2·v²/(g'Ag), v the squared standard error");
        text_addf(&out->numbers, "2·%s²/%s", show(&n, variance), show(&n, linear_spread(fit, j)));
        text_add(&out->convention, "Satterthwaite: g'Ag is the variance of v's own estimate; g its slope in the variance "
                                   "parameters, A their covariance matrix");
        return;
    case FIGURE_P:
        text_addf(&out->formula, "2·P(%s > |estimate / se|)", t ? "T" : "Z");
        if (t)
            text_addf(&out->numbers, "2·P(t(%s) > %s)", show(&n, df), show(&n, fabs(wald.statistic)));
        else
            text_addf(&out->numbers, "2·P(Z > %s)", show(&n, fabs(wald.statistic)));
        if (t)
            text_addf(&out->convention, "two-sided; Student's t with %s df (Satterthwaite)", show(&n, df));
        else
            text_add(&out->convention, "two-sided; standard normal");
        return;
    default:
        text_addf(&out->formula, "estimate %s q·se", f->kind == FIGURE_LOWER ? "-" : "+");
        text_addf(&out->numbers, "%s %s %s·%s", show_term(&n, fit->beta[j], f->value), f->kind == FIGURE_LOWER ? "-" : "+",
                  show_term(&n, wald_quantile(df, figures->level), f->value), show_term(&n, fit->se[j], f->value));
        text_addf(&out->convention, "Wald interval, %g%%: q is the %g quantile of %s", 100 * figures->level,
                  (1 + figures->level) / 2, t ? "t with Satterthwaite's df" : "the standard normal");
        return;
    }
}

/* --- variances and criteria ------------------------------------------------------------------------ */

/* exp(coefficient), and the ends of its interval. */
static void explain_ratio(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    const struct fit *fit = f->fit;
    struct ratio of = { "ratio", M_E };
    struct numbers n = { .used = 0 };

    ratio_of_model(f->model, &of);
    if (f->kind == FIGURE_RATIO) {
        text_add(&out->formula, "exp(estimate)");
        text_addf(&out->numbers, "exp(%s)", show(&n, fit->beta[f->effect]));
        text_addf(&out->convention, "%s for one unit more%s", of.name,
                  fit->link->kind == LINK_IDENTITY ? "" : "; within one group, not in the population's mean");
        return;
    }
    text_addf(&out->formula, "exp(estimate %s q·se)", f->kind == FIGURE_RATIO_LOWER ? "-" : "+");
    text_addf(&out->numbers, "exp(%s %s %s·%s)", show(&n, fit->beta[f->effect]), f->kind == FIGURE_RATIO_LOWER ? "-" : "+",
              show(&n, wald_quantile(fit->df == NULL ? (double)INFINITY : fit->df[f->effect], figures->level)),
              show(&n, fit->se[f->effect]));
    text_addf(&out->convention, "Wald interval, %g%%, made on the scale of the link", 100 * figures->level);
}

static void explain_covariance(const struct figure *f, struct explanation *out)
{
    const struct fit *fit = f->fit;
    struct numbers n = { .used = 0 };
    double product = fit->se[f->term] * fit->se[f->effect];

    if (f->term == f->effect) {
        text_add(&out->formula, "standard error²");
        text_addf(&out->numbers, "%s²", show(&n, fit->se[f->effect]));
    } else {
        text_add(&out->formula, "correlation of the estimates·se·se");
        text_addf(&out->numbers, "%s·%s·%s", show(&n, f->value / product), show(&n, fit->se[f->term]),
                  show(&n, fit->se[f->effect]));
    }
    text_add(&out->convention, fit_is_linear(fit) ? "σ²(X'V⁻¹X)⁻¹ at the estimated variances"
                                                  : "the inverse of the observed information of all parameters");
}

/* An end of the dispersion's interval where the limit of the family lies within. */
static void explain_reaching(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    const struct fit *fit = f->fit;
    struct numbers n = { .used = 0 };
    int sign = fit_dispersion_reaches(fit, figures->level);

    if ((f->kind == FIGURE_DISPERSION_LOWER) == (sign < 0)) {
        text_addf(&out->formula, "the limit, where the family is %s", fit->family->limit);
    } else {
        text_addf(&out->formula, "dispersion%s(1 + q·se)", sign > 0 ? "/" : "·");
        text_addf(&out->numbers, "%s%s(1 + %s·%s)", show(&n, fit->dispersion), sign > 0 ? "/" : "·",
                  show(&n, wald_quantile((double)INFINITY, figures->level)), show(&n, fit->log_dispersion_se));
    }
    text_addf(
        &out->convention,
        "Wald interval, %g%%, of %sdispersion, which is not told from 0, where the family is %s; se is that of the logarithm",
        100 * figures->level, sign > 0 ? "1/" : "the ", fit->family->limit);
}

static void explain_dispersion(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    const struct fit *fit = f->fit;
    struct numbers n = { .used = 0 };

    if (f->kind == FIGURE_DISPERSION) {
        text_add(&out->formula, f->value == 0 || isinf(f->value) ? "its limit, toward which the likelihood does not fall"
                                                                 : "the maximum of the likelihood");
        text_addf(&out->convention, "%s; variance = %s; maximized on the log scale, jointly with all else",
                  fit->family->dispersion_name, fit->family->dispersion_law);
        return;
    }
    if (fit_dispersion_reaches(fit, figures->level) != 0) {
        explain_reaching(figures, f, out);
        return;
    }
    text_addf(&out->formula, "dispersion·exp(%sq·se)", f->kind == FIGURE_DISPERSION_LOWER ? "-" : "");
    text_addf(&out->numbers, "%s·exp(%s%s·%s)", show(&n, fit->dispersion), f->kind == FIGURE_DISPERSION_LOWER ? "-" : "",
              show(&n, wald_quantile((double)INFINITY, figures->level)), show(&n, fit->log_dispersion_se));
    text_addf(&out->convention, "Wald interval, %g%%, made on the log scale: se is that of the logarithm", 100 * figures->level);
}

static void explain_rows(const struct figure *f, struct explanation *out)
{
    const struct design *design = f->fit->design;

    text_add(&out->formula, "rows of the data - rows left out");
    text_addf(&out->numbers, "%zu - %zu", design->rows, design->rows - design->n);
    text_add(&out->convention, design->outside_rows + design->zero_rows > 0
                                   ? "left out: outside of where=, of weight 0, or with a missing value in a used variable"
                                   : "a row with a missing value in a used variable is left out");
}

/* A standard deviation, or a correlation. */
static void explain_spread(const struct figure *f, struct explanation *out)
{
    const struct random_fit *random = f->term < 0 ? NULL : &f->fit->random[f->term];
    const struct design *design = f->fit->design;
    struct numbers n = { .used = 0 };
    double own = random == NULL ? residual_sd_shown(f->fit) : 0.0;
    int k = random == NULL ? 0 : random->k;

    if (f->kind == FIGURE_CORRELATION && random != NULL) {
        text_add(&out->formula, "covariance / (SD·SD)");
        text_addf(&out->numbers, "%s/(%s·%s)", show(&n, random->covariance[f->effect + f->other * k]),
                  show(&n, random->sd[f->effect]), show(&n, random->sd[f->other]));
        text_add(&out->convention, "of the effects in the population, not of the BLUPs");
        return;
    }
    text_add(&out->formula, "√(variance)");
    text_addf(&out->numbers, "√(%s)", show(&n, random == NULL ? own * own : random->covariance[f->effect * (k + 1)]));
    text_add(&out->convention,
             random == NULL
                 ? design->residual != NULL && design->residual->loads != NULL
                       ? "the geometric mean of the rows' SDs, which disp= makes"
                   : residual_has_levels(design->residual)
                       ? "of a row of the first level about its expected value, the random effects given"
                       : "of a row about its expected value, the random effects given"
                 : "between the levels, on the scale of the linear predictor; estimated itself, the variance is its square");
}

static void explain_random(const struct figure *f, struct explanation *out)
{
    const struct fit *fit = f->fit;
    struct numbers n = { .used = 0 };
    double sd = f->term < 0 ? residual_sd_shown(fit) : fit->random[f->term].sd[f->effect], variance = sd * sd;
    char number[NUMBER_SIZE];
    bool rows = false;

    if (f->kind == FIGURE_VARIANCE) {
        text_add(&out->formula, "standard deviation²");
        text_addf(&out->numbers, "%s²", show(&n, sd));
        text_add(&out->convention, fit->method == METHOD_REML ? "estimated by REML" : "estimated by maximum likelihood");
        return;
    }
    for (int t = 0; t < fit->design->random_count; t++)
        rows = rows || fit->design->random[t].z != NULL;
    text_add(&out->formula, rows ? "the term's variance / (all terms' variances + residual variance), each averaged over the rows"
                                 : "variance / (all terms' variances + residual variance)");
    variance = f->term < 0 ? variance : icc_term(fit, f->term);
    text_addf(&out->numbers, "%s/(", show(&n, variance));
    for (int t = 0; t < fit->design->random_count; t++)
        text_addf(&out->numbers, t == 0 ? "%s" : " + %s", number_text(number, icc_term(fit, t), 6));
    text_addf(&out->numbers, " + %s)", number_text(number, fit->sigma * fit->sigma, 6));
    text_add(&out->convention, rows ? "of the variance of a row, given the fixed effects: what a term's effects give together, "
                                      "averaged over the rows (Johnson 2014)"
                                    : "of the variance of one row, given the fixed effects");
}

/* What npar counts, in words. */
static void add_counted(const struct fit *fit, struct text *to)
{
    const char *part[FAMILY_SLOTS + 5];
    int count = 0, zero = family_zero_shape(fit->family);

    if (fit->design->p > 0)
        part[count++] = "fixed effects";
    if (fit_part_of(fit, PART_THRESHOLDS) != NULL)
        part[count++] = "thresholds";
    if (fit_part_of(fit, PART_ZERO) != NULL)
        part[count++] = "coefficients of zi=";
    if (fit_part_of(fit, PART_DISPERSION) != NULL)
        part[count++] = "coefficients of disp=";
    if (fit->design->random_count > 0 || fit->design->residual != NULL)
        part[count++] = "covariance parameters";
    if (fit->has_scale)
        part[count++] = "the dispersion";
    for (int j = fit->family->has_dispersion; j < family_shapes(fit->family); j++)
        if (j != zero && !fit_is_threshold(fit, j) && fit_rest_of_shape(fit, j) >= 0)
            part[count++] = fit->family->more[j - fit->family->has_dispersion].name;
    for (int i = 0; i < count; i++)
        text_addf(to, "%s%s", i == 0 ? "" : i == count - 1 ? " and " : ", ", part[i]);
}

static void explain_criterion(const struct figure *f, struct explanation *out)
{
    const struct fit *fit = f->fit;
    double rows = (double)fit->design->n, k = fit->npar, nu, part;
    struct numbers n = { .used = 0 };
    const char *deviance = fit->method == METHOD_REML ? "REML criterion" : "deviance";

    switch (f->kind) {
    case FIGURE_CRITERION:
        if (fit_is_linear(fit) && fit->sigma > 0 && fit->design->prior == NULL) { /* else sigma^2 is not r^2 / nu */
            nu = fit->method == METHOD_REML ? rows - fit->design->p : rows;
            part = fit_residual_criterion(fit, nu);
            text_addf(&out->formula, "ν·(1 + log(2π·σ²)) + log|M|%s, ν = %s", fit->method == METHOD_REML ? " + log|R_X|²" : "",
                      fit->method == METHOD_REML ? "n - p" : "n");
            text_addf(&out->numbers, "%s·(1 + log(2π·%s)) %s %s", show(&n, nu), show_term(&n, fit->sigma * fit->sigma, f->value),
                      f->value < part ? "-" : "+", show_term(&n, fabs(f->value - part), f->value));
        } else {
            text_add(&out->formula, "-2·logLik");
            text_addf(&out->numbers, "-2·(%s)", show_fixed(&n, fit->loglik, 4));
        }
        text_addf(&out->convention, "-2 times the %slog-likelihood, with all constants; smaller fits better%s",
                  fit->method == METHOD_REML ? "restricted " : "",
                  fit->method == METHOD_REML ? "; compares only models with the same fixed effects" : "");
        return;
    case FIGURE_LOGLIK:
        text_addf(&out->formula, "-%s/2", deviance);
        text_addf(&out->numbers, "-%s/2", show_fixed(&n, -2 * fit->loglik, 3));
        text_addf(&out->convention, "the log density of the data%s, all constants kept, as R's logLik; by %s",
                  fit->method == METHOD_REML ? " after the fixed effects are integrated out" : "", method_name(fit->method));
        return;
    case FIGURE_AIC:
        text_addf(&out->formula, "%s + 2·k", deviance);
        text_addf(&out->numbers, "%s + 2·%d", show_fixed(&n, -2 * fit->loglik, 3), fit->npar);
        break;
    case FIGURE_AICC:
        text_add(&out->formula, "AIC + 2·k·(k + 1)/(n - k - 1)");
        text_addf(&out->numbers, "%s + 2·%d·%d/(%.0f - %d - 1)", show_fixed(&n, fit->aic, 3), fit->npar, fit->npar + 1, rows,
                  fit->npar);
        break;
    default:
        text_addf(&out->formula, "%s + k·log(n)", deviance);
        text_addf(&out->numbers, "%s + %d·log(%.0f)", show_fixed(&n, -2 * fit->loglik, 3), fit->npar, rows);
        break;
    }
    text_addf(&out->convention, "k = %.0f counts ", k);
    add_counted(fit, &out->convention);
    text_add(&out->convention, "; n counts rows, for REML too");
}

static void explain_icc(const struct figure *f, struct explanation *out)
{
    double size, group = icc_group(f->fit, f->term), shared = 0, share;
    struct numbers n = { .used = 0 };
    struct icc_parts parts;

    icc_parts(f->fit, &parts);
    out->numbers.failed = out->numbers.failed || !icc_shared(f->fit, f->term, &shared);
    share = shared / (parts.random + parts.residual);
    if (f->kind == FIGURE_DESIGN_EFFECT) {
        icc_design_effect(f->fit, f->term, share, &size);
        out->numbers.failed = out->numbers.failed || isnan(size);
        text_addf(&out->formula, "1 + (%s a group - 1)·%s", design_counted(f->fit->design),
                  shared > group ? "correlation" : "ICC");
        text_addf(&out->numbers, "1 + (%s - 1)·%s", show(&n, size), show(&n, share));
        text_addf(&out->convention,
                  "Kish: the variance of an overall mean relative to that of as many independent %s; %s a group: sum n² / sum n",
                  design_counted(f->fit->design), design_counted(f->fit->design));
        return;
    }
    if (f->kind == FIGURE_ALIKE) {
        text_add(&out->formula, "variance of the group and of those around it / (all groups + residual)");
        text_addf(&out->numbers, "%s/(%s + %s)", show(&n, shared), show(&n, parts.random), show(&n, parts.residual));
        text_addf(&out->convention, "of two %s of the same %s; residual variance on the %s scale: %s",
                  design_counted(f->fit->design), f->fit->design->random[f->term].group, parts.scale, parts.formula);
        return;
    }
    text_addf(&out->formula, "variance of the group / (all groups + residual%s)",
              f->kind == FIGURE_ICC_ALL ? " + fixed effects" : "");
    text_addf(&out->numbers, "%s/(%s + %s", show(&n, group), show(&n, parts.random), show(&n, parts.residual));
    if (f->kind == FIGURE_ICC_ALL)
        text_addf(&out->numbers, " + %s", show(&n, parts.fixed));
    text_add(&out->numbers, ")");
    text_addf(&out->convention, "%s; residual variance on the %s scale: %s",
              f->kind == FIGURE_ICC ? "adjusted for the fixed effects" : "of all variance", parts.scale, parts.formula);
}

/* --- levels ------------------------------------------------------------------------------------------- */

/* What the information of a row is about, for the links where that is one short product. */
static const char *information_in_words(const struct fit *fit)
{
    if (fit->family->support == SUPPORT_SUCCESSES && !fit->family->has_dispersion && fit->link->kind == LINK_LOGIT)
        return " (about trials × p × (1 − p))";
    if (fit->family->support == SUPPORT_COUNT && !fit->family->has_dispersion && fit->link->kind == LINK_LOG)
        return " (about the counts expected of them)";
    return "";
}

static void explain_kept(const struct figure *f, struct explanation *out)
{
    double tau2 = f->fit->random[f->term].covariance[0], information = unpooled_information(f->fit, f->term, f->level);
    struct numbers n = { .used = 0 };
    const char *in = show(&n, information), *tau = show(&n, tau2);

    if (fit_is_linear(f->fit)) {
        text_add(&out->formula, "n·τ²/(n·τ² + σ²)");
        text_addf(&out->numbers, "%s·%s/(%s·%s + %s)", in, tau, in, tau, show(&n, f->fit->sigma * f->fit->sigma));
        text_addf(&out->convention, "the part of the group's own deviation that its BLUP keeps; n: %s",
                  f->fit->design->weights != NULL || f->fit->design->random[f->term].z != NULL ? "the sum of w·z² over its rows"
                                                                                               : "its rows");
        if (f->fit->design->weights == NULL && f->fit->design->random[f->term].z == NULL)
            text_addf(&out->convention, " (%s)", in);
        text_addf(&out->convention, "; τ²: variance between levels of %s; σ²: residual variance",
                  f->fit->design->random[f->term].group);
    } else {
        text_add(&out->formula, "I·τ²/(I·τ² + 1)");
        text_addf(&out->numbers, "%s·%s/(%s·%s + 1)", in, tau, in, tau);
        text_addf(&out->convention, "I: how much the group's own rows tell%s; τ²: variance between levels of %s",
                  information_in_words(f->fit), f->fit->design->random[f->term].group);
    }
}

static void explain_blup(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    const struct shrinkage *s = f->shrinkage;
    double raw = s->raw[f->level], pooled = s->pooled[f->level], weight = s->weight == NULL ? (double)NAN : s->weight[f->level];
    bool weighted = fit_is_linear(f->fit) && isfinite(raw) && isfinite(weight);
    struct numbers n = { .used = 0 };

    if (weighted) {
        text_add(&out->formula, "overall + kept·(raw - overall)");
        text_addf(&out->numbers, "%s + %s·(%s - ", show_term(&n, s->complete, pooled), show(&n, weight),
                  show_term(&n, raw, pooled));
        add_bracketed(&out->numbers, s->complete, pooled);
        text_add(&out->numbers, ")");
    } else if (shrinkage_differs_from(s) != NULL) {
        text_addf(&out->formula, "conditional mode: the fixed coefficient is %s", shrinkage_differs_from(s));
        text_add(&out->numbers, show_term(&n, pooled, pooled));
    } else {
        text_add(&out->formula, "fixed coefficient + conditional mode");
        text_addf(&out->numbers, "%s + ", show_term(&n, s->complete, pooled));
        add_bracketed(&out->numbers, pooled - s->complete, pooled);
    }
    (void)figures;
    text_addf(&out->convention, "%s, the parameters held at their estimates",
              fit_is_linear(f->fit) ? "best linear unbiased predictor" : "the mode of the effect given the data");
}

static void explain_level(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    const struct shrinkage *s = f->shrinkage;
    double tau2 = f->fit->random[f->term].covariance[0], kept = s->weight == NULL ? (double)NAN : s->weight[f->level],
           se = s->se[f->level];
    struct numbers n = { .used = 0 };

    switch (f->kind) {
    case FIGURE_KEPT:
        explain_kept(f, out);
        return;
    case FIGURE_BLUP:
        explain_blup(figures, f, out);
        return;
    case FIGURE_RAW:
        text_add(&out->formula, "the estimate from the group's rows alone");
        if (isfinite(s->raw[f->level])) {
            text_addf(&out->numbers, "%s + ", show_term(&n, s->complete, f->value));
            add_bracketed(&out->numbers, s->raw[f->level] - s->complete, f->value);
        }
        text_addf(&out->convention, "%.0f row%s; the rest of the model held at its estimate (no pooling)", s->rows[f->level],
                  s->rows[f->level] == 1 ? "" : "s");
        return;
    case FIGURE_MODE:
        text_add(&out->formula, "BLUP - overall");
        text_addf(&out->numbers, "%s - ", show_term(&n, s->pooled[f->level], f->value));
        add_bracketed(&out->numbers, s->complete, f->value);
        text_add(&out->convention, "the conditional mode: where the density of the effect given the data is highest");
        return;
    case FIGURE_BLUP_SE:
        if (shrinkage_se_is(se, tau2, kept)) {
            text_add(&out->formula, "τ·√(1 - kept)");
            text_addf(&out->numbers, "%s·√(1 - %s)", show(&n, f->fit->random[f->term].sd[0]), show_term(&n, kept, 1 - kept));
        } else {
            text_add(&out->formula, "√(Var(b | y)), of all effects jointly");
            text_addf(&out->numbers, "√(%s)", show(&n, se * se));
        }
        text_add(&out->convention, "given the data, fixed effects and variances held at their estimates (as lme4's condVar)");
        return;
    default:
        text_addf(&out->formula, "BLUP %s q·conditional SD", f->kind == FIGURE_BLUP_LOWER ? "-" : "+");
        text_addf(&out->numbers, "%s %s %s·%s", show_term(&n, s->pooled[f->level], f->value),
                  f->kind == FIGURE_BLUP_LOWER ? "-" : "+",
                  show_term(&n, wald_quantile((double)INFINITY, figures->level), f->value), show_term(&n, se, f->value));
        text_addf(&out->convention, "%g%%, normal; the parameters held at their estimates", 100 * figures->level);
        return;
    }
}

/* --- tests ----------------------------------------------------------------------------------------------- */

static void explain_test(const struct figure *f, struct explanation *out)
{
    const struct entrant *small = comparison_smaller(f->comparison, f->effect), *large = &f->comparison->entrant[f->effect + 1];
    const struct lrt *lrt = &f->comparison->test[f->effect];
    const char *refitted = f->comparison->by == COMPARED_BY_ML       ? "; refitted by ML, since the fixed effects differ"
                           : f->comparison->by == COMPARED_BY_BETTER ? "; refitted by one method"
                                                                     : "";
    struct numbers n = { .used = 0 };

    if (f->kind == FIGURE_CHISQ) {
        text_add(&out->formula, "2·(logLik of the larger - logLik of the smaller)");
        text_addf(&out->numbers, "2·(%s - ", show_term(&n, large->fit->loglik, lrt->chisq));
        add_bracketed(&out->numbers, small->fit->loglik, lrt->chisq);
        text_add(&out->numbers, ")");
        text_addf(&out->convention, "likelihood ratio by %s%s", method_name(large->fit->method), refitted);
    } else if (f->kind == FIGURE_LRT_DF) {
        text_add(&out->formula, "parameters of the larger - parameters of the smaller");
        text_addf(&out->numbers, "%d - %d", large->fit->npar, small->fit->npar);
        text_addf(&out->convention, "%s adds: %s", large->model->name, lrt->adds);
    } else if (lrt->reference == LRT_MIXTURE) {
        text_addf(&out->formula, "½·P(χ²(%.0f) > chi2) + ½·P(χ²(%.0f) > chi2)", lrt->mixture_df[0], lrt->mixture_df[1]);
        text_addf(&out->numbers, "½·P(χ²(%.0f) > %s) + ½·P(χ²(%.0f) > %s)", lrt->mixture_df[0], show(&n, lrt->chisq),
                  lrt->mixture_df[1], show(&n, lrt->chisq));
        text_addf(&out->convention, "%s lies on the edge: half of the time it is estimated there (Self & Liang; Stram & Lee)",
                  lrt->dispersion ? "a dispersion at its limit" : "a variance of 0");
    } else {
        text_addf(&out->formula, "P(χ²(%d) > chi2)", lrt->df);
        text_addf(&out->numbers, "P(χ²(%d) > %s)", lrt->df, show(&n, lrt->chisq));
        text_add(&out->convention,
                 lrt->reference == LRT_CHISQ ? "likelihood-ratio test" : "conservative: several variances on the edge at once");
    }
}

void figure_explain(const struct figures *figures, const struct figure *figure, struct explanation *out)
{
    enum figure_kind kind = figure->kind;

    if (kind <= FIGURE_UPPER)
        explain_fixed(figures, figure, out);
    else if (kind <= FIGURE_RATIO_UPPER)
        explain_ratio(figures, figure, out);
    else if (kind == FIGURE_COVARIANCE)
        explain_covariance(figure, out);
    else if (kind == FIGURE_SD || kind == FIGURE_CORRELATION)
        explain_spread(figure, out);
    else if (kind <= FIGURE_SHARE)
        explain_random(figure, out);
    else if (kind == FIGURE_ROWS)
        explain_rows(figure, out);
    else if (kind <= FIGURE_DISPERSION_UPPER)
        explain_dispersion(figures, figure, out);
    else if (kind <= FIGURE_BIC)
        explain_criterion(figure, out);
    else if (kind <= FIGURE_DESIGN_EFFECT)
        explain_icc(figure, out);
    else if (kind <= FIGURE_MODE)
        explain_level(figures, figure, out);
    else if (kind <= FIGURE_LRT_P)
        explain_test(figure, out);
    else
        shown_explain(figures, figure, out);
}
