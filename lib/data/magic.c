/* magic.c -- a table of beginnings; a zip archive and an old Office file are told by what they hold. */
#include "config.h"
#include "data/magic.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"

#define FROM_R     "in R: write.csv(readRDS(\"x.rds\"), \"x.csv\", row.names = FALSE)"
#define FROM_SHEET "export the sheet as CSV in the spreadsheet program"
#define FROM_ARROW "write it as CSV first; in R with arrow, in Python with pandas"
#define UNPACK     "unpack it first, and load the file in it"
#define NO_TABLE   "a table cannot be read from it: get the data as text"
#define OF_DATA    "load the data that it reads"
#define OF_RESULTS "load the data that it was computed from; its numbers are there to compare with"

/* What a file begins with (`at`: at that byte).  All but the last twelve have bytes near their beginning that no text has, so
 * that a column named PAR1 is no Parquet file. */
static const struct signature {
    const char *bytes;
    size_t count, at;
    struct magic magic;
} signatures[] = {
#define BEGINS(text) text, sizeof text - 1, 0
    { BEGINS("\x89PNG\r\n\x1a\n"), { "a PNG image", NO_TABLE, MAGIC_OTHER } },
    { BEGINS("\xff\xd8\xff"), { "a JPEG image", NO_TABLE, MAGIC_OTHER } },
    { BEGINS("GIF87a"), { "a GIF image", NO_TABLE, MAGIC_OTHER } },
    { BEGINS("GIF89a"), { "a GIF image", NO_TABLE, MAGIC_OTHER } },
    { BEGINS("II*\0"), { "a TIFF image", NO_TABLE, MAGIC_OTHER } },
    { BEGINS("MM\0*"), { "a TIFF image", NO_TABLE, MAGIC_OTHER } },
    { "WEBP", 4, 8, { "a WebP image", NO_TABLE, MAGIC_OTHER } },
    { BEGINS("PAR1"), { "a Parquet file", FROM_ARROW, MAGIC_OTHER } },
    { BEGINS("ARROW1"), { "an Arrow file", FROM_ARROW, MAGIC_OTHER } },
    { BEGINS("FEA1"), { "a Feather file", FROM_ARROW, MAGIC_OTHER } },
    { BEGINS("ORC\x0a"), { "an ORC file", FROM_ARROW, MAGIC_OTHER } },
    { BEGINS("\x89HDF\r\n\x1a\n"), { "an HDF5 file", "write the table in it as CSV first", MAGIC_OTHER } },
    { BEGINS("\x93NUMPY"),
      { "a NumPy array", "in Python: numpy.savetxt(\"x.csv\", numpy.load(\"x.npy\"), delimiter=\",\")", MAGIC_OTHER } },
    { BEGINS("SQLite format 3\0"),
      { "an SQLite database", "write a table of it: sqlite3 -header -csv FILE \"select * from TABLE\"", MAGIC_SQLITE } },
    { BEGINS("\0\0\0\0\0\0\0\0\0\0\0\0\xc2\xea\x81\x60"),
      { "a SAS data set (sas7bdat)", "in SAS: proc export; in R: write.csv(haven::read_sas(\"x.sas7bdat\"), \"x.csv\")",
        MAGIC_SAS } },
    { BEGINS("X\n\0\0\0\2"), { "an R object (rds)", FROM_R, MAGIC_R } },
    { BEGINS("X\n\0\0\0\3"), { "an R object (rds)", FROM_R, MAGIC_R } },
    { "1AY&SY", 6, 4, { "compressed with bzip2", "unpack it first: bunzip2 FILE", MAGIC_PACKED } },
    { BEGINS("\xfd"
             "7zXZ\0"),
      { "compressed with xz", "unpack it first: unxz FILE", MAGIC_PACKED } },
    { BEGINS("(\xb5/\xfd"), { "compressed with zstd", "unpack it first: unzstd FILE", MAGIC_PACKED } },
    { BEGINS("\x04\"M\x18"), { "compressed with lz4", "unpack it first: unlz4 FILE", MAGIC_PACKED } },
    { BEGINS("MATLAB 5.0 MAT-file"), { "a MATLAB file (mat)", "in MATLAB: writetable(T, \"x.csv\")", MAGIC_OTHER } },
    { BEGINS("Obj\x01"), { "an Avro file", FROM_ARROW, MAGIC_OTHER } },
    { BEGINS("\x80\x03"),
      { "a Python object (pickle)", "in Python with pandas: pandas.read_pickle(\"x.pkl\").to_csv(\"x.csv\")", MAGIC_OTHER } },
    { BEGINS("\x80\x04\x95"),
      { "a Python object (pickle)", "in Python with pandas: pandas.read_pickle(\"x.pkl\").to_csv(\"x.csv\")", MAGIC_OTHER } },
    { BEGINS("\x80\x05\x95"),
      { "a Python object (pickle)", "in Python with pandas: pandas.read_pickle(\"x.pkl\").to_csv(\"x.csv\")", MAGIC_OTHER } },
    { "Standard Jet DB",
      15,
      4,
      { "an Access database (mdb)", "export the table as CSV in Access; or mdb-export FILE TABLE", MAGIC_OTHER } },
    { "Standard ACE DB",
      15,
      4,
      { "an Access database (accdb)", "export the table as CSV in Access; or mdb-export FILE TABLE", MAGIC_OTHER } },
    { "DUCK", 4, 8, { "a DuckDB database", "write the table in it as CSV first: COPY x TO 'x.csv'", MAGIC_OTHER } },
    { BEGINS("7z\xbc\xaf\x27\x1c"), { "a 7z archive", UNPACK, MAGIC_OTHER } },
    { BEGINS("Rar!\x1a\x07"), { "a RAR archive", UNPACK, MAGIC_OTHER } },
    { "ustar", 5, 257, { "a tar archive", "unpack it first: tar xf FILE", MAGIC_OTHER } },
    { BEGINS("\x7f"
             "ELF"),
      { "a program", NO_TABLE, MAGIC_OTHER } },
    { BEGINS("$FL2@(#)"),
      { "an SPSS data file (sav)", "write it as CSV in SPSS; in R: write.csv(haven::read_sav(\"x.sav\"), \"x.csv\")",
        MAGIC_SPSS } },
    { BEGINS("$FL3@(#)"),
      { "an SPSS data file (zsav)", "write it as CSV in SPSS; in R: write.csv(haven::read_sav(\"x.zsav\"), \"x.csv\")",
        MAGIC_SPSS } },
    { BEGINS("<stata_dta>"),
      { "a Stata data file (dta)", "in Stata: export delimited; in R: write.csv(haven::read_dta(\"x.dta\"), \"x.csv\")",
        MAGIC_STATA } },
    { BEGINS("RDX2\n"),
      { "an R workspace (RData)", "in R: load it, and write.csv() the data frame, row.names = FALSE", MAGIC_R } },
    { BEGINS("RDX3\n"),
      { "an R workspace (RData)", "in R: load it, and write.csv() the data frame, row.names = FALSE", MAGIC_R } },
    { BEGINS("RDA2\n"),
      { "an R workspace (RData)", "in R: load it, and write.csv() the data frame, row.names = FALSE", MAGIC_OTHER } },
    { BEGINS("RDA3\n"),
      { "an R workspace (RData)", "in R: load it, and write.csv() the data frame, row.names = FALSE", MAGIC_OTHER } },
    { BEGINS("%PDF-"), { "a PDF document", NO_TABLE, MAGIC_OTHER } },
    { BEGINS("HEADER RECORD*******"),
      { "a SAS transport file (xpt)", "in R: write.csv(haven::read_xpt(\"x.xpt\"), \"x.csv\")", MAGIC_SAS_TRANSPORT } },
    { BEGINS("{\\rtf"), { "an RTF document", NO_TABLE, MAGIC_OTHER } },
    { BEGINS("ASCII SPSS PORT FILE"),
      { "an SPSS portable file (por)", "save it as .sav, in SPSS or in PSPP (get file=\"x.por\", save outfile=\"x.sav\")",
        MAGIC_OTHER } },
    { BEGINS("version https://git-lfs"), { "a pointer of Git LFS, not the data", "fetch them: git lfs pull", MAGIC_OTHER } },
};

