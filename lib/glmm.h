/* glmm.h -- libglmm: linear and generalized linear mixed models.
 *
 * The engine never prints, exits or reads a terminal.  Objects are opaque; each has a _new and a _free that takes NULL.
 * A function that can fail takes a struct glmm_error (zeroed by the caller, or NULL) and returns NULL or false when it fails.
 * What a caller gets wrong (NULL, a text that is not UTF-8, a number out of range) is an error too: GLMM_E_USAGE, GLMM_E_VALUE or
 * GLMM_E_NAME; what is asked of a NULL object is NaN, 0, NULL or "".
 * Matrices are column-major but where it says otherwise.  An object may be read by several threads at once.
 * Licence: GPL-3.0-or-later. */
#ifndef GLMM_H
#define GLMM_H

/* Of this header; glmm_version() is that of the library. */
#define GLMM_VERSION_MAJOR 0
#define GLMM_VERSION_MINOR 1
#define GLMM_VERSION_PATCH 0
#define GLMM_VERSION       (GLMM_VERSION_MAJOR * 10000 + GLMM_VERSION_MINOR * 100 + GLMM_VERSION_PATCH)

#include "glmm/base.h"
#include "glmm/data.h"
#include "glmm/fit.h"
#include "glmm/groups.h"
#include "glmm/infer.h"
#include "glmm/means.h"
#include "glmm/model.h"
#include "glmm/pool.h"
#include "glmm/population.h"
#include "glmm/rows.h"
#include "glmm/sample.h"
#include "glmm/studies.h"

#endif
