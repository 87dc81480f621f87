/* order.h -- increasing order: for qsort and bsearch; and of short lists of numbers, without a call for each comparison. */
#ifndef BASE_ORDER_H
#define BASE_ORDER_H

#include <stddef.h>
#include <stdint.h>

int order_reals(const void *a, const void *b); /* of double; NaN, which has no place, is not to be among them */
int order_int64(const void *a, const void *b); /* of int64_t */
int order_int32(const void *a, const void *b); /* of int32_t */

void sort_int32(int32_t list[], size_t count);

#endif
