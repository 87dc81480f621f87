/* complete-files.h -- files as candidates. */
#ifndef SHELL_COMPLETE_FILES_H
#define SHELL_COMPLETE_FILES_H

#include "shell/complete-names.h"

/* The files and folders that begin with the word, hidden ones only where it begins with a dot.  With `data_only` folders and
 * the files that look like tables (.csv, .tsv, .txt, .dat, .tab, gzipped or not), or all where there are none of them.  Names
 * that would fall apart into words are put into quotes. */
void offer_files(struct seek *seek, bool data_only);

/* The bundled data sets that begin with the word. */
void offer_examples(struct seek *seek);

#endif
