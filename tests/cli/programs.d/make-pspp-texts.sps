DATA LIST LIST /id (F8.0) grp (A2) sex (A1) long (A12) part (A1) dup (A1).
BEGIN DATA
1 "a" "M" "first answer" "x" "1"
2 "b" "F" "second one" "y" "2"
3 "a" "M" "first answer" "x" "3"
4 "zz" "" "second one" "y" "1"
END DATA.
VALUE LABELS grp "a" "Zeta" "b" "Beta" "zz" "no answer" "c" "unused" /sex "M" "male" "F" "female" /long "first answer" "1st" "second one" "2nd" /part "x" "X only" /dup "1" "same" "2" "same" "3" "other".
MISSING VALUES grp ("zz").
SAVE OUTFILE="pspp-texts.sav".
