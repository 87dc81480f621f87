# Makes design.txt: what R's model.matrix and lme4's lFormula give for formulas on the bundled data.
# Run in the root of the sources:  Rscript tests/reference/design/make-design.R > tests/reference/design/design.txt
# Factors are sorted bytewise (C locale), as the data reader does.
#
# A case is a line of tabs:
#   case  DATA  FORMULA  CONTRASTS  ROWS
# and then, each a line:
#   x     NAME  SUM  SUM_OF_SQUARES  SUM_OF_X_SIN_I        a column that lm keeps, in order
#   drop  NAME                                              a column that lm drops
#   random  GROUP  LEVELS  FIRST_LEVEL  SECOND_LEVEL  LAST_LEVEL  SUM_OF_LEVEL_SIN_I (levels count from 1)
#   z     NAME  SUM  SUM_OF_SQUARES  SUM_OF_X_SIN_I        a column of that random term
invisible(Sys.setlocale("LC_COLLATE", "C"))
suppressMessages(library(lme4))

read_data <- function(name) {
    path <- if (name == "insteval") gzfile("data/insteval.csv.gz") else
        if (file.exists(f <- sprintf("data/%s.csv", name))) f else sprintf("tests/reference/data/%s.csv", name)
    quoted <- read.csv(path, colClasses = "character", quote = "", na.strings = character())
    if (name == "insteval") path <- gzfile("data/insteval.csv.gz")
    d <- read.csv(path, stringsAsFactors = FALSE)
    for (v in names(d)) {                   # quoted columns are factors; levels that are numbers are sorted as numbers
        quotes <- startsWith(quoted[[match(v, names(d))]], "\"")
        if (is.character(d[[v]]) || any(quotes))
            d[[v]] <- factor(d[[v]], levels = sort(unique(d[[v]]), method = "radix"))
    }
    d
}

cases <- list(
    c("sleepstudy", "Reaction ~ Days + (Days | Subject)"),
    c("sleepstudy", "Reaction ~ 0 + Days + (0 + Days | Subject)"),
    c("sleepstudy", "Reaction ~ poly(Days, 3) + (1 | Subject)"),
    c("sleepstudy", "Reaction ~ poly(Days, 2, raw = TRUE) + (poly(Days, 2) | Subject)"),
    c("sleepstudy", "Reaction ~ I(Days^2) + log(Days + 1) + sqrt(Days) + (1 | Subject)"),
    c("sleepstudy", "Reaction ~ scale(Days) * I(Days > 4) + (1 | Subject)"),
    c("sleepstudy", "Reaction ~ Days + I(2 * Days + 1) + I(Days^2) + (1 | Subject)"),
    c("sleepstudy", "Reaction ~ factor(Days) + (1 | Subject)"),
    c("sleepstudy", "Reaction ~ factor(Days) + Days + (1 | Subject)"),
    c("sleepstudy", "Reaction ~ Days + (1 | Subject:Days)", "olre"),
    c("sleepstudy_na", "Reaction ~ Days + (Days | Subject)"),
    c("sleepstudy", "Reaction ~ round(Days / 3, 1) + I(-Days %% 4) + I(Days %/% 4) + I(-Days^2) + (1 | Subject)"),
    c("sleepstudy", "Reaction ~ pmin(Days, 5) + exp(-Days / 10) * ifelse(Days > 4, Days, 0) + (1 | Subject)"),
    c("sleepstudy", "Reaction ~ rank(-Days) + I(Days - mean(Days)) + log(Days + 1, 2) + signif(exp(Days), 2) + (1 | Subject)"),
    c("sleepstudy_na", "Reaction ~ scale(Reaction > 300) + I(!(Days %in% c(1, 3)) & Days < 8) + (1 | Subject)"),
    c("cake", "angle ~ recipe * ordered(temp) + (1 | replicate)"),
    c("cake", "angle ~ relevel(recipe, ref = \"B\") * temp + (1 | replicate)"),
    c("cake", "angle ~ interaction(recipe, temp) + recipe + replicate + (1 | interaction(recipe, replicate))"),
    c("cake", "angle ~ factor(recipe, levels = c(\"C\", \"A\", \"B\")) * I(recipe == \"A\") + (1 | replicate)"),
    c("cake", "angle ~ recipe * factor(temp) + (1 | recipe:replicate)"),
    c("cake", "angle ~ recipe * temp + (1 | replicate/recipe)"),
    c("cake", "angle ~ recipe:temp + (1 | replicate)"),
    c("cake", "angle ~ 0 + recipe:factor(temp) + (1 | replicate)"),
    c("cake", "angle ~ 0 + recipe + temp + (1 | replicate)"),
    c("cake", "angle ~ temp + recipe %in% temp + (1 | replicate)"),
    c("cake", "angle ~ recipe * factor(temp) + (1 | replicate)", "sum"),
    c("cake", "angle ~ recipe * factor(temp) + (1 | replicate)", "helmert"),
    c("cake", "angle ~ recipe * factor(temp) + (1 | replicate)", "poly"),
    c("cake", "angle ~ recipe/factor(temp) - 1 + (1 | replicate)"),
    c("cake", "angle ~ (recipe + factor(temp) + I(temp > 200))^2 + (1 | replicate)"),
    c("cake", "angle ~ recipe + factor(temp) + recipe:factor(temp) - recipe + (1 | replicate)"),
    c("cake", "angle ~ poly(temp, 2):recipe + (recipe | replicate)"),
    c("cake", "angle ~ recipe + temp + (0 + recipe | replicate) + (1 | factor(temp))"),
    c("cake", "angle ~ I(temp > 190) * recipe + (1 | replicate)"),
    c("cake", "angle ~ I(temp > 190) + 0 + recipe:temp + (1 | replicate)"),
    c("oats", "yield ~ nitro * Variety + (1 | Block/Variety)"),
    c("oats", "yield ~ Variety/nitro + (1 | Block) + (1 | Block:Variety)"),
    c("oats", "yield ~ factor(nitro) * Variety * Block + (1 | Block)"),
    c("oats", "yield ~ 0 + factor(nitro):Variety + Block + (1 | Block)"),
    c("oats", "yield ~ nitro:Variety:Block + (nitro:Variety | Block)"),
    c("oats", "yield ~ nitro + I(nitro^2) + I(nitro^3) + I(nitro^4) + (1 | Block)"),
    c("machines", "score ~ Machine + (0 + Machine | Worker)"),
    c("machines", "score ~ Machine + (Machine | Worker)"),
    c("machines", "score ~ Machine * factor(Worker) + (1 | Machine)"),
    c("pastes", "strength ~ 1 + (1 | batch/cask)"),
    c("pastes", "strength ~ cask * batch + (1 | cask)"),
    c("pastes", "strength ~ batch + sample + (1 | cask)"),
    c("orthodont", "distance ~ age * Sex + (age | Subject)"),
    c("orthodont", "distance ~ Sex + age:Sex + (1 | Subject)"),
    c("orthodont", "distance ~ 0 + Sex + Sex:age + (0 + Sex | Subject)"),
    c("penicillin", "diameter ~ 1 + (1 | plate) + (1 | sample)"),
    c("bacteria", "as.numeric(y) ~ trt * wk2 + hilo + (1 | ID)"),
    c("bacteria", "week ~ ap * hilo * trt + (1 | ID)"),
    c("epil", "y ~ lbase * trt + lage + V4 + (1 | subject) + (1 | subject:period)", "olre"),
    c("salamanders", "count ~ spp * mined + (mined | site)"),
    c("salamanders", "count ~ mined / spp + (1 | spp:site)"),
    c("grouseticks", "TICKS ~ factor(YEAR) + HEIGHT_c + (1 | BROOD) + (1 | LOCATION)"),
    c("owls", "SiblingNegotiation ~ FoodTreatment * SexParent + (1 | Nest)"),
    c("verbagg", "Anger ~ Gender * btype + situ + mode:situ + (1 | id) + (btype | item)"),
    c("insteval", "y ~ service * studage + (1 | s) + (1 | dept:service)"))