/* Texts that are another thing; looked for without regard to case, behind blanks. */
static const struct {
    const char *text;
    struct magic magic;
} documents[] = {
    { "<!doctype html",
      { "a web page (HTML), perhaps of a failed download", "load the file that the page offers", MAGIC_OTHER } },
    { "<table",
      { "a table of a web page (HTML)", "in R: write.csv(rvest::html_table(rvest::read_html(\"x.html\"))[[1]], \"x.csv\")",
        MAGIC_OTHER } },
    { "<html", { "a web page (HTML), perhaps of a failed download", "load the file that the page offers", MAGIC_OTHER } },
    { "structure(", { "R code (dput)", "in R: write.csv(dget(\"x.R\"), \"x.csv\", row.names = FALSE)", MAGIC_OTHER } },
    { "'data.frame':",
      { "what R's str() prints, which has not all values", "in R: write.csv(x, \"x.csv\", row.names = FALSE)", MAGIC_OTHER } },
    { "<?xml", { "an XML document", "write it as CSV first", MAGIC_OTHER } },
};

enum { TEXTS = 12 }; /* the last ones of the table */

/* True where a byte near the beginning stands in no text. */
static bool is_binary(const char *bytes, size_t count)
{
    if ((unsigned char)bytes[0] >= 0x80)
        return true;
    for (size_t i = 0; i < count && i < 512; i++)
        if ((unsigned char)bytes[i] < ' ' && (bytes[i] == '\0' || strchr("\t\n\r\f", bytes[i]) == NULL))
            return true;
    return false;
}

