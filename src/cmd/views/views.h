/* views.h -- the kinds of `view`, one file each.
 *
 * A new kind is its file with a `struct view`, one line in the table of view.c, and a line in local.mk: help, completion and
 * usage errors are derived from the entry. */
#ifndef CMD_VIEWS_VIEWS_H
#define CMD_VIEWS_VIEWS_H

#include "term/view.h"

extern const struct view view_data, view_summary, view_shrinkage, view_ranef, view_attenuation;

#endif
