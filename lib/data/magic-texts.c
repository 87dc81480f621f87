/* magic-texts.c -- texts that are no tables: sequences, references, settings, lists of YAML, tables of LaTeX, records a line a
 * value, by what each of their first lines is. */
#include "config.h"
#include "data/magic.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

/* The next line of the text, without its end; false behind the last. */
static bool next_line(const char **at, const char *end, const char **line, size_t *length)
{
    const char *stop;

    if (*at >= end)
        return false;
    stop = memchr(*at, '\n', (size_t)(end - *at));
    *line = *at;
    *length = (size_t)((stop == NULL ? end : stop) - *at);
    *at = stop == NULL ? end : stop + 1;
    while (*length > 0 && ((*line)[*length - 1] == '\r' || (*line)[*length - 1] == ' '))
        --*length;
    return true;
}

/* Letters alone, as residues are written, four at least; gaps and stops among them. */
static bool is_sequence(const char *line, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!isalpha((unsigned char)line[i]) && line[i] != '-' && line[i] != '*')
            return false;
    return length >= 4;
}

/* `>name`, and below it a sequence. */
static bool is_fasta(const char *bytes, size_t count)
{
    const char *at = bytes, *line;
    size_t length;

    return next_line(&at, bytes + count, &line, &length) && length > 1 && line[0] == '>' && line[1] != ' '
           && next_line(&at, bytes + count, &line, &length) && is_sequence(line, length);
}

/* `@name`, a sequence, `+`, and as many signs as the sequence has letters. */
static bool is_fastq(const char *bytes, size_t count)
{
    const char *at = bytes, *end = bytes + count, *line;
    size_t length, letters;

    return next_line(&at, end, &line, &length) && length > 1 && line[0] == '@' && next_line(&at, end, &line, &letters)
           && is_sequence(line, letters) && next_line(&at, end, &line, &length) && length > 0 && line[0] == '+'
           && next_line(&at, end, &line, &length) && length == letters;
}

/* @article{key, */
static bool is_bibtex(const char *bytes, size_t count)
{
    size_t at = 1;

    while (at < count && isalpha((unsigned char)bytes[at]))
        at++;
    return count > 3 && bytes[0] == '@' && at > 3 && at < count && bytes[at] == '{';
}

static bool is_ris(const char *bytes, size_t count)
{
    return count > 6 && memcmp(bytes, "TY  - ", 6) == 0;
}

/* `name:`, behind blanks and a dash or without; *item where there is one. */
static bool is_yaml_line(const char *line, size_t length, bool *item)
{
    size_t at = 0;

    while (at < length && line[at] == ' ')
        at++;
    *item = at + 1 < length && line[at] == '-' && line[at + 1] == ' ';
    at += *item ? 2 : 0;
    if (at == length || line[at] == '#' || (length == 3 && memcmp(line, "---", 3) == 0))
        return true;
    if (!isalpha((unsigned char)line[at]) && line[at] != '_')
        return false;
    while (at < length && (isalnum((unsigned char)line[at]) || strchr("_-. ", line[at]) != NULL) && line[at] != '\0')
        at++;
    return at < length && line[at] == ':' && (at + 1 == length || line[at + 1] == ' ');
}

/* All lines that are whole have a name with a colon, and some of them begin an item of a list. */
static bool is_yaml(const char *bytes, size_t count)
{
    enum { FEWEST = 3 };
    const char *at = bytes, *line;
    size_t length, lines = 0;
    bool item, items = false;

    while (next_line(&at, bytes + count, &line, &length)) {
        if (at == bytes + count && count > 0 && bytes[count - 1] != '\n')
            break; /* cut off, perhaps */
        if (!is_yaml_line(line, length, &item))
            return false;
        items = items || item;
        lines++;
    }
    return items && lines >= FEWEST;
}

