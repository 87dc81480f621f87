# mutants.awk -- lists what can be changed in C files, one change a line: FILE:LINE:COLUMN:OLD:NEW, tab-separated.
#
# An operator becomes its neighbour, a constant another one.  Comments, texts, preprocessor lines, assertions, declarations of sizes and
# the error messages' own conditions are left alone; so is what is no operator (the `*` and `&` of pointers, `->`, a unary minus).

function offer(column, old, new) {
    printf "%s\t%d\t%d\t%s\t%s\n", FILENAME, FNR, column, old, new
}

# The line with comments and texts blanked, columns kept.
function code_of(line,    out, i, c, two, quote) {
    out = ""
    quote = ""
    for (i = 1; i <= length(line); i++) {
        c = substr(line, i, 1)
        two = substr(line, i, 2)
        if (comment) {
            if (two == "*/") {
                comment = 0
                out = out " "
                i++
            }
            out = out " "
        } else if (quote != "") {
            if (c == "\\") {
                out = out " "
                i++
            } else if (c == quote)
                quote = ""
            out = out " "
        } else if (two == "/*") {
            comment = 1
            out = out "  "
            i++
        } else if (c == "\"" || c == "'") {
            quote = c
            out = out " "
        } else
            out = out c
    }
    return out
}

BEGIN {
    split("<= >= == != && || < > + - * /", olds, " ")
    split("< > != == || && <= >= - + / *", news, " ")
    for (i in olds)
        change[olds[i]] = news[i]
    # A constant becomes another: what a count, a factor or a threshold may be wrong by.
    split("0 1 2 3 0.5 1.0 2.0 0.0", numbers, " ")
    split("1 2 1 4 1.0 2.0 1.0 1.0", others, " ")
    for (i in numbers)
        constant[numbers[i]] = others[i]
}

FNR == 1 { comment = 0 }

{
    code = code_of($0)
    if (code ~ /^#/ || code ~ /assert *\(/ || code ~ /sizeof|enum|static const|_alloc\(|NEW_ARRAY|mem_/)
        next
    for (i = 1; i <= length(code); i++) {
        rest = substr(code, i)
        before = substr(code, i - 1, 1)
        if (before == " " && match(rest, /^(<=|>=|==|!=|&&|\|\||[-+*\/<>]) /)) {
            old = substr(rest, 1, RLENGTH - 1)
            if (i > 2 && substr(code, 1, i - 1) ~ /[A-Za-z0-9_)\]] +$/)
                offer(i, old, change[old])
            i += RLENGTH - 1
        } else if (before !~ /[A-Za-z0-9_.]/ && match(rest, /^[0-9][0-9A-Za-z_.]*([eE][-+][0-9]+)?/)) {
            old = substr(rest, 1, RLENGTH)
            if (old in constant)
                offer(i, old, constant[old])
            else if (old ~ /^[0-9.]+[eE]-[0-9]+$/) # a threshold, a thousand times as large
                offer(i, old, sprintf("%s", old) "*1000")
            i += RLENGTH - 1
        }
    }
}
