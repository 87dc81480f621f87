/* run-refusing.h -- a command in a session, with memory refused at a new place of the code (places.h). */
#ifndef RUN_REFUSING_H
#define RUN_REFUSING_H

#include "places.h"
#include "run-session.h"

/* Runs commands; what they show goes to the end of output.  places: memory is refused at one that is new there; NULL: it is not.
 * The exit status. */
static inline int run_refusing(struct session *session, const char *text, struct places *places, struct text *output)
{
    struct reader *reader = reader_open_text(text, "test", NULL);
    struct text shown = { 0 };
    int status;

    cr_assert_not_null(reader);
    session_capture(session, &shown);
    if (places != NULL)
        places_begin(places);
    status = eval_reader(session, reader, EVAL_SCRIPT);
    if (places != NULL)
        places_end(places);
    session_capture(session, NULL);
    reader_close(reader);
    text_add_bytes(output, shown.data, shown.length);
    text_clear(&shown);
    return status;
}

#endif
