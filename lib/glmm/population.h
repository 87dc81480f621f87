/* glmm/population.h -- population-averaged coefficients and models.  Part of <glmm.h>. */
#ifndef GLMM_POPULATION_H
#define GLMM_POPULATION_H

#include <stdbool.h>

#include "glmm/fit.h"

#ifdef __cplusplus
extern "C" {
#endif

struct glmm_attenuation;

/* Conditional coefficients beside those of the population's mean.  Returns new; GLMM_E_MODEL without random effects. */
struct glmm_attenuation *glmm_attenuation_new(const struct glmm_fit *fit, const struct glmm_progress *progress,
                                              struct glmm_error *err);
void glmm_attenuation_free(struct glmm_attenuation *attenuation);

struct glmm_attenuated {
    const char *name;
    double conditional, se, marginal, marginal_se; /* NaN where it does not exist */
    double naive, naive_se;                        /* of the model without its random terms; NaN where it has none */
};
bool glmm_attenuation_get(const struct glmm_attenuation *attenuation, int index, struct glmm_attenuated *out);

/* --- population-averaged models: estimating equations ------------------------------------------------------------------ */

struct glmm_gee;
enum glmm_correlation { GLMM_INDEPENDENCE, GLMM_EXCHANGEABLE, GLMM_AR1, GLMM_UNSTRUCTURED };

/* Of a model without random effects; the rows with one value of the variable `id` are a cluster, `wave` (NULL: they stand in
 * order) says when a row was seen.  Returns new; the model must outlive it.  Errors name "id", "wave" or "corr"; GLMM_E_MODEL
 * where the equations have no finite solution. */
struct glmm_gee *glmm_gee_new(const struct glmm_model *model, const char *id, const char *wave, enum glmm_correlation corr,
                              const struct glmm_progress *progress, struct glmm_error *err);
void glmm_gee_free(struct glmm_gee *gee);

struct glmm_gee_coefficient {
    const char *name; /* borrowed */
    double estimate;
    double sandwich, mancl, kauermann, naive; /* standard errors; NaN where there is none */
};
bool glmm_gee_get(const struct glmm_gee *gee, int index, struct glmm_gee_coefficient *out);

struct glmm_gee_facts {
    int clusters, correlations;
    double dispersion, qic; /* NaN for a family without quasi-likelihood */
};
bool glmm_gee_facts(const struct glmm_gee *gee, struct glmm_gee_facts *out);
/* Correlation number `index`: one, or those of all pairs of waves; NaN for a pair that no cluster has. */
double glmm_gee_correlation(const struct glmm_gee *gee, int index);

#ifdef __cplusplus
}
#endif

#endif
