/* figures.h -- the numbers that results show of fitted models, each known by its kind and what it is of, and explained from
 * the fit. */
#ifndef CMD_FIGURES_H
#define CMD_FIGURES_H

#include "base/text.h"
#include "infer/comparison.h"
#include "infer/icc.h"
#include "infer/shrinkage.h"
#include "session/session.h"

enum figure_kind {
    FIGURE_ESTIMATE,
    FIGURE_SE,
    FIGURE_STATISTIC,
    FIGURE_DF,
    FIGURE_P,
    FIGURE_LOWER,
    FIGURE_UPPER, /* of a fixed effect */
    FIGURE_RATIO,
    FIGURE_RATIO_LOWER,
    FIGURE_RATIO_UPPER,
    FIGURE_COVARIANCE, /* of it too; of two */
    FIGURE_SD,
    FIGURE_VARIANCE,
    FIGURE_CORRELATION,
    FIGURE_SHARE, /* of a random effect, or Residual */
    FIGURE_ROWS,
    FIGURE_DISPERSION,
    FIGURE_DISPERSION_LOWER,
    FIGURE_DISPERSION_UPPER, /* of a model */
    FIGURE_CRITERION,
    FIGURE_LOGLIK,
    FIGURE_AIC,
    FIGURE_AICC,
    FIGURE_BIC, /* of a model */
    FIGURE_ICC,
    FIGURE_ICC_ALL,
    FIGURE_ALIKE,
    FIGURE_DESIGN_EFFECT, /* of a group */
    FIGURE_KEPT,
    FIGURE_BLUP,
    FIGURE_BLUP_SE,
    FIGURE_BLUP_LOWER,
    FIGURE_BLUP_UPPER,
    FIGURE_RAW,
    FIGURE_MODE, /* of a level */
    FIGURE_CHISQ,
    FIGURE_LRT_DF,
    FIGURE_LRT_P, /* of a test between two models */
    FIGURE_SHOWN, /* of a table of the last result */
    FIGURE_KINDS
};

struct figure {
    enum figure_kind kind;
    const struct model *model;
    const struct fit *fit;
    int term, effect; /* fixed effect j is `effect`; random ones: both; Residual: term -1 */
    int other;        /* of correlations: the second effect; of covariances: term is the first, effect the second */
    int32_t level;
    const struct shrinkage *shrinkage;   /* of figures of a level */
    const struct comparison *comparison; /* of figures of a test: the `effect`-th */
    const char *scalar;                  /* its key, where it stands outside of tables, or within a value of a cell of one */
    const struct value *holder;          /* the object that the scalar is a member of; NULL: the result */
    const struct derivation *derivation; /* of a table of the result (figure-shown.c): what it is, and where it stands */
    const struct result *part;
    const struct table *table;
    size_t row, column;
    bool upper;  /* the second number of an interval */
    bool hidden; /* only programs see it */
    bool told;   /* of the fit: a table that is known by its keys shows it */
    double value;
    bool shown; /* the last result shows it */
};

struct figures {
    const struct model *model; /* NULL: the result's numbers are of no fitted model */
    const char *name;          /* of the model, or of the command that made the result */
    bool without_model;        /* the result is of no model of the session: gee, a stated power */
    struct figure *item;
    size_t count, capacity;
    struct shrinkage **shrinkage; /* owned */
    int shrinkage_count;
    struct comparison comparison; /* owned; count 0 unless the last result compares */
    const struct result *subject; /* the result that is explained: the last one, or what that explained; NULL: there is none */
    const char *command, *group;  /* of it; "" and NULL where there is none, or more than one group */
    double level;                 /* of the intervals */
    bool t_tests;
};

/* All figures of the model that the last result is of, or of the current one; after `compare`, of the models compared. */
bool figures_init(struct figures *figures, struct session *session, struct glmm_error *err);
void figures_clear(struct figures *figures);

/* "t", "kept", "AIC"; and what such a number is shown as. */
const char *figure_name(const struct figures *figures, const struct figure *figure);
/* All names that figures have, one at a time; NULL behind the last.  A name may come twice. */
const char *figure_name_at(int i);
bool figure_is_share(const struct figure *figure);
bool figure_is_p(enum figure_kind kind);

/* "Days", "Subject 308", "m1": what the figure is of. */
void figure_owner(const struct figure *figure, struct text *out);

/* The formula in symbols, the same with the values put in ("5*1764.05/(5*1764.05 + 2451.25)"), and the convention; any may
 * be left empty. */
struct explanation {
    struct text formula, numbers, convention;
};
void figure_explain(const struct figures *figures, const struct figure *figure, struct explanation *out);

/* --- numbers of the last result's tables (figure-shown.c) ---------------------------------------------------------------- */

/* Adds those of `figures->subject`, for a model; false when memory is out. */
bool shown_add(struct figures *figures, const struct figure *base);
/* And those that are known by their key alone. */
bool shown_add_keyed(struct figures *figures, const struct figure *base);
const char *shown_name(const struct figure *figure);
/* The key that the number has in JSON. */
const char *shown_key(const struct figure *figure);
const char *shown_name_at(int i);
void shown_owner(const struct figure *figure, struct text *out);
void shown_explain(const struct figures *figures, const struct figure *figure, struct explanation *out);
/* A share, printed as a percentage. */
bool shown_is_share(const struct figure *figure);
/* A value of link-scale BLUPs stands nowhere in this result: means or ranks stand for them, or other intervals. */
bool shown_replaces(const struct figures *figures, enum figure_kind kind);

/* Appends one; false when memory is out. */
bool figures_append(struct figures *figures, struct figure figure);

#endif