number <- function(x) formatC(x, digits = 17, format = "g")
summary_of <- function(x) number(c(sum(x), sum(x^2), sum(x * sin(seq_along(x)))))
line <- function(...) cat(..., sep = "\t", fill = FALSE)

cat("# ", R.version.string, ", lme4 ", as.character(packageVersion("lme4")), "; made by make-design.R\n", sep = "")
for (case in cases) {
    d <- read_data(case[1])
    kind <- if (length(case) > 2) case[3] else ""
    f <- as.formula(case[2])
    options(contrasts = if (kind %in% c("sum", "helmert", "poly")) rep(paste0("contr.", kind), 2) else c("contr.treatment", "contr.poly"))
    control <- lmerControl(check.nobs.vs.nlev = "ignore", check.nobs.vs.nRE = "ignore", check.rankX = "ignore", check.scaleX = "ignore")
    lf <- suppressMessages(suppressWarnings(lFormula(f, d, control = control)))
    x <- lf$X
    fit <- lm.fit(x, lf$fr[[1]])
    dropped <- is.na(fit$coefficients)
    line("case", case[1], case[2], kind, paste0(nrow(x), "\n"))
    for (j in which(!dropped)) cat(paste(c("x", colnames(x)[j], summary_of(x[, j])), collapse = "\t"), "\n", sep = "")
    for (j in which(dropped)) cat("drop\t", colnames(x)[j], "\n", sep = "")
    bars <- findbars(f)
    for (bar in bars) {
        label <- deparse(bar[[3]])
        g <- lf$reTrms$flist[[label]]
        z <- model.matrix(eval(substitute(~ foo, list(foo = bar[[2]]))), lf$fr)
        l <- levels(g)
        cat(paste(c("random", label, length(l), l[1], l[2], l[length(l)], number(sum(as.integer(g) * sin(seq_along(g))))), collapse = "\t"), "\n", sep = "")
        for (j in seq_len(ncol(z))) cat(paste(c("z", colnames(z)[j], summary_of(z[, j])), collapse = "\t"), "\n", sep = "")
    }
}
