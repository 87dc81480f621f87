/* level-order.h -- the order of levels: by number where all of them read as numbers, else bytewise. */
#ifndef DATA_LEVEL_ORDER_H
#define DATA_LEVEL_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Sorts places of distinct texts in a block, texts + starts[i], in little memory besides.  False, with nothing changed, when
 * memory is out.  (levels_sort of frame.h does it for names with pointers.) */
bool level_order(const char *texts, uint32_t starts[], size_t count);

#endif
