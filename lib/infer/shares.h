/* shares.h -- each component's share of the variance of a linear mixed model of one or two random intercepts (heritability;
 * lineage against neighbourhood): its likelihood over the simplex of shares.  Their intervals are in share-profile.h.
 *
 * With r the residuals' share, theta_t = sqrt(share_t / r): the criterion, sigma and the coefficients profiled out, is a function
 * of the shares.  The variance of a term with K is that of a level with K(l, l) = 1. */
#ifndef INFER_SHARES_H
#define INFER_SHARES_H

#include "fit/fit.h"

enum { SHARES_TERMS = 2 };

struct shares;

/* Whether the likelihood is of such shares; an error says why not. */
bool shares_takes(const struct fit *fit, struct glmm_error *err);

/* Returns new; the fit is borrowed.  shares_free takes NULL. */
struct shares *shares_new(const struct fit *fit, const struct glmm_progress *progress, struct glmm_error *err);
void shares_free(struct shares *s);

/* Terms, and behind them the residuals. */
int shares_count(const struct shares *s);
double shares_estimate(const struct shares *s, int component);

/* The criterion above its optimum where the terms have these shares; infinite where there is none. */
double shares_rise(struct shares *s, const double share[]);

/* How far the criterion rises to the edge of the region that holds all shares together with this probability: the quantile of
 * chi^2(terms). */
double shares_limit(const struct shares *s, double level);

#endif
