/* plain-families.h -- the families whose responses a test can make without a design. */
#ifndef TESTS_PLAIN_FAMILIES_H
#define TESTS_PLAIN_FAMILIES_H

#include "model/family.h"

/* All but the last, whose categories are those of a response (test-ordinal). */
#define PLAIN_FAMILIES (family_count() - 1)

#endif
