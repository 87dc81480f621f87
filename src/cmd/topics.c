/* topics.c -- the concept pages of `help`: text only.  A page fits one screen of 80 x 24. */
#include "cmd/topics.h"

#include <stddef.h>

const struct topic topics[] = {
    { "start", "A first session",
      "Load a table, state and fit a model, look at its groups:\n"
      "\n"
      "    load sleepstudy                               a bundled example\n"
      "    describe                                      its variables\n"
      "    fit Reaction ~ Days + (Days | Subject)        a line for each subject\n"
      "    shrinkage                                     each subject's own and pooled line\n"
      "    plot-ascii groups                             the data, a panel a subject\n"
      "    fit Reaction ~ Days + (1 | Subject)           a simpler model\n"
      "    compare m1 m2                                 which one?\n"
      "    record lesson.mix                             a script of all this\n"
      "\n"
      "`demo` takes you on a guided tour. `load my.csv` reads your own table: one row an observation, names in the first line. "
      "`datasets` lists the examples. `help COMMAND` explains a command, and Tab completes names of commands, variables, models "
      "and files.",
      NULL, NULL },

    { "formula", "Model formulas",
      "RESPONSE ~ PREDICTORS + (EFFECTS | GROUP), as in R and lme4:\n\n"
      "    a + b          both                  a:b            their interaction\n"
      "    a * b          a + b + a:b           (a + b + c)^2  all up to pairs\n"
      "    a %in% b       a within b            . - a          all columns but a\n"
      "    0 + a          no intercept          poly(x, 2)     orthogonal powers\n"
      "    ns(x, 3)       a natural spline      bs(x, 5)       a B-spline\n"
      "    I(x^2) log(x)  computed              offset(x)      coefficient 1\n"
      "    (1 | g)        an intercept for each level of g\n"
      "    (1 + x | g)    and a slope, correlated;  (x || g) uncorrelated\n"
      "    (f || g)       of a factor f: the intercept and each contrast, uncorrelated\n"
      "    (0 + x | g)    a slope only\n"
      "    (1 | a/b)      a, and b within a: (1 | a) + (1 | b:a)\n"
      "    cbind(s, f)    successes and failures of a binomial response\n\n"
      "Text columns are factors, coded by treatment contrasts unless set otherwise (`help contrasts`). Names with "
      "other characters stand between backquotes. Rows with a missing value in a used column are left out and counted; "
      "collinear columns are left out and named. ns(x, 3) has its knots at quantiles of x; "
      "knots, Boundary.knots and, of bs(), degree are as in R.",
      "model fit", NULL },

    { "families", "Response families and links",
      "`family=` is how the response varies about its mean, `link=` the scale on which predictors add up: the first link is the "
      "default (R's is inverse for Gamma, 1/mu^2 for inverse.gaussian).\n"
      "\n"
      "    gaussian          identity log inverse               a measurement\n"
      "    binomial          logit probit cloglog cauchit log   yes/no, shares\n"
      "    poisson           log identity sqrt                  counts\n"
      "    Gamma             log inverse identity               positive, constant CV\n"
      "    inverse.gaussian  log 1/mu^2 inverse                 positive, long tail\n"
      "    nbinom2 nbinom1   log                                overdispersed counts\n"
      "    genpois compois   log                                counts, spread less too\n"
      "    beta betabinomial logit probit cloglog               shares, overdispersed\n"
      "    ordbeta           logit                              shares, 0 and 1 too\n"
      "    lognormal         identity, of the mean of log y     positive, log normal\n"
      "    t                 identity log inverse               heavy tails\n"
      "    tweedie           log                                positive, or exactly 0\n"
      "    truncated_poisson truncated_nbinom1 truncated_nbinom2  log  counts from 1 up\n"
      "    cumulative        logit probit cloglog               ordered categories\n"
      "\n"
      "family=t(4) and tweedie(1.5) hold the further shape. A truncated family's link is that of the mean before the zeros are "
      "cut off. A random effect for each row makes counts overdispersed too: (1 | row). `summary, exp` gives ratios where the "
      "link has them; `predict` means on either scale.",
      "model", NULL },

    { "zi", "Zero inflation and hurdles",
      "`zi=FORMULA` gives the zeros of a count a predictor of their own, the log-odds of a zero beyond those that the counts "
      "have by themselves:\n"
      "\n"
      "    P(Y = 0) = pi + (1 - pi) f(0),   P(Y = y) = (1 - pi) f(y),   logit pi = zi's formula\n"
      "\n"
      "`zi=~1` is one share for all rows, `zi=~mined` one that hangs on mined. With a truncated family (counts from 1 up), or "
      "one "
      "of positive numbers such as Gamma, all zeros are zi's: a hurdle, which falls into a model of zero or not, and one of the "
      "rest. The fixed effects and the random effects are those of the counts, before the zeros are added.\n"
      "\n"
      "Families: poisson, nbinom2, nbinom1, compois, genpois, the truncated ones, Gamma, inverse.gaussian, lognormal, beta.\n"
      "\n"
      "The formula is written without blanks between its first sign and its name, or in quotes: zi=~mined, zi=\"~ mined + "
      "cover\". "
      "Random terms of its own may stand in it: zi=~mined+(1|site), independent of those of the counts. `predict` has the mean "
      "with "
      "the zeros, type=conditional that without, type=zero their probability. Many zeros alone are no reason for zi=: a negative "
      "binomial has many too; `compare` tells.",
      "model compare", NULL },

    { "disp", "A model of the dispersion",
      "`disp=FORMULA` lets the spread differ between rows, by the logarithm of the family's dispersion parameter:\n"
      "\n"
      "    gaussian lognormal   sigma^2, the residual variance\n"
      "    Gamma                1/phi, the shape\n"
      "    nbinom2              k: more is less variation\n"
      "    nbinom1              alpha\n"
      "    beta betabinomial    phi: more is less variation\n"
      "    inverse.gaussian     phi; tweedie, genpois and compois too\n"
      "    t                    sigma, the scale\n"
      "\n"
      "So `fit distance ~ age * Sex + (1 | Subject), disp=~Sex` has a residual variance for each sex. exp() of a coefficient is "
      "the "
      "factor by which the parameter changes. Fitted by maximum likelihood; of a linear model also "
      "by method=reml, with df, where disp= has no random terms. disp=~1 is the model without it. By ML errors of the fixed "
      "effects are of all parameters together (as in glmmTMB); those of residual=diag(f), the same model, hold the variances (as "
      "in nlme).\n"
      "\n"
      "Random terms may stand in it, for gaussian, lognormal, t, Gamma, inverse.gaussian, nbinom2, "
      "nbinom1, beta and betabinomial: with disp=~(1|Subject) some subjects vary more than others, one SD of them by the factor "
      "exp(SD). They are independent of the mean's, by Laplace's approximation in gaussian "
      "models too. `predict`, type=dispersion has each row's.",
      "model fit", NULL },

    { "cumulative", "Ordered categories",
      "family=cumulative (family=ordinal is the same) is for a response whose categories have an order but no distances: a "
      "rating, "
      "a grade, none/mild/severe. With thresholds t1 < t2 < ... between them,\n"
      "\n"
      "    P(y <= j) = F(tj - x'beta - z'b)\n"
      "\n"
      "F is the logistic distribution (link=logit, the default: proportional odds), the normal one (probit) or 1 - exp(-exp(x)) "
      "(cloglog). A positive coefficient moves toward the higher categories, by the same amount at each threshold; exp of it is "
      "an odds ratio under the logit. There is no (Intercept): the thresholds take its place, in a table of their own.\n"
      "\n"
      "The categories are the levels of a factor in their order, whole numbers in theirs, or FALSE and TRUE; texts have theirs "
      "in the alphabet unless `factor y, levels=\"none, mild, severe\"` says another one: the model's lines show which is taken. "
      "Reversing it turns the signs. A category that no row has is left out. Two categories are a binomial model.\n"
      "\n"
      "`predict` and `margins` give the probability of each category (predict, type=class the likeliest), `icc` and `r2` the "
      "latent scale, `fitted` and `residuals` the mean number of the category; `means` are on the latent scale, above the mean "
      "of "
      "the thresholds.",
      "model predict margins", NULL },

    { "structures", "Covariance structures",
      "A name around a random term says how the effects of one level covary (glmmTMB's structures and parameters):\n"
      "\n"
      "    (x | g), us(x | g)     any covariance matrix\n"
      "    (x || g), diag(f | g)  variances alone;  homdiag one variance for all\n"
      "    cs(0 + f | g)          a variance for each level of f, one correlation;  homcs one variance\n"
      "    ar1(0 + t | g)         correlation rho^steps between the levels of t;  hetar1 a variance each\n"
      "    toep(0 + t | g)        a variance for each level, a correlation for each lag;  homtoep one variance\n"
      "    ou(0 + t | g)          exp(-rate * distance), t a number\n"
      "    exp gau mat(0 + pos(x, y) | g)   exp(-d/range), exp(-(d/range)^2), Matern with a shape\n"
      "    (1 | g, by = f)        a variance for each level of f, g within f;\n"
      "                           a matrix for each of (x | g), ar1() and all others\n"
      "    (1 | id, K = A)        levels covary as the matrix A says: help matrix\n"
      "\n"
      "Residuals of a linear model covary by residual=: ar1(t | id) (t whole steps; gaps count), arh1 (a variance for each t), "
      "car1 (any times), cs(t | id), toep(t | id), us(t | id) (unstructured: the MMRM of trials), diag(f) (a variance for each "
      "level of f), ar1(t | id, by = f) (both). sigma is the residual SD where there is one, else that of the first level.",
      "model fit", NULL },

    { "methods", "Methods of fitting",
      "    reml      linear mixed models, the default: variances without the bias that\n"
      "              comes from estimating the fixed effects\n"
      "    ml        linear mixed models by maximum likelihood\n"
      "    laplace   other families, the default: the integral over the random effects\n"
      "              by its peak and its curvature there\n"
      "    agq       the same integral by adaptive quadrature with nodes=K points;\n"
      "              `ladder` says how many it takes\n"
      "    pql       the oldest approximation; biased, here to be shown\n\n"
      "REML criteria of models with different fixed effects measure different things. `compare` therefore fits such "
      "models again by ML, and says so.\n\n"
      "Every fit is certified: the gradient and the curvature at the optimum tell how much deviance is still to gain, "
      "and `fit: ok` means that it is less than 1e-8. See `help boundary`, `help identified` and `help convergence` for the "
      "other verdicts.",
      "fit", NULL },

    { "approximation", "What Laplace or a few nodes leave out",
      "The likelihood of a generalized linear mixed model is an integral over the random effects. `method=laplace` takes it by "
      "its "
      "peak and the curvature there, nodes=K by K points in each direction. Both leave something out: little where the groups "
      "have "
      "many rows, much where they are small and binary.\n\n"
      "After each fit one more evaluation, with more nodes, tells how far the estimates would move. Where one of them would "
      "move by 0.05 of its standard error or more, the verdict says so and names the one that would move most: fit again with "
      "the nodes in brackets. `ladder` shows the whole way.\n\n"
      "Crossed factors have no quadrature. There the exact likelihood is sampled around the modes (importance sampling), and the "
      "number stands with its Monte Carlo error, \xc2\xb1; where few of the draws are effective nothing is said, since nothing "
      "is known.",
      "ladder fit", "ladder" },

    { "pooling", "Shrinkage, partial pooling, BLUPs",
      "Three ways to estimate a group's mean: from its own rows alone (raw, no pooling), as if all groups were one "
      "(complete pooling), or in between. A mixed model takes the way between: the BLUP, or conditional mode, lies "
      "at\n\n"
      "    overall + kept * (raw - overall),    kept = n tau^2 / (n tau^2 + sigma^2)\n\n"
      "with n rows in the group, variance tau^2 between and sigma^2 within groups. Small groups, and those in noisy "
      "data, are pulled most; where the groups hardly differ (tau near 0), all are. On average over the groups this "
      "errs less than the raw means (Stein 1956; Efron and Morris 1975): try `load batting`.\n\n"
      "So the group with the lowest raw mean need not have the lowest BLUP. `shrinkage` shows both, side by side with "
      "their ranks; `plot-ascii shrinkage` draws them. For several effects a group (a line: intercept and slope) they "
      "shrink together, along the ellipse of their covariance, and no single percentage tells it: the plot has arrows "
      "instead.",
      "ranef plot-ascii view whatif", "shrinkage" },

    { "boundary", "A fit on the boundary",
      "The verdict `fit: boundary` means that the best estimate of a variance is 0, or of a correlation 1 or -1. It is "
      "a result, not a failure: the optimum is certified as in any other fit, and the other estimates can be used.\n\n"
      "It means that the data show no more variation between the groups than the residual alone would make. Common "
      "causes: few groups, few rows a group, or more random effects than the design can tell apart. A variance of 0 "
      "does not show that the groups are alike: with few groups it is often estimated as 0 although it is not.\n\n"
      "What to do: drop the effect that is named, or make it uncorrelated, `(x || g)`, and `compare` the two models; "
      "or keep it where the design of the study asks for it. lme4 calls such a fit singular.\n\n"
      "Other parameters have an end, too. A dispersion at its limit, such as k Inf of nbinom2, says that these data vary no more "
      "than the simpler family, here Poisson; its interval is that of the profile. A residual standard deviation of 0 (of "
      "residual=diag(f) or arh1) says that random effects take its place in those rows, which tell each level without error.",
      "summary fit", NULL },

    { "singular", "A singular fit",
      "lme4's word for a fit on the boundary: some combination of the random effects has variance 0. `help boundary` "
      "says what it means and what to do.",
      NULL, NULL },

    { "identified", "A fit that is not identified",
      "The verdict `fit: not identified` means that the data cannot tell some variances apart, whatever their values: any "
      "way of sharing them out gives the same likelihood. It lies in the design, not in the numbers:\n\n"
      "    (1 | school) + (1 | teacher)   with one teacher a school\n"
      "    treatment + (1 | tank)         with one tank a treatment\n"
      "    (1 | g) + (0 + sex | g)        an intercept beside an effect for each sex\n"
      "    (1 + category | word)          where each word has one category\n\n"
      "What is not determined is shown as a dash, and what is determined instead, such as the sum of two variances, in a "
      "row of its own. Parameters, AIC and BIC count what is determined; the log-likelihood and all predictions are right. "
      "Where a group lies within the fixed effects, the errors of those effects depend on a variance that nothing "
      "determines, and no p-value is given: one tank a treatment cannot tell tanks from treatments. Beside a slope of that "
      "group, as in y ~ g + (x | g), the effects themselves depend on a covariance: (0 + x | g) has them. New responses would "
      "vary by such a variance, so `simulate`, `bootstrap` and `diagnose` draw none.\n\n"
      "What to do: leave out one of the terms that are named. The fit is then the same, under its own name.",
      "summary fit", NULL },

    { "convergence", "A fit that did not converge",
      "Every fit is certified: at the end the deviance that is still to gain is computed from the exact gradient and "
      "curvature. The verdict `fit: not converged` means that it is more than tol (1e-8), so that the estimates may "
      "still move.\n\n"
      "What to do: simplify the random effects; centre and scale predictors of very different sizes; look for a group "
      "or a cell with hardly any rows. `summary` shows how much is still to gain.",
      NULL, NULL },

    { "imputed", "Multiply imputed data",
      "`load FILE, imputation=VAR` takes completed data sets below each other, numbered by VAR: the long format of R's mice "
      "(`.imp`), the flong style of Stata's mi (`_mi_m`). Rows of 0 are left out.\n\n"
      "A model is fitted to each imputation; what is linear in the coefficients is pooled by Rubin's rules: the mean, with the "
      "variance U + (1 + 1/m) B, of the squared errors and of the estimates between imputations, by t with Barnard and Rubin's "
      "degrees of freedom. `increase in variance` is (1 + 1/m) B / U, riv. `fraction missing` is that of mice, (riv + 2/(df + "
      "3)) / (riv + 1): the share of the variance that the imputations make; few degrees of freedom make it larger. "
      "Hypotheses together are tested by D1, models by D4 (D3 may be negative).\n\n"
      "    summary, vcov, confint (Wald)   coefficients and standard deviations\n"
      "    test, means, contrast, slopes   linear functions; anova, compare, icc\n"
      "    margins                         means of each imputation's rows, by its fit\n"
      "    predict, at= or data=           typical group and population\n\n"
      "Standard deviations and ratios are pooled as logarithms, correlations by Fisher's z, shares of variance (icc) as arcsin "
      "of the root, each side of the interval with its own error; `explain` has the formulas. All else (AIC, ranef, r2) belongs "
      "to "
      "one table: `where .imp == 1`. Verbs work on all imputations; mean(x), rank(x), lag(x), n() and `aggregate` go by "
      "imputation. In a formula scale(x), mean(x), poly(x, 2) take one basis from all.",
      "load summary", NULL },

    { "planning", "A study of which there are no data yet",
      "`power FORMULA, beta=...` makes up the study from its formula and stated parameters, and counts how often it finds what "
      "is "
      "true there:\n\n"
      "    power y ~ treat + (1 | school), beta=\"treat=0.5\" sd=\"school=0.3\"\n"
      "      between=treat groups=\"10,20,40\" size=10\n\n"
      "    beta=      true coefficients; those that are not named are 0\n"
      "    sd=        of each group's effects, in their order: \"id=1, 0.2\"\n"
      "    corr=      of a group's effects: \"id=0.3\"\n"
      "    sigma=, dispersion=   of the residuals (1); of families that have one\n"
      "    groups=, size=        levels of the first group, rows in each\n\n"
      "Predictors are 0 and 1 in turn within each group; at=\"time=0:4, arm=a, b\" gives them other values; between=arm makes "
      "one "
      "that is the same for all rows of a group. A second group has its levels by at=\"item=1:10\". The coefficient that is "
      "tested is the last of beta=, or of=NAME.",
      "power", NULL },

    { "priors", "Priors: penalized estimates",
      "`prior=` adds the logarithm of a density to the likelihood; the estimates are the mode of the two together (a penalized "
      "likelihood, a posterior mode). It keeps a variance off 0, or coefficients finite. Rules, with `;` between them:\n\n"
      "    fixed ~ normal(0, 2.5)          all coefficients but the intercept\n"
      "    (Intercept) ~ cauchy(0, 10)     one by its name; t(df, location, scale) too\n"
      "    zi ~ normal(0, 2)               those of zi= (or disp=); zi(x) the one of x\n"
      "    sd ~ gamma(2.5, 0)              all SDs of random effects: shape, rate\n"
      "    sd(Subject, Days) ~ normal(0, 10)   one of them: a half-normal\n"
      "    cov ~ wishart(4.5)              covariance matrices: df, and a scale\n"
      "    jeffreys                        Firth's: binomial and poisson models\n\n"
      "Priors are on the scale of the parameters themselves, as blme's with common.scale = FALSE. sd ~ gamma(2.5, 0) keeps an SD "
      "off "
      "0 and hardly moves one that the data know. In a linear model with a prior for SDs alone the criterion is REML's, with one "
      "for "
      "coefficients ML's.\n\n"
      "The summary says what the prior added. Errors and intervals are those of the penalized criterion, around its mode. logLik "
      "is "
      "the likelihood's at the estimates, no maximum, so that AIC and tests hold only roughly. What the data alone do not "
      "determine "
      "is then the prior's doing, and said so.",
      "fit model confint", NULL },

    { "importance", "Importance sampling",
      "Crossed factors have no quadrature. `fit, method=is` takes the integral over the random effects by draws around their "
      "modes, "
      "each with the weight that makes it right: Laplace's approximation corrected. The draws are the same at each step of the "
      "search (common random numbers), so that the likelihood is a smooth function with an exact gradient, and the same on each "
      "run "
      "and for any number of threads.\n\n"
      "The summary says how many draws there were and how far the log-likelihood may be off by them, its Monte Carlo error; "
      "draws=N "
      "takes more, and four times as many halve the error. Where few of the draws are effective the error itself cannot be "
      "trusted, "
      "and the summary says so. One grouping factor, or nested ones, are better served by nodes=K.",
      "fit compare", NULL },

    { "separation", "Infinite estimates",
      "Where all rows of a cell have the same outcome (only successes, only failures, no counts at all), or where predictors "
      "tell the outcomes apart without error, the likelihood rises without end as some coefficients grow: their estimates are "
      "infinite, and shown as Inf or -Inf, without an error, a test or an interval. The rows of such a cell are fitted "
      "perfectly and say nothing about the rest: all other estimates, errors, variances and the log-likelihood are those of the "
      "other rows, exactly. `margins` and `predict` give a probability of 0 or 1 there.\n"
      "\n"
      "A coefficient whose own value depends on how fast two cells go to infinity has no estimate at all: a dash. Another "
      "reference level may help: it is the contrasts with an infinite cell that are infinite. `compare` tests such an effect: "
      "the log-likelihood is finite. Of ordered categories the thresholds may be infinite too.\n"
      "\n"
      "Where predictors tell all outcomes apart, nothing else is determined. Where the levels of a group do (each has only "
      "successes or only failures, in all rows or in those of one effect), or both together, a variance is infinite: its SD is "
      "Inf; coefficients and means that run with it, and errors beside it, are dashes. The verdict is `not identified`.\n"
      "\n"
      "`prior=jeffreys` (Firth) or a normal prior makes coefficients finite, one of sd, such as gamma(2.5, 0.1), the "
      "variance, and penalizes the likelihood: `help priors`.",
      NULL, NULL },

    { "intervals", "Tests and intervals of fixed effects",
      "In a linear mixed model the tests use t with Satterthwaite's degrees of freedom: as many as the information on "
      "the standard error is worth. They are few where an effect is estimated between groups, and there are few "
      "groups. `set ddf kenward-roger` takes Kenward and Roger's, which adjust the errors for few groups as well; `set ddf none` "
      "the normal distribution; `set level 0.9` changes the intervals. Generalized models have z, as if groups were many: with "
      "60 groups 95% intervals of means over them (`margins`) cover some 94%.\n\n"
      "`confint` gives intervals of all parameters, variances too, from the profile of the likelihood: they are not symmetric, "
      "and end at 0 where no variance is compatible with the data.\n\n"
      "`test` tests sums and differences of coefficients, `anova` each term of the model with all of its coefficients, "
      "`contrast` the "
      "means of factors, adjusted for their number. A random effect is tested by `compare`.",
      "summary confint", NULL },

    { "tests", "Comparing models",
      "`compare m1 m2` tests each model against the largest smaller one within it by twice the difference of their "
      "log-likelihoods.\n\n"
      "Models with different fixed effects are compared by ML, fitted again where needed, and the table says so. Where "
      "the larger model has one variance more, that variance is 0 under the null, at the edge of what is possible: "
      "chi-squared then is too strict, and p comes from the mixture of chi-squared laws that holds there (Self and "
      "Liang 1987; Stram and Lee 1994). With several variances more, p is an upper bound, and named so.\n\n"
      "AIC, AICc and BIC need no nesting: smaller is better. They count fixed effects, covariance parameters and "
      "dispersion; BIC takes n = rows. Models of different rows or responses are refused: drop the missing rows first.",
      "compare", NULL },

    { "contrasts", "Contrasts of factors",
      "A factor with k levels takes k - 1 columns beside the intercept:\n\n"
      "    treatment   each level against the first, or the one chosen (the default)\n"
      "    sum         each level against the mean of all\n"
      "    helmert     each level against the mean of those before it\n"
      "    poly        linear, quadratic, ... trends over ordered levels\n\n"
      "Levels are sorted bytewise, or as numbers where all look like numbers. Coefficients are named as R names them: "
      "`period2` is level 2 of `period`. factor(x) in a formula makes a factor of a number.",
      "factor", NULL },

    { "conditional", "Conditional and marginal effects",
      "The fixed effects of a mixed model are conditional: what changes within one group, a patient or a herd, its random "
      "effects held. A marginal (population-averaged) effect is what changes in the mean over all groups. In a linear model the "
      "two are the same. Under a curved link they are not: many steep curves that stand at different places average to a "
      "flatter one, the more so the more the groups differ.\n"
      "\n"
      "    logit, random intercepts of variance v   about conditional/sqrt(1 + 0.346 v)\n"
      "    probit                                   conditional/sqrt(1 + v)\n"
      "    log                                      the same; the intercept gains v/2\n"
      "\n"
      "Both are right; they answer different questions. A patient asks for the conditional effect, a ministry for the marginal "
      "one. GEE and the GLM without random effects estimate the marginal one. Predictions split alike: the typical group "
      "(random effects 0) is not the average over the groups. Say which you report.\n"
      "\n"
      "    load toenail\n"
      "    fit outcome ~ treatment * time + (1 | patientID), family=binomial nodes=25\n"
      "    attenuation                    both, side by side\n"
      "    plot-ascii attenuation         the curves and their average\n"
      "    margins treatment              risks, typical and population",
      "margins predict", "attenuation" },

    { "predictor", "Moving one variable, the others held",
      "`plot-ascii attenuation` and `view attenuation` show what the mean of the response does as one variable moves, "
      "`plot-ascii "
      "partial` what the linear predictor does. All columns of it move: poly(x, 2), log(x), x:f, all dummy columns of a factor. "
      "The "
      "other variables are held, and the plot says where:\n"
      "\n"
      "    numbers                   at their mean over the model's rows\n"
      "    numbers with two values   at the lower one\n"
      "    logical                   FALSE\n"
      "    factors                   at their reference level\n"
      "    offsets                   at their mean\n"
      "\n"
      "A factor, and a number with two values, has points at its levels. Without a name the variable is the first number with "
      "more than two values, else the first number, else the first factor. The name of a coefficient (`period2`) stands for its "
      "variable, and in the view the cursor starts at its level.\n"
      "\n"
      "Read out are the means of the typical group (random effects 0) and of the population, and the step on the scale of the "
      "linear predictor, by the conditional and the marginal coefficients (`attenuation`): a slope (the tangent's), or a level "
      "against the reference.\n"
      "\n"
      "`margins` sets the variable in every row, keeps the row's other variables, and averages.",
      "plot-ascii view margins", NULL },

    { "offset", "Offsets: known parts of the linear predictor",
      "An offset is added to the linear predictor as it is: a predictor whose coefficient is 1, known and not estimated. Its "
      "use is exposure. Counts over unequal times, areas or populations are modelled as rates by\n"
      "\n"
      "    fit TICKS ~ YEAR + (1 | BROOD), family=poisson offset=log(area)\n"
      "\n"
      "log mean = log(area) + ..., so that exp(coefficient) is a ratio of rates. Take the logarithm yourself: the offset is on "
      "the scale of the link. It may stand in the formula too, y ~ x + offset(log(area)); several add up.\n"
      "\n"
      "To see whether doubling the exposure doubles the count, put log(area) among the predictors instead: its coefficient "
      "should be near 1. A binomial response needs no offset for its trials; cbind(s, f) or trials= hold them.\n"
      "\n"
      "`margins` and `means` have rates with at=\"area=1\"; without it `margins` keeps each row's own offset; a plot over a "
      "predictor takes the mean.",
      "model margins", NULL },

    { "causality", "Association is not causation",
      "A coefficient compares rows that differ in one predictor and agree in the others of the model. It is the effect of "
      "changing that predictor only where nothing else that matters differs with it: by randomization, or because all common "
      "causes are in the model. No fit can tell; the design of the study does.\n"
      "\n"
      "Groups confound too. A random effect is taken to be unrelated to the predictors. Where better schools also have richer "
      "pupils, the coefficient of wealth mixes two comparisons: of pupils within a school, and of schools. Take them apart by "
      "the group mean and the deviation from it (within-between; Mundlak 1978):\n"
      "\n"
      "    y ~ x_within + x_between + (1 | school)\n"
      "\n"
      "where x_between is the mean of x in the school and x_within = x - x_between: `decompose x by school`. The coefficient of "
      "x_within is free of all that is the same for a whole school, measured or not, though not of what differs between pupils. "
      "If the two coefficients differ, the single one of x was a mixture.\n"
      "\n"
      "`margins` standardizes: the mean if every row had this value. That is a causal contrast under the same conditions, and "
      "no others.",
      "margins attenuation decompose", NULL },

    { "data", "Data: files, types, missing values",
      "`load FILE` reads a table with names in its first line: CSV, TSV, or with another separator, compressed by gzip "
      "or not; `-` is standard input. The separator is detected. Each column gets a type from all its values:\n\n"
      "    integer    digits only                  real      other numbers\n"
      "    logical    TRUE, FALSE, T, F            factor    anything else\n\n"
      "An empty field or NA is missing (option na= names others). A number used as a name (school 17) can stay a "
      "number: as a grouping factor any column will do, and factor(x) makes a factor of it in a formula.\n\n"
      "Nothing is ever written to the file. `load FILE as NAME` names the table, `use NAME` goes back to it, "
      "`describe` shows its variables, `head` its first rows.",
      "load", NULL },

    { "files", "Files as people have them",
      "`load` reads what other programs put around a table, and says so: a first line `sep=;`, a first column without a name "
      "(row names of R: it is X), separators at the ends of lines, columns aligned by blanks; UTF-16, and where the text is not "
      "UTF-8, cp1252.\n"
      "\n"
      "What is probably not as it was meant is pointed out, with the whole command that reads it right:\n"
      "\n"
      "    1,5                    decimal=comma        1,020            thousands=comma\n"
      "    1.234,5                thousands=point      10 mm $10 10%    units=cells\n"
      "    units below the names  units=row            a title above    skip=2\n"
      "    two names alike        names=unique         no names         header=no\n"
      "    n/a among numbers      na=\"n/a\"             other letters    encoding=latin1\n"
      "\n"
      "A unit is taken off: 10% is 10; (4) is -4. An integer with more digits than a number holds (over 2^53) is an id: a "
      "factor. The files of Stata, SPSS, SAS, Excel, SQLite and R are read; what is no data is named for what it is.\n"
      "\n"
      "A database server is asked by ODBC, by its name in odbc.ini or with its driver:\n"
      "\n"
      "    load odbc:ward as visits, query=\"select id, day, score from visit\"\n"
      "    load \"odbc:Driver=SQLite3;Database=ward.db\" as visits, table=visit",
      "load", NULL },

    { "scripts", "Scripts and sessions",
      "A script is a file of commands, one to a line or separated by `;`. `#` begins a comment. A line that ends in "
      "`\\` or in an operator (+ - * : / ~ and the comma), or inside `(`, `{` or a quote, goes on in the next.\n\n"
      "    mixsh lesson.mix              run it\n"
      "    mixsh -i lesson.mix           run it, then the prompt\n"
      "    mixsh -e 'load sleepstudy'    run a text\n"
      "    record lesson.mix             write one from what was and will be typed\n"
      "    replay lesson.mix, step       run it within a session, step by step\n\n"
      "A script stops at its first error; `try COMMAND` goes on. Commands are spelt out, while at the prompt a prefix "
      "is enough. Exit status: 0 all well, 1 a command failed, 2 usage or syntax, 3 file, 4 a replay differs, 130 "
      "interrupted, 141 nobody reads the output.",
      "record replay try", NULL },

    { "formats", "Output and its formats",
      "Results are shown as text, and by `set format F` as json, csv, tsv, markdown, latex or html. `last` shows the last result "
      "again, whole; `last json`, `last csv FILE` in another format, at full precision (`last text`: 12 digits). `output FILE` "
      "copies "
      "all that follows to a file, `output FILE, commands` with the commands and errors. CSV and TSV are one table, with a "
      "column `table` where the result has several.\n"
      "\n"
      "Text has about `digits` significant digits (4), no more than `width` columns, and plots in the characters that `charset` "
      "allows. JSON is one object a line for each result, numbers with 17 digits, and NaN, Inf and -Inf as strings. Errors go "
      "to standard error, in JSON as {\"error\": {\"code\", \"message\", \"file\", \"line\", \"column\"}}.\n"
      "\n"
      "Where a table was cut, it says so (`7 of 160 shown; last all`). Off a terminal there is no colour, pager or progress.",
      "output last", NULL },

    { "reproducibility", "The same bytes next year",
      "Off a terminal a script prints the same bytes on every run, in any locale, for any number of threads. Random "
      "numbers come from `set seed N` (1 at the start) by a counter-based generator, each replicate from a stream of "
      "its own.\n\n"
      "    record study.mix               the session so far, and what comes\n"
      "    output study.out               its output, as a script prints it\n"
      "    mixsh -e 'replay study.mix, check=study.out'\n\n"
      "A recorded script names the version, the data with their checksums, and the seed. `replay` with `check=` "
      "compares byte for byte and shows the first line that differs; mixsh then ends with status 4. What was typed at "
      "any prompt stands in ~/.local/state/mixsh/journal.",
      "replay record", NULL },

    { "settings", "Settings",
      "`set` lists the settings with their values, `set KEY` shows one and what it allows, `set KEY VALUE` changes it for this "
      "session. For every session at the prompt, put such lines into ~/.config/mixsh/init.mix (or "
      "$XDG_CONFIG_HOME/mixsh/init.mix); scripts do not read it, so that they give the same bytes everywhere.\n"
      "\n"
      "On the command line: --format, --width, --charset, --color[=always|never|auto]. NO_COLOR switches colour off.\n"
      "\n"
      "Output that is longer than the screen stops at its end: space goes on, Enter by a line, q leaves, and any other key "
      "leaves and is typed at the prompt. `set pager off` writes all of it; `set pager external` runs $MIXSH_PAGER, else "
      "$PAGER, else less (with LESSSECURE=1, so that it writes no files and starts no programs, unless that variable is set).",
      "set", NULL },

    { "keys", "Keys at the prompt",
      "    Tab             complete: commands, variables, models, files, options\n"
      "    Up, Down        earlier commands that begin as the line does\n"
      "    Ctrl-R          search the earlier commands\n"
      "    Ctrl-A, Ctrl-E  to the beginning, to the end of the line\n"
      "    Ctrl-W, Ctrl-U  erase the word, the line\n"
      "    Ctrl-C          stop the running command, or clear the line; never leaves\n"
      "    Ctrl-D          on an empty line: leave\n"
      "    Ctrl-L          clear the screen\n"
      "\n"
      "An unfinished line (an open bracket or quote, a `\\` or an operator of a formula at its end) goes on below; the prompt "
      "shows what is open. Several pasted lines run one by one. Readline's own settings, ~/.inputrc, hold here too.",
      NULL, NULL },

    { NULL, NULL, NULL, NULL, NULL }
};
