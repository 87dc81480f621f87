/* toep.h -- correlations by lags alone, of any partial correlations (structure.c has the formula). */
#ifndef MODEL_TOEP_H
#define MODEL_TOEP_H

/* C (k x k) of the k - 1 angles of partial correlations. */
void toep_fill(int k, const double par[], double C[]);

/* out[i] := sum_ab slopes_ab dC_ab/dpar_i, in k^2 multiplications; out is 0 before, `slopes` behind it, where it works. */
void toep_pull_back(int k, const double par[], const double C[], double slopes[], double out[]);

#endif
