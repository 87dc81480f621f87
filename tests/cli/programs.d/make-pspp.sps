data list list /id (f4.0) arm (f1.0) x (f8.2) day (date11) name (a12) score (f3.0).
begin data
1 1 1.5 31-jan-2024 "Anna" 5
2 2 . 01-feb-2024 "Köln" -99
3 1 1e10 15-mar-1999 "a, b" 7
4 9 -0.25 . " lead" 8
end data.
value labels arm 1 "placebo" 2 "drug" 9 "refused".
missing values arm (9) score (-99).
variable labels x "size of it".
save outfile="pspp.sav" /uncompressed.
save outfile="pspp-compressed.sav" /compressed.
save outfile="pspp.zsav" /zcompressed.
export outfile="pspp.por".
