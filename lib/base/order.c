/* order.c -- see order.h. */
#include "base/order.h"

#include <stdlib.h>

int order_reals(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

int order_int64(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

int order_int32(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

    return (x > y) - (x < y);
}

/* By Shell's method (1959, Commun. ACM 2) with the gaps of Ciura (2001) where the list is short. */
void sort_int32(int32_t list[], size_t count)
{
    static const size_t gaps[] = { 301, 132, 57, 23, 10, 4, 1 }, LONG = 1500;

    if (count > LONG) {
        qsort(list, count, sizeof *list, order_int32);
        return;
    }
    for (size_t g = 0; g < sizeof gaps / sizeof gaps[0]; g++)
        for (size_t i = gaps[g]; i < count; i++) {
            int32_t own = list[i];
            size_t at = i;

            for (; at >= gaps[g] && list[at - gaps[g]] > own; at -= gaps[g])
                list[at] = list[at - gaps[g]];
            list[at] = own;
        }
}
