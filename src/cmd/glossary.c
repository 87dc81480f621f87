/* glossary.c -- see glossary.h.  An entry answers what the word means here and which command does it; concepts have pages of
 * their own in topics.c. */
#include "cmd/glossary.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

const struct glossary_entry glossary[] = {
    /* --- what output prints ------------------------------------------------------------------------ */
    { "blup|blups|conditional mode|conditional modes|cond mode|mode|eblup",
      "BLUP: best linear unbiased prediction, the estimate of a group's own value by the model: between what the group's rows "
      "say alone (raw) and what all groups say together. `shrinkage` sets it beside the raw one, `ranef` gives its distance "
      "from the fixed effects (the conditional mode). help pooling" },
    { "cond.sd|condsd|conditional sd", "cond.SD: the standard deviation of a random effect given the data, the parameters held "
                                       "at their estimates. `ranef` shows it." },
    { "threshold|thresholds|cutpoint|cutpoints|proportional odds|ordinal|ordered|clm|clmm|polr|category|categories|likeliest",
      "threshold: where, on the scale of the linear predictor, one category of an ordered response ends and the next begins; "
      "`1|2` lies between 1 and 2. `summary` has them in a table of their own. help cumulative" },
    { "kept", "kept: the part of the way from the overall value to a group's raw one that its BLUP keeps, n tau^2 / (n "
              "tau^2 + sigma^2) for a random intercept. Small groups keep little. `shrinkage` shows it, `explain kept` "
              "works it out. help pooling" },
    { "all|total|margin of a table", "all: the row or column of a table that counts the others together. `tabulate` ends in it. "
                                     "Where a table was cut, `last all` shows every row." },
    { "histogram",
      "histogram: `describe` draws a small one of each number: at most ten bins of the same width from the minimum to the "
      "maximum, as "
      "tall (in ASCII: _ . : - = + * #) as they are full, _ being empty. `plot-ascii histogram X` draws a large one." },
    { "first|median", "first, median, last: the earliest, the middle and the latest day of a date. `describe` shows them; for "
                      "numbers it shows the "
                      "median between the quartiles. help date" },
    { "raw|own|no pooling", "raw: a group's estimate from its own rows alone, the rest of the model held (no pooling). "
                            "`shrinkage` sets it beside the BLUP." },
    { "pooled|partial pooling|shrunken|shrink",
      "pooled: the BLUP, a group's estimate drawn toward the whole (partial pooling). `shrinkage` shows it. help pooling" },
    { "complete|overall|complete pooling",
      "overall: the fixed effect, the same for all groups (complete pooling); BLUPs are drawn toward it. help pooling" },
    { "rank|ranks|lowest|highest|of all|league table|pairs|to compare",
      "`shrinkage, rank` gives each group's rank with an interval, and the probabilities to be the lowest and the highest of "
      "all; `shrinkage, pairs` draws intervals that do not overlap where two groups differ (to compare)." },
    { "cook's d|cook|cooks distance|cook's distance|one step|largest move|without level",
      "Cook's D: how far all coefficients move together without the rows of one level, in units of what they are known to. "
      "`diagnose` with influence=GROUP fits the model again without each level, of large models without the farthest few "
      "(refit=N), and shows the largest move "
      "of a coefficient in its standard errors; one step is the same without a fit, of linear models nearly to the digit. "
      "help diagnose" },
    { "against no random effects|no random effects|chibar2|profile interval|log-scale|varcorr interval",
      "The summary tests the fit against the same model without its random effects, by the law of the likelihood ratio that "
      "`compare` takes. Intervals of standard deviations are of the profile, or in large models of the curvature on the scale of "
      "the logarithm (log-scale); `confint` has those of all parameters. help intervals" },
    { "reml|reml criterion|reml crit|restricted likelihood|criterion",
      "REML: restricted maximum likelihood, the default of linear mixed models: variances without the bias that comes from "
      "estimating the fixed effects. The REML criterion is -2 times the restricted log-likelihood; compare it only between "
      "models of the same fixed effects. `compare` fits again by ML where it must. help methods" },
    { "ml|maximum likelihood",
      "ML: maximum likelihood, method=ml of `fit`. Its deviance compares models of different fixed effects. help methods" },
    { "laplace|rungs|rung|agq|pql|nagq|quadrature|nodes|node|largest move (se)|from the last (se)|estimates",
      "How the integral over the random effects is taken: laplace (by its peak and its curvature there), agq (adaptive "
      "quadrature with nodes=K), pql (the oldest, biased). `ladder` "
      "fits with more and more nodes and says how far each estimate moves, in standard errors. help methods" },
    { "prior|penalized|penalty|posterior|posterior mode|mode of the posterior|jeffreys|firth|wishart|cauchy",
      "A prior adds the logarithm of a density to the likelihood (prior=), and the estimates are the mode of the two together: a "
      "penalized fit. help priors" },
    { "is|draws|draw|effective draws|monte carlo error", "A likelihood by draws around the modes (method=is) is known up to its "
                                                         "Monte Carlo error, which more draws make smaller. help "
                                                         "importance" },
    { "loglik|log-likelihood|likelihood|ll", "logLik: the logarithm of the likelihood at the estimates, with all its constants, "
                                             "as R's logLik. `summary` and `compare` show it." },
    { "deviance|deviance to gain|gain", "deviance: -2 logLik. A fit is certified by the deviance that is still to gain at its "
                                        "end. `compare` sets models side by side. help convergence" },
    { "aic|aicc|bic|+aic|delta aic|weight|akaike weight|information criterion|information criteria",
      "AIC = -2 logLik + 2 npar, AICc the same corrected for few rows, BIC = -2 logLik + npar log(rows). Smaller is better, and "
      "only models of the same rows and response compare. `compare` shows all three; +AIC is the distance from the best, weight "
      "the "
      "share exp(-(+AIC)/2) of it among the models compared. help tests" },
    { "simpson|simpson's paradox|paradox|ecological fallacy|ecological",
      "Simpson's paradox: what holds between groups may turn around within them. `decompose x by g` makes the mean of each group "
      "and the distance from it, for which `fit` has a coefficient each; `plot-ascii groups` draws both. help decompose" },
    { "permutation|permute|permutation test|randomization|randomization test",
      "Tests by permutation are not here. `compare m1 m2, boot=N` holds a statistic against its values in data "
      "simulated from the "
      "smaller model, `test` and `contrast` adjust for many questions. help tests" },
    { "hessian|gradient|curvature|score|eigenvalue|max grad|derivative|derivatives",
      "gradient and Hessian: the first and second derivatives of the deviance at the estimates. A fit ends where the gradient is "
      "0 as far as numbers go, and the curvature says how much deviance might still be gained; standard errors are its inverse. "
      "help convergence" },
    { "theta|theta_|getme(theta)|relative covariance factor|cholesky",
      "theta: lme4's parameters, the Cholesky factors of the terms' covariance matrices in units of the residual SD (glmer.nb's "
      "theta is the dispersion of nbinom2). `varcorr` has standard deviations, variances and correlations instead. help "
      "varcorr" },
    { "lambda|lambdat", "lambda: in lme4 the matrix that theta fills; in `scan` there is lambda_GC. `varcorr` shows the "
                        "variances themselves, `icc` their shares. help varcorr" },
    { "noint|no intercept|nocons|noconstant|-1|0 +|suppress the constant",
      "`0 +` leaves the intercept out, as noint of SAS and nocons of Stata: `fit y ~ 0 + x + (0 + x | g)`. help formula" },
    { "preserve|restore data|snapshot|tempfile",
      "Nothing need be preserved: `undo` takes back steps, `load` and `let` keep other data as they are, `use` changes between "
      "them, and `save` writes the session, which `restore` reads. help undo" },
    { "inverse|inverse link|solve|1/mu",
      "inverse: the link 1/mu, link=inverse of `fit`, with gamma responses mostly; the inverse of a link turns a "
      "linear predictor "
      "into a mean, which `predict` and `margins` show. help families" },
    { "journal|logbook|crash|lost|recover",
      "journal: each command is written down before it runs, so that nothing typed is lost; `mixsh --recover` first brings "
      "back a session that was cut off. `history` lists the commands of a session, `record` writes a script of them. help "
      "record" },
    { "batch|non-interactive|script|scripts|rscript|cron|exit status|--version",
      "batch: `mixsh FILE` runs a script, `mixsh < FILE` too: no prompt, pager or color, the same bytes each time. "
      "The exit status "
      "is 0 where all went well, 1 where a command failed. help source" },
    { "encoding|utf-8|utf8|utf-16|latin1|unicode|cp1252|cp1250|umlaut|accents",
      "`load` finds out how the letters of a file are encoded, and says what it takes them for; `encoding=` names another: "
      "utf-8, "
      "latin1, cp1252, cp1250, utf-16, gbk, shift_jis and others. help load" },
    { "csv|tsv|xlsx|sav|dta|sas7bdat|xpt|rds|rdata|sqlite|parquet|excel file|json file",
      "`load` reads texts with separators, Excel's xlsx, and files of Stata (dta), SPSS (sav), SAS (sas7bdat, xpt), R (rds, "
      "RData) "
      "and "
      "SQLite; `write` writes texts, dta and sav. Others, as parquet and JSON, are named, with the way to a CSV. help "
      "files" },
    { "npar|parameters", "npar: how many parameters were estimated: fixed effects, variances, covariances and dispersion, as R's "
                         "attr(logLik, \"df\")." },
    { "df|ddf|degrees of freedom|satterthwaite|kenward-roger|kenward|df_residual|ddfm|den df|z",
      "df: the degrees of freedom of a t or chi-squared. In a linear mixed model those of a coefficient are Satterthwaite's: as "
      "many as the information on its standard error is worth; `set ddf none` takes the normal distribution (z), `set ddf "
      "kenward-roger` "
      "those of Kenward and Roger, with the errors that they adjust for few groups. help intervals" },
    { "p|p-value|pvalue|pr(>|t|)|pr(>chisq)|pr(>chi)|p>|z||chi2|chisq|t|statistic|lr test|lrtest|if the smaller model holds",
      "p: how often chance alone would give a statistic at least as large, were the effect 0 (or the smaller model true). "
      "`summary` tests coefficients by t or z, `compare` models by chi2, twice the difference of their log-likelihoods. help "
      "intervals, help tests" },
    { "interval|95% interval|ci|confidence interval|lower|upper|profile|profile likelihood|zeta|confint.mermod",
      "95% interval: the values that the data do not rule out at that level (`set level 0.9` changes it). `summary` has those "
      "of the fixed effects, `confint` those of all parameters, by the profile of the likelihood, `shrinkage` those of groups, "
      "`margins` and `predict` those of means. help intervals" },
    { "icc|icc adj.|icc obs.|icc obs|icc adj|intraclass correlation|vpc|share|of",
      "ICC: how alike two rows of one group are: the variance between groups over all variance. `icc` shows it, adjusted (given "
      "the fixed effects) and with their variance; `share` in a fit is each component's part of the variance of a "
      "row (averaged over the rows; with a link, on its scale)." },
    { "marker|markers|alone|scan|gwas|manhattan|lambda_gc|inflation|chr|chromosome|position|allele|freq.|frequency|p "
      "without|bonferroni|loco|gemma",
      "marker: a place of the genome at which individuals have 0, 1 or 2 copies of an allele (freq.: how common it is); chr and "
      "position say where. `scan` tests each; p without is the same test as if nobody were related, and lambda_GC the median "
      "chi-squared over what chance gives. help scan" },
    { "design effect|deff",
      "design effect: by how much groups inflate the variance of a mean over that of as many independent rows. `icc` shows it." },
    { "r-squared|rsquared|explained variance|r2 marginal|r2 conditional|variance that is left|r.squaredglmm|performance",
      "R2: the part of the variance that the fixed effects explain (marginal), and they and the groups together (conditional). "
      "`r2` "
      "shows both by each convention that has a name; `icc` gives the shares of the groups. help r2" },
    { "mor|median odds ratio", "MOR: the median odds ratio of two rows that differ in the group alone: a group's variance on the "
                               "scale of odds ratios. `icc` shows "
                               "it for a logit link. help icc" },
    { "estimate|coefficient|coefficients|coef.|fixed effects|fixed|fixef|beta|effect|effects",
      "The fixed effects: what a step of 1 in a predictor adds on the scale of the link (named in the heading), the group's "
      "random effects held. `summary` shows them, `summary, exp` as ratios, `explain` how they are computed." },
    { "std.err.|std. error|std.err|stderr|se|(se)|standard error",
      "Std.Err.: the standard error, how far the estimate would vary from sample to sample. `explain Std.Err.` works it out, "
      "`vcov` has the covariances." },
    { "std.dev.|std.dev|sd|standard deviation|variance|variances|tau|sigma|random effects|residual sd|variance "
      "component|variance components",
      "Std.Dev., Variance: how much an effect varies between the groups (tau), and the residual within them (sigma). A fit "
      "shows them under Random effects; `icc` compares them." },
    { "corr|corr.|correlation|rho|covariance",
      "Corr: the correlation of two random effects of a group, in the order of the rows "
      "above it; 1 or -1 is a fit on the boundary. `vcov` has the covariances of the fixed "
      "effects." },
    { "dispersion|overdispersion|k|phi|alpha|shape",
      "Dispersion: how the response varies beyond its mean: the parameter of nbinom, "
      "beta and Gamma families; a Shape is a further one (tweedie, t). help families; "
      "`diagnose` says whether counts vary more than their family allows." },
    { "fit|verdict|ok|not converged|boundary|singular|convergence|failed to converge",
      "The verdict of a fit: ok, boundary (a variance is estimated as 0, or a correlation as 1) or not converged. help boundary, "
      "help convergence" },
    { "n|rows|row|levels|level|groups|group|trials|most rows|fewest rows",
      "n: the rows that a fit uses, or those of a group; trials: what a binomial response counts. Levels are the values of a "
      "factor, the groups of a grouping factor. `describe` shows them." },
    { "missing|patterns|na|missing values|dropped|drop",
      "missing: values that are not there (an empty field, NA, or those of na= in "
      "`load`). Rows with a missing value in a used column are left out "
      "of a fit, and counted. `describe` shows how many each variable has. help data" },
    { "factor|type|integer|real|logical|as.factor|i.|class|variable|variables|values|name",
      "factor: a variable of names (levels); text columns are factors, and factor(x) in a formula makes one of a number. Other "
      "types are integer, real and logical. `describe` shows them. help contrasts, help data" },
    { "conditional|subject-specific|marginal|population|population-averaged|naive|typical group|typical group's|rule|attenuated",
      "conditional: within one group, its random effects held; marginal: in the mean over all groups. `attenuation` sets the "
      "coefficients side by side, with rules of thumb (rule) and the model without groups (naive); `margins` the means, typical "
      "group and population. help conditional" },
    { "ratio|odds ratio|rate ratio|risk ratio|hazard "
      "ratio|exp|or|irr|eform|exponentiate|difference|contrast|probability|mean",
      "`summary, exp` gives odds ratios, rate ratios, risk ratios or hazard ratios; `margins` differences and ratios of means." },
    { "fitted|residuals|predicted",
      "`fitted` and `residuals` show those of the rows of a fit; `predict` gives means of other rows, with errors." },
    { "rough|rough here|laplace's approximation is rough",
      "rough: Laplace's approximation, or a few nodes, leaves out so much here "
      "that the estimate named would move by 0.05 of its standard error or more: fit again with the nodes in brackets. help "
      "approximation" },
    { "scale|latent", "scale: on which a correlation or a share is measured: of the response, or latent, that of the linear "
                      "predictor, with pi^2/3 as the residual variance of a logit. `icc` names it. help icc" },
    { "standardization|delta method|number needed to treat|nnt|g-computation",
      "standardization: `margins` gives every row a value in turn, the rest of it as it is, and averages what the model "
      "predicts; errors are by the delta method. number needed to treat: 1 over the difference of two probabilities. help "
      "margins" },
    { "identity", "identity: the link that changes nothing: coefficients add up on the scale of the response itself. help "
                  "families" },
    { "lesson|lessons|tour|tours|tutorials|course|demos", "`demo` lists guided tours, which wait at each step. The lessons are "
                                                          "scripts: `mixsh examples/batting.mix` in the source or, "
                                                          "installed, `mixsh share/mixsh/examples/batting.mix` below the prefix; "
                                                          "`replay FILE, step` steps through one. help demo, help "
                                                          "replay" },
    { "offset|exposure", "A known part of the linear predictor: offset= in `fit`. help offset" },
    { "setting|current|default|meaning|figure|value|formula|term|command|of what|data|model|from|to|#|options|option|level_names",
      "A heading of a table: what stands below it. `set` lists settings, `explain` the figures that it knows, `datasets` the "
      "examples, `history` the commands, `summary` the model. help lists all commands" },

    /* --- R ------------------------------------------------------------------------------------------ */
    { "linearhypothesis|linear "
      "hypothesis|glht|multcomp|contest|testlinear|hypothesis|hypotheses|testparm|lincom|equivalence|tost|"
      "noninferiority|non-inferiority|margin",
      "`test` has linear hypotheses about coefficients in words: test Days = 0, test b2 = b3 = 0, test period (all coefficients "
      "of "
      "a term), with F or chi-squared; margin= for equivalence and non-inferiority. help test" },
    { "lmer|lme|lme4|nlme|lmertest|mass",
      "lmer's formulas run unchanged: `fit Reaction ~ Days + (Days | Subject)`; the response is gaussian, by REML. lme's random "
      "= ~ Days | Subject is `(Days | Subject)` in the formula. `summary` has Satterthwaite's tests, as lmerTest. help formula" },
    { "glmer|glmmtmb|glmmpql|glmer.nb|mixed_model|glm|lm|brms|brm|gam|gamm4",
      "Generalized linear mixed models: fit FORMULA, family=binomial (poisson, nbinom2, Gamma, beta, ...). nAGQ is nodes=K with "
      "method=agq. lm and glm are models without (1 | g). help families, help methods" },
    { "drop1|car|anova|wald|type iii|type 3|type ii|type 2|f|num df",
      "`anova` tests each term of a model, all of its coefficients together (type III, II or I). R's anova(m1, m2) of two models "
      "is `compare m1 m2`; single hypotheses are `test`. help anova, help tests" },
    { "emmeans|lsmeans|ls-means|ggeffects|effects package|marginaleffects|marginal means|least squares means|pairs of "
      "means|tukey|dunnett|adjust|pairwise|tukeyhsd",
      "`means VARIABLE` gives estimated marginal means over a balanced grid (emmeans, LSMEANS), `contrast VARIABLE` compares "
      "them, with "
      "Tukey's, Dunnett's and other adjustments. `margins VARIABLE` gives means over the rows as they are (marginaleffects), "
      "with "
      "differences and ratios. help means, help contrast" },
    { "emtrends|simple slopes|johnson-neyman|johnson_neyman|slope|sim_slopes",
      "`slopes VARIABLE by G` gives slopes of a number by the levels of others, and along another number where they differ from "
      "0. help slopes" },
    { "varcorr|getme|component", "The components of variance: standard deviations, variances and correlations of the random "
                                 "effects, in `summary`; `varcorr` "
                                 "has their shares with intervals. `last json` has them at full precision." },
    { "bootmer|boot|parametric bootstrap|replicates|replicate|bias|percentile|refit|simulate.mermod|pbmodcomp|at_limit",
      "`bootstrap` fits the model again to responses drawn from it (R's bootMer): bias, standard error and intervals of every "
      "estimate (at_limit: in how many it is infinite); `confint, method=boot` has the intervals alone. `simulate` makes such "
      "responses variables of a data set." },
    { "dharma|simulateresiduals|testdispersion|testzeroinflation|check_model|performance|influence.me|influence|vif|"
      "cooks.distance|outliers|found|looks|look|bad|distribution|zeros|modes|normality|quantile residuals|diagnostics|check",
      "`diagnose` holds a fit against responses drawn from it (quantile residuals, dispersion, zeros, outliers, as R's DHARMa) "
      "and looks at modes, influence of groups and collinearity; its verdicts are ok, look and bad." },
    { "allfit|log-lik.|bobyqa|subplex|l-bfgs|nlminb|nlopt|optimizer|robustness|variant|moves|largest p|stops above|far",
      "`sensitivity` fits a model again by other optimizers (R's allFit), from other starts, by other methods, links and "
      "families, and without the levels that count most, and shows how far each estimate moves in its standard errors." },
    { "simr|powersim|powercurve|sample size|rows each|mean estimate|fits|powerlmm|longpower",
      "`power` simulates how often a coefficient is found, in a study of this size or of others (R's simr): groups=, size=, "
      "effect=." },
    { "rlrsim|exactrlrt|exactlrt",
      "`compare m0 m1` tests one variance by its law at the size of the data (R's RLRsim) where m0 has no random effects; "
      "boot=N simulates the test between any two." },
    { "coef", "A group's own coefficients, fixed effect plus random effect: the BLUP column of `shrinkage`. `ranef` has the "
              "random effects alone." },
    { "ranef|predict|summary|vcov|logLik|resid",
      "`ranef`, `predict`, `summary`, `vcov`, `fitted` and `residuals` are commands here, with the names of R. help lists all" },
    { "plot|ggplot|dotplot|qqnorm|hist|boxplot|qqmath|graph|twoway|scatter",
      "`plot-ascii KIND` draws into the scrollback: histogram, box, bars, means, scatter, groups, shrinkage, caterpillar, qq, "
      "residuals, "
      "attenuation, partial; `view KIND` fills the screen." },
    { "partial residual|component plus residual|crplot|crplots|termplot|visreg|ggpredict|effect plot|effects",
      "the effect of a term at a row's own values, all else held, plus the row's residual: `plot-ascii partial TERM` draws both. "
      "help predictor" },
    { "save|savehistory|sink|log|load.rdata|export|write|write.csv|saverds",
      "`record FILE` writes a script of the session, `output FILE` copies what is shown (`output FILE, commands` with the "
      "commands), and `last csv FILE` writes the last result. `replay FILE` runs a script again." },
    { "data.frame|str|head|tail|read.csv|read.table|library|import|insheet|view data",
      "`load FILE` reads a table, `describe` shows its variables, `head` its rows, `view data` all of it. help data" },
    { "relevel|reference level|ref|contrasts|contr.sum|contr.treatment|effect coding|dummy",
      "The first level of a factor is its reference; relevel(f, \"b\") in a formula takes another one. contrasts=sum, helmert or "
      "poly codes otherwise. help contrasts" },
    { "cbind|successes|failures|binomial response",
      "cbind(successes, failures) ~ ..., or a proportion with trials=, is a binomial response. help families" },

    /* --- kinds of models, and words of other programs ----------------------------------------------- */
    { "zero inflation|zero-inflation|zero "
      "inflated|zero-inflated|zero_inflated|zeroinfl|zip|zinb|ziformula|pscl|hurdle|hurdles|structural "
      "zero|structural zeros|extra zero|extra zeros",
      "zi=FORMULA of `fit` gives the zeros of a count a predictor of their own: zi=~1 adds one share of zeros for all rows (zero "
      "inflation); with a truncated family all zeros are its own (a hurdle). `predict, type=zero` shows the share. help zi" },
    { "dispformula|dispersion model|heteroscedastic|heteroscedasticity|heteroskedastic|heteroskedasticity|varident",
      "disp=FORMULA of `fit` lets the logarithm of the dispersion depend on predictors; residual=diag(f) gives each level of f a "
      "residual standard deviation. help disp, help structures" },
    { "kinship|relatedness|relatives|pedigree|grm|genomic relationship|animal model|heritability|breeding value|breeding "
      "values|tree|near|phylogeny|phylogenetic|asreml|mcmcglmm|pedigreemm|lme4qtl|additive",
      "`matrix A = pedigree(DATA, id, sire, dam)` (or tree(), markers(), a file) says how individuals are related, and (1 | id, "
      "K = A) is the model of their values: the animal model. `varcorr` has the heritability. help matrix, help structures" },
    { "autoregressive|ar1|ar(1)|autocorrelation|compound|longitudinal|toeplitz|toep|unstructured|compound "
      "symmetry|spatial|matern|mmrm|repeated|repeated "
      "measures|repeated statement|gls|covariance structure|correlation structure|corar1|corcompsymm",
      "A name around a random term says how its effects covary, as ar1(0 + t | g); residual=us(t | id) is the MMRM of trials, "
      "residual=ar1(t | id) what R's gls and SAS's REPEATED fit. help structures" },
    { "family|link|logit|probit|cloglog|cauchit|poisson|binomial|gamma|inverse gaussian|inverse.gaussian|negative "
      "binomial|nbinom|nbinom1|nbinom2|nbreg|tweedie|lognormal|genpois|compois|ordbeta|underdispersion|under-dispersion|over-"
      "dispersion",
      "family= says how the response varies about its mean, link= the scale on which predictors add up: family=poisson, "
      "family=binomial link=probit. Counts that vary more than Poisson's: nbinom2. help families" },
    { "glmm|lmm|hlm|mlm|multilevel|hierarchical|mixed model|mixed models|mixed-effects|random|random intercept|random "
      "slope|random slopes|crossed|nested|intercept|(intercept)",
      "(1 | g) is a random intercept of each level of g, (x | g) a random slope as well; (1 | a/b) nests b in a, (1 | a) + (1 | "
      "b) are crossed; 0 + leaves the intercept out. help formula" },
    { "weights|pweight|aweight|fweight|survey weights",
      "weights= of `fit` are prior weights: the variance is sigma^2 / weight, a binomial row counts so many trials, in averages "
      "too if they are whole. `margins` takes weights= of a survey for its averages. help fit" },
    { "center|centering|centered|centred|group mean centering|standardize|within-group|between-group|contextual effect",
      "`let x0 = x - mean(x)` centres a number, scale(x) in a formula standardizes it; `decompose x by g` makes the groups' "
      "means and the deviations from them. help causality" },
    { "treatment|treatment coding|helmert|deviation coding|sum coding|reference|interaction|interactions",
      "A factor enters by contrasts with its first level, the reference (`factor f, ref=LEVEL` changes it; contrasts=sum or "
      "helmert codes otherwise); a * b has both and their interaction a:b. help contrasts, help formula" },
    { "spline|splines|smooth|i|poly|polynomial|quadratic|ns|bs|natural spline|cubic",
      "poly(x, 2) in a formula is a curve of second degree, I(x^2) the square alone; ns(x, 3) is a natural cubic spline of 3 "
      "columns, straight beyond the data, bs(x, 5) a B-spline. Smooth terms whose bend is estimated (s() of mgcv) are not "
      "offered. help formula" },
    { "not identified|not estimable|not determined|nan|na in output|dash",
      "A dash stands where these data determine no number: the note below says which, and why. help identified (variances), help "
      "contrasts (empty cells)" },
    { "inf|-inf|infinite|infinity", "Inf, -Inf: an estimate that is infinite, because a level or a combination of predictors "
                                    "tells responses apart without error. It has no error and no test. help separation" },
    { "gvif|collinearity|multicollinearity", "GVIF^(1/df): how many times larger the squared error of a term is for its "
                                             "correlation with the others. `diagnose` shows the largest." },
    { "robust|cluster|clusters|clustered|qicu|mancl|kauermann|exchangeable|working correlation",
      "`gee FORMULA, id=VAR` has robust (sandwich) errors of the clusters of VAR; se=mancl or kauermann corrects them where "
      "clusters are few. help gee" },
    { "issingular|rankmatrix|repca|nelder-mead|optimx|lmercontrol|glmercontrol",
      "There is no optimizer to choose: the verdict of each fit says whether its optimum is certified, at a boundary, or not "
      "identified. help convergence, help boundary" },
    { "pbkrtest|lmtest", "`set ddf kenward-roger` and `compare, boot=N` are pbkrtest's KRmodcomp and PBmodcomp. help tests" },
    { "newdata|re.form|expand.grid|ggpredict|predictinterval|mertools",
      "`predict, data=NAME` predicts for the rows of another table, at=\"x=1,2, g=a\" for a grid; re=typical is R's re.form = "
      "NA. `means` and `margins` average. help predict" },
    { "broom|tidy|modelsummary|stargazer|texreg|sjplot|outreg|esttab",
      "`table m1 m2` sets models side by side, `last latex FILE` (markdown, html, csv) writes it for a document. help table" },
    { "outlier|leverage|hatvalues|qqplot|qq|q-q|jackknife|leave one out",
      "`diagnose` looks for outliers and influential levels (influence=GROUP shows how the fit moves without each); `plot-ascii "
      "qq` draws the "
      "residuals' quantiles. help diagnose" },
    { "blmer|bglmer|blme|bayes|bayesian|mcmc|stan|waic|loo|credible interval",
      "No samples of a posterior are drawn: prior= adds the logarithm of "
      "a density, and the estimates are its mode. help priors" },
    { "multinomial|survival|cox|coxme|cross validation|cross-validation",
      "Not offered: unordered categories, survival times and cross-validation. Ordered categories are family=cumulative. help "
      "families" },
    { "na.omit|na.action|complete cases|listwise deletion|listwise",
      "Rows in which a variable of the model is missing are left out, and the summary says how many; `missing` shows where they "
      "are. help data" },
    { "collapse|tabstat|ddply|summarise|group_by",
      "`aggregate` makes a table of groups with means, counts and others. help aggregate" },
    { "encode|destring|decode|as.numeric",
      "`factor x` makes categories of a variable, `number x` numbers of a text. help factor, help number" },
    { "tab|xtabs|crosstab|up to it",
      "`tabulate f g` counts the rows of each level, and of one factor those up to it. help tabulate" },
    { "summarize|su|codebook|skim", "`describe` shows each variable, `summary` a fitted model. help describe" },
    { "by|bysort|xtset|subject=",
      "Groups stand in the formula: (1 | g). `where` keeps rows, and means, margins and aggregate take by=. help formula" },
    { "xtpoisson|gsem|xtnbreg",
      "Stata's `xtpoisson y x, re normal` is `fit y ~ x + (1 | g), family=poisson`. help formula, help families" },
    { "pwcompare", "`contrast f` compares all levels of a factor in pairs, adjusted after Tukey. help contrast" },
    { "covtest|ranova", "`compare m1 m2` tests a variance (half chi-squared where it is at 0), and each summary that of all "
                        "random effects. help tests" },

    /* --- more of what output prints, and of other programs' verbs ------------------------------------ */
    { "residual|residual=|correlated residuals|serial correlation",
      "Residual: what varies between the rows of a group (sigma), under Random effects; `residuals` has each row's. The option "
      "residual=ar1(t | id) of `fit` and `model` says how residuals covary, residual=diag(f) that they vary more in some levels. "
      "help structures" },
    { "odds|log-odds|log odds|log mean|exp(estimate)|rate ratio|response|typical|typical group",
      "Coefficients stand on the scale of the link, named in the heading: log-odds, the log of a mean. `summary, exp` has "
      "ratios, "
      "`margins` and `predict` give probabilities and counts. typical: of a group whose random effects are 0. help conditional" },
    { "likelihood-ratio tests|lrt|conservative|chi-squared|alternative|null|mixture|expected|num_df|den_df|hausman|xttest0",
      "A test's statistic, its degrees of freedom and p; `mixture`: half a chi-squared, where a variance stands at its boundary; "
      "conservative: several variances at theirs, whose law is not known, so that p is too large rather than too small. "
      "`compare` tests models, `test` coefficients. Hausman's question is answered by `decompose`. help tests, help causality" },
    { "least|most|lowest|highest|p_lowest|p_highest|rank|ranks|shrunk|turned",
      "lowest, highest: how often a level is the first or the last of all in draws from what is known of it. `shrinkage, rank` "
      "is "
      "the league table. help pooling" },
    { "structure|structures|parameter|type=|cov|cov(",
      "A structure says how effects or residuals covary: us, diag, cs, ar1, toep, mat. SAS's type=un is the default of "
      "`(x | g)`, type=vc is `(x || g)`, type=ar(1) is `ar1(0 + t | g)`. help structures" },
    { "adds|with "
      "intervals|min|max|method|nnt|fmi|count|columns|kind|key|size|used|reason|drift|move|moved|simulated|wave|nobs|step",
      "A column of a result; the help of the command that printed it says what it holds, `explain` works a number out, and `last "
      "json` has all of them by name. help explain" },
    { "aov|t.test|wilcox.test|t-test|manova|shapiro|levene|chi-square|cohen|kappa|chisq.test|cor|cor.test|ttest|ranksum|nls|"
      "nlmer|gam|gamm|mgcv|multinom|lqmm|rlmer|robustlmm|"
      "coxph|"
      "frailty|mestreg|metobit|survreg|kruskal.test",
      "No command of that name: what is here are linear and generalized linear models with or without groups. A t test is `fit y "
      "~ "
      "f`, a paired one `fit y ~ f + (1 | id)`, aov's strata are random terms, a correlation stands below `plot-ascii scatter`. "
      "help "
      "formula" },
    { "imputation|riv|increase in variance|fraction missing|missing information|barnard-rubin|stacked|D4|D1|mice|mi|mi "
      "estimate|pool|mi impute|proc mianalyze|mianalyze|multiple imputation",
      "Data imputed elsewhere (mice's long format, Stata's flong) are loaded by `load FILE, imputation=VAR`, and each model is "
      "pooled by Rubin's rules. help imputed" },
    { "update|terms|model.matrix|add1|stepwise|stepaic|dredge|mumin|model selection",
      "A model is stated anew by its formula: `fit m2 = y ~ x + z + (1 | g)`, and `compare m1 m2` tests what it adds; `anova` "
      "tests each term. Models are not searched by themselves. help compare" },
    { "function|expression|operator|built-in", "Expressions stand behind `let NAME =`, behind `where` and in formulas; their "
                                               "operators and functions are those of R, as far as "
                                               "there are some: help let lists them." },
    { "generate|gen|egen|replace|compute|execute|recode|mutate|transform|within|sqrt|ifelse|if_else|cut|quantile|is.na|round|abs",
      "`let NAME = EXPRESSION` makes or changes a variable, with functions as R's (log, sqrt, ifelse, cut, is.na, mean(x) by g). "
      "help let" },
    { "if|in|filter|subset|dplyr|tidyr|select|arrange|droplevels|complete.cases|order|gsort",
      "`where CONDITION` keeps rows (also an option of `fit`), `keep` and `drop` variables, `sort` orders, `factor` has levels. "
      "help where" },
    { "join|left_join|inner_join|bind_rows|rbind|append|merge|bind_cols",
      "`merge NAME by KEY` joins another data set, `append NAME` puts its rows below. help merge" },
    { "melt|cast|dcast|pivot_longer|pivot_wider|gather|spread|reshape",
      "`reshape` makes long tables of wide ones and back. help reshape" },
    { "tapply|by_group|tab1|tab2|tab_model|sum|names|list|lines|print|view|glimpse|browse|ls|tibble|readr|read_csv|read_excel|"
      "readrds|haven|"
      "infile|use data|xls|get|dataframe|dataframes|csv.read|freq|frequencies|descriptives|univariate|crosstabs|dir",
      "`load` reads tables (csv, xlsx, dta, sav and others), `describe`, `head`, `tabulate` and `view data` show them, "
      "`aggregate` "
      "has means of groups. help data" },
    { "set.seed|setwd|getwd|cd|pwd|rm|install.packages|require|using|options|package|packages",
      "`set seed N` begins the random numbers; files are named by their path from where mixsh was started; nothing is to be "
      "installed or loaded. help settings" },
    { "run|do|include|foreach|for|forvalues|while|program|macro",
      "`source FILE` runs a script, `source FILE, NAME=VALUE` with values for its names; there are no loops. help source" },
    { "clear|clear all", "Nothing is to be cleared: `load` takes the place of data of that name, `undo` takes back a step, and "
                         "`quit` and a new start "
                         "forget all. help load" },
    { "version|about|info|license|citation|sessioninfo",
      "mixsh --version, typed where mixsh is started, has the version, the licence and what is in; man mixsh is the manual." },
    { "regress|reg|logistic|unianova",
      "A model without groups has a formula without them: `fit y ~ x`, `fit y ~ x, family=binomial`. help formula" },
    { "label|value labels|label variable|label values",
      "`factor x, labels=` gives levels their names, `rename` variables theirs. help factor" },
    { "q|quit()|exit()|bye|stop", "`quit`, `exit`, q or Ctrl-D leave. help quit" },
    { "apropos|help|--help|-h|example|examples|vignette|manual|??|man|tutorial",
      "`help` lists commands and topics, `help fit 1` runs an example, `demo` is a tour, and mixsh(1) the manual. help start" },
    { "knitr|rmarkdown|markdown|capture.output|ods|outsheet|png|pdf|ggsave|svg|dput|save.image|picture",
      "`last markdown FILE` (latex, html, csv, svg) writes the last result, `output FILE` copies all that is shown, `report` "
      "makes a document, `save` keeps the session. help formats" },
    { "ggplot2|lattice|abline|barplot|par|legend|coefplot|marginsplot|funnel|pirateplot",
      "`plot-ascii KIND` draws in text, `file=NAME.svg` as a picture for a page. help plot-ascii" },
    { "glance|augment|df.residual|r2_nakagawa|check_overdispersion|check_singularity",
      "`summary` has what glance shows, `fitted` and `residuals` what augment adds, `r2` Nakagawa's R2, `diagnose` checks "
      "dispersion and zeros. help summary" },
    { "glm.nb|quasipoisson|quasibinomial|betareg|countreg|glmmml|hglm|inla|rstanarm|stan_glmer|mecloglog|meologit|megamma|ologit|"
      "oprobit|xtprobit|"
      "genmod|mixcat|family_params",
      "family= and link= of `fit`: nbinom2 for glm.nb, beta for betareg, cumulative for ologit and meologit, link=cloglog or "
      "probit; "
      "a quasi family's errors come from `gee`, or a family with a dispersion. help families" },
    { "refitml|krmodcomp|nelder_mead|bobyqa|kr|satterth|ddfm=|solution|cl|contr.|contr.helmert|contr.poly|slice|adjust=|"
      "cld|svy|svyset|"
      "varpower|corsymm|escalc|pwr|vce|vce(|coef_test|clubsandwich|group=",
      "fit, method=ml is refitML; `set ddf` chooses Satterthwaite or Kenward-Roger; summaries have solution and cl by "
      "themselves; "
      "contrasts= codes factors; `contrast` adjusts; `gee` has cluster-robust errors; weights= of `margins` are those of a "
      "survey; "
      "`power` plans. help tests, help contrasts" },

    /* --- Stata and SAS -------------------------------------------------------------------------------- */
    { "mixed|xtmixed|xtreg|reghdfe|felm|feols|fixest",
      "Stata's `mixed y x || g: x, cov(un)` is `fit y ~ x + (x | g)`; without cov(un) it is `(x || g)`. "
      "Stata's default is ML, ours REML: method=ml. help formula" },
    { "meglm|melogit|mepoisson|menbreg|meprobit|xtlogit|xtmelogit|xtmepoisson|gllamm",
      "Stata's `melogit y x || g:, intpoints(7)` is `fit y ~ x + (1 | g), family=binomial method=agq nodes=7`; mepoisson is "
      "family=poisson." },
    { "meta|metafor|rma|rma.glmm|metan|metaprop|meta-analysis|forest|forest plot|tau|i2|heterogeneity|prediction interval|um.fs|"
      "um.rs|cm.el|cm.al|pooled|treated|in the model|log odds ratio|log rate ratio|own|study|studies|control|lrt of tau = "
      "0|variance of effects",
      "`meta EVENTS N, arm=VAR study=VAR` pools studies of two arms in one mixed model (metafor's rma.glmm), without corrections "
      "for zeros: tau is the SD of the studies' effects, I2 its share of what a typical study's effect varies; "
      "`plot-ascii forest` draws the last one." },
    { "gee|geeglm|geepack|xtgee|gee pack|estimating equations|population-averaged|qic|sandwich|robust errors|geesmv",
      "`gee FORMULA, id=VAR` fits population-averaged models by generalized estimating equations, with geepack's estimators "
      "(R's geeglm, Stata's xtgee, SAS's GENMOD with REPEATED): corr=, wave=, robust (sandwich) errors, QIC. `attenuation` sets "
      "them beside a mixed model." },
    { "proc mixed|proc glimmix|proc nlmixed|proc genmod|proc|glimmix|nlmixed|random statement|sas|lsmeans statement",
      "PROC MIXED's MODEL y = x and RANDOM INTERCEPT x / SUBJECT=g TYPE=UN are `fit y ~ x + (x | g)`; PROC GLIMMIX's DIST= and "
      "LINK= are family= and link=, METHOD=QUAD(QPOINTS=7) is method=agq nodes=7. LSMEANS: `margins`; ESTIMATE: `predict, at=`. "
      "help formula, help families" },
    { "estat|estimates store|lincom|testparm|nlcom|estat icc|predict reffects",
      "Each fit keeps its name (m1, m2, ...): `compare m1 m2` tests them, `icc` is estat icc, `ranef` predicts the random "
      "effects." },
    { "r|stata|spss|julia|mixedmodels|python|statsmodels", "Formulas are those of R's lme4. help lmer, help mixed and help "
                                                           "glimmix say how models of R, Stata and SAS are written here." },
    { NULL, NULL },
};