/* Objects of JSON, in a list or one a line: `{"`, `[{` or `[[`, perhaps with blanks between. */
static bool is_json(const char *bytes, size_t count)
{
    size_t second = 1;

    while (second < count && strchr(" \t\r\n", bytes[second]) != NULL && bytes[second] != '\0')
        second++;
    if (second >= count)
        return false;
    return bytes[0] == '{' ? bytes[second] == '"' : bytes[0] == '[' && (bytes[second] == '{' || bytes[second] == '[');
}

/* R's saveRDS(ascii = TRUE): a version, that of R, the oldest one that can read it. */
static bool is_ascii_rds(const char *bytes, size_t count)
{
    size_t head = count < 40 ? count : 40;

    return (memcmp(bytes, "A\n2\n", 4) == 0 && memmem(bytes, head, "\n131840\n", 8) != NULL)
           || (memcmp(bytes, "A\n3\n", 4) == 0 && memmem(bytes, head, "\n197888\n", 8) != NULL);
}

/* Weka's format: a line that names the relation, behind lines of comment. */
static bool is_arff(const char *bytes, size_t count)
{
    const char *p = bytes, *end = bytes + count, *line;

    while (p < end && (*p == '%' || *p == '\n' || *p == '\r')) {
        line = memchr(p, '\n', (size_t)(end - p));
        p = line == NULL ? end : line + 1;
    }
    return end - p > 10 && strncasecmp(p, "@relation", 9) == 0 && (p[9] == ' ' || p[9] == '\t');
}

/* dBase: a version, the day of the last change, the length of the head: 32 bytes, 32 for each field, and an end.  Bytes that are
 * reserved, 12, 13, 30 and 31, are 0: so no text is one (tabs and line ends would do for a day). */
static bool is_dbase(const char *bytes, size_t count)
{
    const unsigned char *b = (const unsigned char *)bytes;
    size_t head = count < 32 ? 0 : b[8] + 256U * b[9];

    return head > 64 && (b[0] == 0x03 || b[0] == 0x30 || b[0] == 0x83 || b[0] == 0x8b || b[0] == 0xf5) && b[2] >= 1 && b[2] <= 12
           && b[3] >= 1 && b[3] <= 31 && b[12] == 0 && b[13] == 0 && b[30] == 0 && b[31] == 0 && head % 32 <= 9
           && (head > count || memchr(b + 64, '\r', head - 64) != NULL);
}

/* Commands of SQL: a table is made, or filled, at the begin of a line near the beginning, behind comments or others. */
static bool is_sql(const char *bytes, size_t count)
{
    enum { NEAR = 8192 };
    static const char *const words[] = { "create table ", "insert into " };
    const char *end = bytes + (count < NEAR ? count : NEAR);

    for (const char *line = bytes; line != NULL && line < end; line = line == NULL ? NULL : line + 1) {
        for (size_t k = 0; k < sizeof words / sizeof *words; k++)
            if ((size_t)(end - line) > strlen(words[k]) && strncasecmp(line, words[k], strlen(words[k])) == 0)
                return true;
        line = memchr(line, '\n', (size_t)(end - line));
    }
    return false;
}

static bool holds(const char *bytes, size_t count, const char *word)
{
    return memmem(bytes, count, word, strlen(word)) != NULL;
}

