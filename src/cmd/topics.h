/* topics.h -- what `help TOPIC` says about concepts. */
#ifndef CMD_TOPICS_H
#define CMD_TOPICS_H

struct topic {
    const char *name;
    const char *title;
    const char *text;     /* paragraphs, separated by empty lines; a paragraph that begins with a blank is verbatim */
    const char *commands; /* whose help refers to this page, separated by blanks; NULL: none */
    const char *command;  /* whose help begins with this page, the concept having its name; NULL: none */
};

/* Ended by a NULL name. */
extern const struct topic topics[];

#endif
