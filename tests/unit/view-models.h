/* view-models.h -- the models whose views are opened. */
#ifndef TESTS_VIEW_MODELS_H
#define TESTS_VIEW_MODELS_H

#include <criterion/criterion.h>

static const char batch[] = "load dyestuff; fit m1 = Yield ~ 1 + (1 | Batch)";
static const char sleep[] = "load sleepstudy; fit m1 = Reaction ~ Days + (Days | Subject)";
static const char crossed[] = "load penicillin; fit m1 = diameter ~ 1 + (1 | plate) + (1 | sample)";
static const char counts[] =
    "load cbpp; fit m1 = cbind(incidence, size - incidence) ~ factor(period) + (1 | herd), family=binomial";
static const char random_slopes[] = "load epil; fit m1 = y ~ trt * lbase + V4 + (1 + V4 | subject), family=poisson";
static const char levels[] = "load sleepstudy; fit m1 = Reaction ~ Subject + (1 | Days)";
static const char none[] = "load dyestuff2; fit m1 = Yield ~ 1 + (1 | Batch)";

#endif