/* Zip: the names of the files in it stand in clear text, the first ones near the beginning. */
static const struct magic *find_zip(const char *bytes, size_t count)
{
    static const struct magic excel = { "an Excel workbook (xlsx)", FROM_SHEET, MAGIC_WORKBOOK },
                              ods = { "a spreadsheet (ods)", FROM_SHEET, MAGIC_OTHER },
                              word = { "a Word document", NO_TABLE, MAGIC_OTHER }, zip = { "a zip archive", UNPACK, MAGIC_OTHER },
                              numpy = { "a NumPy archive (npz)", "write the array in it as CSV first", MAGIC_OTHER };

    if (memcmp(bytes, "PK\3\4", 4) != 0 && memcmp(bytes, "PK\5\6", 4) != 0)
        return NULL;
    if (holds(bytes, count, "application/vnd.oasis.opendocument.spreadsheet"))
        return &ods;
    if (holds(bytes, count, "word/"))
        return &word;
    if (holds(bytes, count, "xl/") || holds(bytes, count, "[Content_Types].xml"))
        return &excel;
    return holds(bytes, count, ".npy") ? &numpy : &zip;
}

/* Old Stata: version, byte order, 1, and a byte of no meaning: 0, or 1 where gretl writes. */
static bool is_old_stata(const char *bytes)
{
    return bytes[0] >= 0x69 && bytes[0] <= 0x73 && (bytes[1] == 1 || bytes[1] == 2) && bytes[2] == 1
           && (bytes[3] == 0 || bytes[3] == 1);
}

const struct magic *magic_of_name(const char *path)
{
    static const struct {
        const char *end;
        struct magic magic;
    } ends[] = {
        { ".mix", { "a script of mixsh", "source FILE runs it, replay FILE, step goes through it", MAGIC_OTHER } },
        { ".r", { "a program in R", OF_DATA, MAGIC_OTHER } },
        { ".rmd", { "a document of R Markdown", OF_DATA, MAGIC_OTHER } },
        { ".qmd", { "a document of Quarto", OF_DATA, MAGIC_OTHER } },
        { ".do", { "a program of Stata", OF_DATA, MAGIC_OTHER } },
        { ".sps", { "a program of SPSS", OF_DATA, MAGIC_OTHER } },
        { ".sas", { "a program of SAS", OF_DATA, MAGIC_OTHER } },
        { ".py", { "a program in Python", OF_DATA, MAGIC_OTHER } },
        { ".jl", { "a program in Julia", OF_DATA, MAGIC_OTHER } },
    };

    for (size_t k = 0; k < sizeof ends / sizeof *ends; k++)
        if (path_ends_in(path, ends[k].end))
            return &ends[k].magic;
    return NULL;
}

const struct magic *magic_find(const char *bytes, size_t count)
{
    static const struct magic stata = { "a Stata data file (dta)",
                                        "in Stata: export delimited; in R: write.csv(haven::read_dta(\"x.dta\"), \"x.csv\")",
                                        MAGIC_STATA };
    static const struct magic json = { "JSON", "in R: write.csv(jsonlite::fromJSON(\"x.json\"), \"x.csv\")", MAGIC_OTHER };
    static const struct magic rds = { "an R object (rds)", FROM_R, MAGIC_OTHER };
    static const struct magic old_excel = { "an old Office file (xls or doc)", FROM_SHEET, MAGIC_OTHER };
    static const struct magic dbase = { "a dBase file (dbf)",
                                        "in R: write.csv(foreign::read.dbf(\"x.dbf\"), \"x.csv\", row.names = FALSE)",
                                        MAGIC_OTHER };
    static const struct magic arff = { "a file of Weka (arff)",
                                       "in R: write.csv(foreign::read.arff(\"x.arff\"), \"x.csv\", row.names = FALSE)",
                                       MAGIC_OTHER };
    static const struct magic sql = { "a dump of SQL commands",
                                      "where SQLite takes it: sqlite3 x.db < x.sql, and load x.db; else export the table as CSV",
                                      MAGIC_OTHER };
    const struct magic *zip;
    size_t blanks = 0;

    if (count < 4)
        return NULL;
    if ((zip = find_zip(bytes, count)) != NULL)
        return zip;
    if (is_old_stata(bytes))
        return &stata;
    if (count >= 8 && memcmp(bytes, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8) == 0)
        return &old_excel;
    if (is_ascii_rds(bytes, count))
        return &rds;
    if (is_dbase(bytes, count))
        return &dbase;
    if (is_arff(bytes, count))
        return &arff;
    if (is_sql(bytes, count))
        return &sql;
    for (size_t i = is_binary(bytes, count) ? 0 : sizeof signatures / sizeof *signatures - TEXTS;
         i < sizeof signatures / sizeof *signatures; i++) {
        const struct signature *s = &signatures[i];

        if (count >= s->at + s->count && memcmp(bytes + s->at, s->bytes, s->count) == 0)
            return &s->magic;
    }
    while (blanks < count && (bytes[blanks] == ' ' || bytes[blanks] == '\n' || bytes[blanks] == '\r'))
        blanks++;
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++)
        if (count - blanks >= strlen(documents[i].text)
            && strncasecmp(bytes + blanks, documents[i].text, strlen(documents[i].text)) == 0)
            return &documents[i].magic;
    return blanks < count && is_json(bytes + blanks, count - blanks) ? &json : NULL;
}

