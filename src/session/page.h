/* page.h -- the session as one page of HTML that needs nothing else. */
#ifndef SESSION_PAGE_H
#define SESSION_PAGE_H

#include "session/session.h"

struct page {
    const char *title;
    bool errors; /* commands that failed stand in it too */
    /* What it got: commands, results, and results that were no longer kept. */
    size_t commands, results, lost;
};

/* Appends the page; false with err when memory is out. */
bool page_write(const struct session *session, struct page *page, struct text *out, struct glmm_error *err);

#endif
