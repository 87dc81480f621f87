# rounded.awk -- what the program printed, without what may differ between processors.
#
# What JSON has of a number, and CSV, are all its bits (up to 17 digits), and the last of these depend on the processor, for which the
# BLAS chooses its kernels: they are compared to eight significant digits, and what is next to nothing as 0; so is what `last text` has
# beyond the 12 digits that are sound.  Everything else is compared to the byte, also a field of CSV with at most ten digits or three
# decimals: one number in ten thousand has its 17 digits by chance in 12.
function digits(number)
{
    sub(/e.*/, "", number)
    gsub(/[-.]/, "", number)
    sub(/^0+/, "", number)
    return length(number)
}
{
    line = ""
    json = /^[{]"/
    separated = /[,\t]/
    while (match($0, /-?[0-9]+\.[0-9]+(e[-+]?[0-9]+)?|-?[0-9]+e[-+]?[0-9]+/)) {
        number = substr($0, RSTART, RLENGTH)
        before = RSTART > 1 ? substr($0, RSTART - 1, 1) : line == "" ? "," : "."
        line = line substr($0, 1, RSTART - 1)
        $0 = substr($0, RSTART + RLENGTH)
        field = separated && before ~ /[,\t]/ && $0 ~ /^([,\t]|$)/
        if (json || digits(number) > 12 || field && digits(number) >= 11 && number !~ /\.[0-9]?[0-9]?[0-9]$/)
            number = (number + 0 < 1e-7 && number + 0 > -1e-7) ? "0" : sprintf("%.8g", number + 0)
        line = line number
    }
    $0 = line $0
    gsub(/"iterations":[-+.0-9e]*/, "\"iterations\":N")
    gsub(/"evaluations":[-+.0-9e]*/, "\"evaluations\":N")
    gsub(/"gain":[-+.0-9e]*/, "\"gain\":N")
    gsub(/"gradient":[-+.0-9e]*/, "\"gradient\":N")
    print
}
