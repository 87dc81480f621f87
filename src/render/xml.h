/* xml.h -- words inside HTML and SVG. */
#ifndef RENDER_XML_H
#define RENDER_XML_H

#include "base/text.h"

/* Appends the words as character data or the value of an attribute in double quotes.  What XML does not allow, and what a
 * terminal would obey, is spelled out (base/safe.h), so that any name from anywhere gives a valid document; with `lines`, line
 * breaks stay. */
void xml_add(struct text *out, const char *words, bool lines);

#endif
