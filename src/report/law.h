/* law.h -- the law of a likelihood ratio under the smaller model, in words and in JSON. */
#ifndef REPORT_LAW_H
#define REPORT_LAW_H

#include "infer/compare.h"
#include "result/value.h"

/* "chi2(1)", "0.5 chi2(0) + 0.5 chi2(1)"; the arena's. */
const char *lrt_law(struct arena *arena, const struct lrt *lrt);

/* "chisq", "mixture", "conservative", "none". */
const char *lrt_reference_name(enum lrt_reference reference);

/* JSON `mixture[{df weight}]`; null where there is none. */
struct value *lrt_mixture(struct arena *arena, const struct lrt *lrt);

/* JSON `{chisq df p reference mixture}`; null where there is no test. */
struct value *lrt_value(struct arena *arena, const struct lrt *lrt);

#endif
