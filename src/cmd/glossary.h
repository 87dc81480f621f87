/* glossary.h -- `help WORD`: the words that output prints, and those that users of R, Stata and SAS bring along. */
#ifndef CMD_GLOSSARY_H
#define CMD_GLOSSARY_H

#include "base/suggest.h"

struct glossary_entry {
    const char *words; /* separated by `|`, lower case */
    const char *text;  /* one paragraph: what it means here, and which command shows or does it */
};

/* Ended by a NULL. */
extern const struct glossary_entry glossary[];

/* The entry of a word or phrase, whatever its case; without one, that of the first word of the phrase that has one; else NULL. */
const struct glossary_entry *glossary_find(const char *phrase);

/* Offers all words as what may have been meant. */
void glossary_offer(struct suggest *suggest);

#endif
