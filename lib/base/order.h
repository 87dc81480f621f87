/* order.h -- increasing order, for qsort and bsearch. */
#ifndef BASE_ORDER_H
#define BASE_ORDER_H

int order_reals(const void *a, const void *b); /* of double; NaN, which has no place, is not to be among them */
int order_int64(const void *a, const void *b); /* of int64_t */
int order_int32(const void *a, const void *b); /* of int32_t */

#endif
