/* curves-models.h -- the models whose curves are looked at, and lines that fit their width. */
#ifndef TESTS_CURVES_MODELS_H
#define TESTS_CURVES_MODELS_H

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "model/family.h"

static const char cows[] = "load cbpp; fit m1 = cbind(incidence, size - incidence) ~ period + (1 | herd), family=binomial";
static const char cows_sum[] =
    "load cbpp; fit m1 = cbind(incidence, size - incidence) ~ period + (1 | herd), family=binomial contrasts=sum";
static const char nails[] =
    "load toenail; fit m1 = outcome ~ treatment * time + (1 | patientID), family=binomial method=agq nodes=9";
static const char bacteria[] = "load bacteria; fit m1 = y ~ trt + wk2 + (1 | ID), family=binomial";
static const char epil[] = "load epil; fit m1 = y ~ trt * lbase + log(age) + V4 + (1 | subject), family=poisson";
static const char slopes[] = "load toenail; fit m1 = outcome ~ treatment + time + (1 + time | patientID), family=binomial";
static const char many[] = "load sleepstudy; fit m1 = Reaction ~ Subject + (1 | Days)";
static const char items[] = "load cake; fit m1 = angle ~ recipe * factor(temp) + (1 | replicate), family=Gamma link=log";

static const int widths[] = { 40, 60, 80, 120, 250 };
enum { WIDTHS = sizeof widths / sizeof widths[0] };

static inline void check_lines(const char *text, int width, enum charset charset)
{
    for (const char *at = text; *at != '\0';) {
        size_t bytes = strcspn(at, "\n");

        cr_expect_leq(utf8_width_n(at, bytes), width, "%.*s", (int)bytes, at);
        cr_expect(bytes == 0 || at[bytes - 1] != ' ', "%.*s", (int)bytes, at);
        for (size_t i = 0; charset == CHARSET_ASCII && i < bytes; i++)
            cr_expect(at[i] >= ' ' && at[i] < 0x7f, "%.*s", (int)bytes, at);
        at += bytes + (at[bytes] != '\0');
    }
}

#endif
