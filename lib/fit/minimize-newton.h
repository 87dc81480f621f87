/* minimize-newton.h -- the part of minimize.h with second derivatives. */
#ifndef FIT_MINIMIZE_NEWTON_H
#define FIT_MINIMIZE_NEWTON_H

#include "fit/minimize.h"

struct newton;

struct newton *newton_new(int n);
void newton_free(struct newton *w);
struct minimize_report newton_minimize(struct newton *w, const struct minimize_problem *problem, double x[], double gradient[]);

#endif