/* `[section]`, and below it `name = value`. */
static bool is_settings(const char *bytes, size_t count)
{
    const char *at = bytes, *line;
    size_t length, named;

    if (!next_line(&at, bytes + count, &line, &length) || length < 3 || line[0] != '[' || line[length - 1] != ']'
        || memchr(line, ',', length) != NULL || memchr(line, '"', length) != NULL)
        return false;
    if (!next_line(&at, bytes + count, &line, &length))
        return false;
    for (named = 0; named < length && (isalnum((unsigned char)line[named]) || strchr("_-. ", line[named]) != NULL);)
        named++;
    return named > 0 && named < length && line[named] == '=';
}

/* `\begin{tabular}` or the like in the first line, or `a & b \\` in all that are whole. */
static bool is_latex(const char *bytes, size_t count)
{
    static const char *const begins[] = { "\\begin{", "\\documentclass", "\\hline", "\\toprule", "\\centering" };
    const char *at = bytes, *line;
    size_t length, rows = 0;

    if (!next_line(&at, bytes + count, &line, &length))
        return false;
    for (size_t k = 0; k < sizeof begins / sizeof *begins; k++)
        if (length >= strlen(begins[k]) && memcmp(line, begins[k], strlen(begins[k])) == 0)
            return true;
    for (at = bytes; next_line(&at, bytes + count, &line, &length);) {
        if (at == bytes + count && count > 0 && bytes[count - 1] != '\n')
            break; /* cut off, perhaps */
        if (length > 0 && line[0] == '\\')
            continue;
        if (length < 4 || memcmp(line + length - 2, "\\\\", 2) != 0 || memchr(line, '&', length) == NULL)
            return false;
        rows++;
    }
    return rows > 1;
}

/* `-[ RECORD 1 ]` of psql, a value a line. */
static bool is_psql_records(const char *bytes, size_t count)
{
    static const char begin[] = "-[ RECORD 1 ]";

    return count >= sizeof begin && memcmp(bytes, begin, sizeof begin - 1) == 0;
}

/* `***** 1. row *****` of mysql, a value a line. */
static bool is_mysql_records(const char *bytes, size_t count)
{
    static const char begin[] = "*** 1. row ***";
    const char *at = bytes, *line;
    size_t length;

    return next_line(&at, bytes + count, &line, &length) && line[0] == '*'
           && memmem(line, length, begin, sizeof begin - 1) != NULL;
}

const struct magic *magic_of_text(const char *bytes, size_t count)
{
    static const struct {
        bool (*is)(const char *bytes, size_t count);
        struct magic magic;
    } texts[] = {
        { is_fasta, { "a file of sequences (FASTA)", "load a table of what was computed of them", MAGIC_OTHER } },
        { is_fastq,
          { "a file of sequences and their qualities (FASTQ)", "load a table of what was computed of them", MAGIC_OTHER } },
        { is_bibtex, { "a list of references (BibTeX)", "export them as CSV, as Zotero and JabRef do", MAGIC_OTHER } },
        { is_ris, { "a list of references (RIS)", "export them as CSV, as Zotero and EndNote do", MAGIC_OTHER } },
        { is_yaml,
          { "a document of YAML", "in R: write.csv(do.call(rbind, lapply(yaml::read_yaml(\"x.yaml\"), data.frame)), \"x.csv\")",
            MAGIC_OTHER } },
        { is_latex,
          { "a table of LaTeX",
            "its columns as CSV, where no text has a comma: sed -n 's/ *\\\\\\\\.*//; s/ *& */,/gp' <OLD >NEW", MAGIC_OTHER } },
        { is_psql_records,
          { "a list of records as psql prints them with \\x", "as a table: psql --csv -c \"select ...\" >x.csv", MAGIC_OTHER } },
        { is_mysql_records,
          { "a list of records as mysql prints them with \\G", "as a table: mysql --batch -e \"select ...\" >x.tsv",
            MAGIC_OTHER } },
        { is_settings, { "a file of settings (ini)", "load the data that it is for", MAGIC_OTHER } },
    };

    for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
        if (texts[k].is(bytes, count))
            return &texts[k].magic;
    return NULL;
}
