/* toep.h -- correlations by lags alone, of any partial correlations (structure.c has the formula). */
#ifndef MODEL_TOEP_H
#define MODEL_TOEP_H

/* C (k x k) of the k - 1 angles of partial correlations. */
void toep_fill(int k, const double par[], double C[]);

/* out[i] := sum_ab slopes_ab dC_ab/dpar_i, in k^2 multiplications; out is 0 before, `slopes` behind it, where it works. */
void toep_pull_back(int k, const double par[], const double C[], double slopes[], double out[]);

/* r := the correlations of lags 1 .. count; with v their derivatives as the angles go along it (NULL: not wanted).  room: 2
 * count. */
void toep_lags(int count, const double par[], const double v[], double r[], double along[], double room[]);

/* The correlation of lag i + 1, which hangs on angles 0 .. i, and its slopes in these (NULL: not wanted).  room: LAW_ROOM
 * (structure.h) for each of them. */
double toep_lag(const double par[], int i, double room[], double slopes[]);

#endif
