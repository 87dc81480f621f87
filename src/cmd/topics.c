/* topics.c -- the concept pages of `help`: text only.  A page fits one screen. */
#include "cmd/topics.h"

#include <stddef.h>

const struct topic topics[] = {
    { "scripts", "Scripts and sessions",
      "A script is a file of commands, one to a line or separated by `;`. `#` begins a comment. A line that ends in `\\`, or inside `(`, `{` or a "
      "quote, goes on in the next.\n\n"
      "    mixsh lesson.mix              run it\n"
      "    mixsh -i lesson.mix           run it, then the prompt\n"
      "    mixsh -e 'load sleepstudy'    run a text\n"
      "    record lesson.mix             write one from what was and will be typed\n"
      "    replay lesson.mix, step       run it within a session, step by step\n\n"
      "A script stops at its first error; `try COMMAND` goes on. Exit status: 0 all well, 1 a command failed, 2 usage or syntax, 3 file, 4 a "
      "replay differs, 130 interrupted." },
    { "formula", "Formulas",
      "`response ~ fixed effects + (effects | group)`, in the notation of R and lme4.\n\n"
      "    x + f                 a number and a factor: each its own effect\n"
      "    x * f   x:f           with their interaction; the interaction alone\n"
      "    (a + b + c)^2         all main effects and interactions of two\n"
      "    0 +   - 1             without the intercept; - term drops a term\n"
      "    I(x^2)  log(x)        arithmetic and functions of variables\n"
      "    poly(x, 2)  factor(x) polynomials; a number as a factor\n"
      "    offset(log(t))        a known part of the linear predictor\n\n"
      "    (1 | g)               an intercept for each level of g\n"
      "    (x | g)               an intercept and a slope, and their correlation\n"
      "    (x || g)              the same, uncorrelated\n"
      "    (0 + x | g)           a slope alone\n"
      "    (1 | a/b)             b within a: (1 | a) + (1 | b:a)\n"
      "    (1 | a) + (1 | b)     crossed groups\n\n"
      "Factors use treatment contrasts: the first level is the reference, and a coefficient is named `period2`. Columns that are combinations of "
      "others are dropped, rows with a missing value are left out; `model` says which." },
    { "boundary", "A fit on the boundary",
      "`fit: boundary` means that the best estimate of a variance is 0, or of a correlation 1 or -1. It is a result, not a failure: the optimum is "
      "certified as in any other fit, and the other estimates can be used.\n\n"
      "It means that the data show no more variation between the groups than the residual alone would make. Common causes: few groups, few rows a group, "
      "or more random effects than the design can tell apart. A variance of 0 does not show that the groups are alike: with few groups "
      "it is often estimated as 0 although it is not.\n\n"
      "What to do: drop the effect that is named, or make it uncorrelated, `(x || g)`, and `compare` the two models; or keep it where the design of "
      "the study asks for it. lme4 calls such a fit singular." },
    { "singular", "A singular fit",
      "lme4's word for a fit on the boundary: some combination of the random effects has variance 0. `help boundary` says what it means and what to do." },
    { "convergence", "A fit that did not converge",
      "Every fit is certified: at the end the deviance that is still to gain is computed from the exact gradient and curvature. `fit: not converged` means that it is "
      "more than tol (1e-8), so that the estimates may still move.\n\n"
      "What to do: simplify the random effects; centre and scale predictors of very different sizes; look for a group or a cell with hardly any rows. "
      "`summary` shows how much is still to gain." },
    { "intervals", "Tests and intervals of fixed effects",
      "In a linear mixed model the tests use t with Satterthwaite's degrees of freedom: as many as the information on the standard error is worth. "
      "They are few where an effect is estimated between groups, and there are few groups. `set ddf none` uses the normal distribution; "
      "`set level 0.9` changes the intervals.\n\n"
      "To test several coefficients at once, or a random effect, `compare` two models." },
    { NULL, NULL, NULL }
};
