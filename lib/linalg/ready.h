/* ready.h -- the BLAS before it is first used: its memory, its threads, and whether it computes right. */
#ifndef LINALG_READY_H
#define LINALG_READY_H

#include <stdbool.h>
#include "base/error.h"

/* Makes the BLAS ready for as many threads as OpenMP will use; does nothing when it is.  OpenBLAS works in buffers of 128 MB of
 * address space, one for each thread that calls it, and asks for them for ever where they cannot be had; and OpenMP ends the
 * program where it gets no thread.  So both are tried here: with too little for all threads there will be fewer of them, and with
 * too little for one GLMM_E_MEMORY.
 *
 * Then each routine that the engine is built on is held against plain loops once: kernels of a library that is older than the
 * processor have been seen to compute wrongly.  GLMM_E_STATE names the library and its kernel. */
bool blas_ready(struct glmm_error *err);

#endif
