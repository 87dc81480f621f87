/* number-within.h -- the numbers that stand within a text: 1.25, 0.98 and 1.60 of "1.25 (0.98-1.60)". */
#ifndef DATA_NUMBER_WITHIN_H
#define DATA_NUMBER_WITHIN_H

#include <stdbool.h>

/* Where a number stands, and what it is. */
struct number_within {
    const char *begin, *end; /* end: behind its last byte */
    double value;
    int digits;   /* before the decimal sign */
    bool padded;  /* it begins with a zero before other digits */
    bool foreign; /* a digit is none of ASCII: Arabic, Persian, Devanagari or of full width */
    bool whole;   /* it has no decimals */
};

/* The next number at or behind *at in `text`; *at moves behind it.  A hyphen (or minus sign, or dash) right before a digit is its
 * minus unless a digit, a letter or a closing bracket stands before that.  False where there is none, or one of more than 60
 * digits (*at is at the end), or where the sign of the other kind stands between two digits, so that the number is not known:
 * 1,25 with a decimal point (*at is at that sign).  `decimal` is '.' or ','. */
bool number_within_next(const char *text, const char **at, char decimal, struct number_within *number);

#endif
