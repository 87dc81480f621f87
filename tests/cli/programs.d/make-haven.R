library(haven)
d <- data.frame(id = 1:4,
    arm = labelled_spss(c(1, 2, 1, 9), c(placebo = 1, drug = 2, refused = 9), na_values = 9, label = "treatment arm"),
    weight = c(2.5, NA, 1e10, -0.25), day = as.Date(c("2024-01-31", "2024-02-29", NA, "1969-12-31")),
    at = as.POSIXct(c("2024-01-31 08:30:00", "2024-02-29 23:59:59", NA, "1969-12-31 00:00:00"), tz = "UTC"),
    name = c("K\u00f6ln", "a, b", "", "say \"x\""), stringsAsFactors = FALSE)
write_sav(d, "haven.sav")
d$arm <- labelled(c(1, 2, 1, tagged_na("r")), c(placebo = 1, drug = 2, refused = tagged_na("r")), label = "treatment arm")
write_dta(d, "haven-8.dta", version = 8)
write_dta(d, "haven-15.dta", version = 15)
d$arm <- c(1, 2, 1, NA)
write_xpt(d, "haven.xpt", version = 5, name = "TRIAL")
library(foreign)
d <- data.frame(x = c(1L, NA, 3L), f = factor(c("drug", NA, "placebo"), levels = c("placebo", "drug", "unused")),
    s = iconv(c("K\u00f6ln", "b", "c"), to = "latin1"), stringsAsFactors = FALSE)
write.dta(d, "foreign.dta", version = 8)
write.dbf(d, "foreign.dbf")
write.arff(d, "foreign.arff")
