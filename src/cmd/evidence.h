/* evidence.h -- what `compare` says beyond its tables: laws that were simulated, and AIC in a sentence. */
#ifndef CMD_EVIDENCE_H
#define CMD_EVIDENCE_H

#include "infer/comparison.h"
#include "result/result.h"

/* JSON `simulated[{law p error draws}]` of test i: law "exact" or "boot"; empty where nothing was simulated. */
struct value *simulated_value(struct arena *arena, const struct comparison *c, int i);

/* Why a fit's log-likelihood is no maximum, behind its name: "has not converged"; "" where it is one. */
const char *no_maximum(const struct fit *fit);

/* The simulated p-values, and the evidence by AIC. */
void evidence_lines(struct result *result, const struct comparison *c);

#endif
