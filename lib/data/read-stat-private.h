/* read-stat-private.h -- a Stata, SPSS or SAS file while it is read: its variables and their value labels. */
#ifndef DATA_READ_STAT_PRIVATE_H
#define DATA_READ_STAT_PRIVATE_H

#include "data/foreign.h"
#include "data/intake.h"

struct stat_variable {
    struct intake intake;
    char *labels;   /* the name of its set; owned */
    double divisor; /* of dates: units in a day; 0: no date */
    double shift;
    bool whole;          /* integers, by type or format */
    bool known;          /* declared in the file */
    size_t declared;     /* values that are missing by declaration */
    double ranges[3][2]; /* of these */
    char *missing[3];    /* of texts; owned */
    int range_count;
};

struct stat_label {
    char *set, *text; /* owned */
    char *key;        /* the text that it stands for, without blanks behind; owned; NULL: the number `value` */
    double value;
    size_t place; /* in the file */
};

struct stat_reader {
    const struct foreign *file;
    struct glmm_error *err;
    size_t at; /* of the bytes */
    struct stat_variable *variables;
    size_t count, capacity;
    struct stat_label *labels;
    size_t label_count, label_capacity;
    size_t rows; /* begun */
};

/* By their sets, then by the values that they stand for. */
void stat_labels_sort(struct stat_reader *r);

/* A column of numbers with labels becomes a factor, or a logical where mixsh wrote it; one of texts becomes a factor of the
 * labels. Where only some values have labels the column stays, and a note says so.  False with r->err. */
bool stat_label_numbers(struct stat_reader *r, const struct stat_variable *v, struct column *column);
bool stat_label_texts(struct stat_reader *r, const struct stat_variable *v, struct column *column);

#endif