/* --- what programs print ------------------------------------------------------------------------- */

/* `The Mixed Procedure`, centred, alone in its line; what PROC PRINT lists are data. */
static bool is_procedure(const char *line, size_t length)
{
    static const char *const words[] = { "Mixed", "GLIMMIX",  "NLMIXED",     "HPMIXED",   "GLM",   "GENMOD",
                                         "REG",   "LOGISTIC", "VARCOMP",     "NESTED",    "ANOVA", "GLMSELECT",
                                         "PHREG", "MEANS",    "HPGENSELECT", "SURVEYREG", "TTEST", "PROBIT" };
    static const char before[] = "The ", behind[] = " Procedure";

    for (size_t k = 0; k < sizeof words / sizeof *words; k++) {
        size_t word = strlen(words[k]);

        if (length == sizeof before - 1 + word + sizeof behind - 1 && strncasecmp(line, before, sizeof before - 1) == 0
            && strncasecmp(line + sizeof before - 1, words[k], word) == 0
            && strncasecmp(line + length - (sizeof behind - 1), behind, sizeof behind - 1) == 0)
            return true;
    }
    return false;
}

/* Lines that stand in the output of a program alone: how they begin, or the whole of them. */
static const struct magic *find_printed(const char *line, size_t length)
{
#define PRINTED(program)                                                                                                         \
    {                                                                                                                            \
        "output of " program, OF_RESULTS, MAGIC_OTHER                                                                            \
    }
    static const struct magic sas = PRINTED("SAS");
    static const struct {
        const char *text;
        bool whole;
        struct magic magic;
    } lines[] = {
        { "Iteration 0:", false, PRINTED("Stata") },
        { "Performing EM optimization", false, PRINTED("Stata") },
        { "Mixed-effects REML regression ", false, PRINTED("Stata") },
        { "Mixed-effects ML regression ", false, PRINTED("Stata") },
        { "Linear mixed model fit by ", false, PRINTED("R or Julia") },
        { "Generalized Linear Mixed Model fit by ", false, PRINTED("Julia") },
        { "Generalized linear mixed model fit by ", false, PRINTED("R") },
        { "Linear mixed-effects model fit by ", false, PRINTED("R") },
        { "Cumulative Link Mixed Model fitted with ", false, PRINTED("R") },
        { "Scaled residuals:", true, PRINTED("R") },
        { "Call:", true, PRINTED("R") },
        { "Conditional model:", true, PRINTED("R") },
        { "Mixed Linear Model Regression Results", true, PRINTED("Python (statsmodels)") },
        { "Estimates of Fixed Effects", false, PRINTED("SPSS") },
    };

    for (size_t k = 0; k < sizeof lines / sizeof *lines; k++) {
        size_t text = strlen(lines[k].text);

        if ((lines[k].whole ? length == text : length >= text) && memcmp(line, lines[k].text, text) == 0)
            return &lines[k].magic;
    }
    return is_procedure(line, length) ? &sas : NULL;
#undef PRINTED
}

const struct magic *magic_of_output(const char *bytes, size_t count)
{
    enum { NEAR = 4096 };
    const char *end = bytes + (count < NEAR ? count : NEAR);

    for (const char *line = bytes, *stop; line < end; line = stop + 1) {
        const struct magic *found;
        size_t length;

        stop = memchr(line, '\n', (size_t)(end - line));
        stop = stop == NULL ? end : stop;
        for (length = (size_t)(stop - line); length > 0 && strchr(" \t\r\f", *line) != NULL && *line != '\0'; length--)
            line++;
        while (length > 0 && (line[length - 1] == ' ' || line[length - 1] == '\r'))
            length--;
        if ((found = find_printed(line, length)) != NULL)
            return found;
    }
    return NULL;
}
