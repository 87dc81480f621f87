/* csv-detect.c -- counts each candidate outside of quotes, record by record. */
#include "data/csv-detect.h"

#include <stdbool.h>
#include <string.h>

enum { RECORDS = 100 };

/* How well `separator` divides the records: the number of records that agree with the first, and its number of separators. */
struct division {
    int agree, records, fields;
};

static struct division divide(const char *bytes, size_t count, char separator)
{
    struct division result = { 0 };
    bool quoted = false, begun = false;
    int found = 0;

    for (size_t i = 0; i < count && result.records < RECORDS; i++) {
        char c = bytes[i];

        if (quoted) {
            quoted = c != '"';                          /* a doubled quote closes, and opens again */
            begun = quoted;
        } else if (c == '"' && !begun) {
            quoted = true;
        } else if (c == separator) {
            found++;
            begun = false;
        } else if (c == '\n' || c == '\r') {
            if (found > 0 || begun || (i > 0 && bytes[i - 1] == '"')) {
                result.records++;
                if (result.records == 1)
                    result.fields = found;
                result.agree += found == result.fields;
            }
            found = 0;
            begun = false;
        } else if (c != ' ') {
            begun = true;
        }
    }
    return result;
}

char csv_detect_separator(const char *bytes, size_t count, char decimal)
{
    static const char candidates[] = { ',', ';', '\t', '|' };
    struct division best = { 0 };
    char separator = decimal == ',' ? ';' : ',';

    for (size_t i = 0; i < sizeof candidates; i++) {
        struct division one;

        if (candidates[i] == decimal)
            continue;
        one = divide(bytes, count, candidates[i]);
        if (one.fields > 0 && (one.agree > best.agree || (one.agree == best.agree && one.fields > best.fields))) {
            best = one;
            separator = candidates[i];
        }
    }
    return separator;
}
