/* csv-detect.h -- which character separates the fields of a file. */
#ifndef DATA_CSV_DETECT_H
#define DATA_CSV_DETECT_H

#include <stddef.h>

/* Of , ; tab and |, the one by which the most of the first records have as many fields as the first; of equals, the one with
 * the most fields. A decimal comma separates nothing.  ',' (';' beside a decimal comma) when none stands in the first record,
 * as in a file of one column. */
char csv_detect_separator(const char *bytes, size_t count, char decimal);

#endif