/* True where one of the words between `|` is that text.  A word may hold a `|` of its own (Pr(>|t|)), so places, not pieces, are
 * compared. */
static bool has_word(const char *words, const char *text, size_t length)
{
    for (const char *at = words; *at != '\0'; at++)
        if ((at == words || at[-1] == '|') && strncasecmp(at, text, length) == 0 && (at[length] == '|' || at[length] == '\0'))
            return true;
    return false;
}

static const struct glossary_entry *find(const char *text, size_t length)
{
    while (length > 1 && strchr(":,", text[length - 1]) != NULL)
        length--;
    for (const struct glossary_entry *entry = glossary; length > 0 && entry->words != NULL; entry++)
        if (has_word(entry->words, text, length))
            return entry;
    return length > 4 && (text[length - 1] == 's' || text[length - 1] == 'S') ? find(text, length - 1) : NULL; /* of several */
}

/* The phrase without what only a program writes: `odds_ratio` is odds ratio, `I(x)` and `type=un` begin with a word of their
 * own.  False where nothing is to be left out, or the buffer is too small. */
static bool simplify(const char *phrase, char *buffer, size_t size)
{
    size_t length = strcspn(phrase, "(=");

    if (length == 0 || length >= size || (phrase[length] == '\0' && strchr(phrase, '_') == NULL))
        return false;
    for (size_t i = 0; i < length; i++)
        buffer[i] = phrase[i] == '_' ? ' ' : phrase[i];
    buffer[length] = '\0';
    return true;
}

static const struct glossary_entry *find_words(const char *phrase)
{
    const struct glossary_entry *entry = find(phrase, strlen(phrase));

    for (size_t length; entry == NULL && *phrase != '\0'; phrase += length + strspn(phrase + length, " ")) {
        length = strcspn(phrase, " ");
        entry = find(phrase, length);
    }
    return entry;
}

const struct glossary_entry *glossary_find(const char *phrase)
{
    const struct glossary_entry *entry = find_words(phrase);
    char plain[80];

    return entry == NULL && simplify(phrase, plain, sizeof plain) ? find_words(plain) : entry;
}

void glossary_offer(struct suggest *suggest)
{
    for (const struct glossary_entry *entry = glossary; entry->words != NULL; entry++) {
        char word[80];

        for (const char *at = entry->words; *at != '\0';) {
            size_t length = strcspn(at, "|");

            if (length < sizeof word) {
                memcpy(word, at, length);
                word[length] = '\0';
                suggest_offer(suggest, word);
            }
            at += length + (at[length] == '|');
        }
    }
}
