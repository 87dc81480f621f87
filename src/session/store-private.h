/* store-private.h -- what writing and reading a session's file share. */
#ifndef SESSION_STORE_PRIVATE_H
#define SESSION_STORE_PRIVATE_H

#ifdef HAVE_SQLITE
#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

#include "data/frame.h"

enum { STORE_APPLICATION = 0x6d787368, CHECKSUM_AT = 60, APPLICATION_AT = 68, HEADER = 100 };

/* Beside a variable's contrast: it numbers imputations. */
enum { STORE_IMPUTATION = 4 };

extern const char store_schema[];

/* The bytes of a value of the type. */
size_t store_value_size(enum column_type type);
/* CRC-32 of the file's bytes, those of the checksum taken as 0. */
uint32_t store_checksum(const unsigned char *bytes, size_t count);
#endif

/* Behind the kind of a matrix of which its descent is kept. */
#define RELATION_BY_DESCENT " by descent"

#endif
