# peers.R PROGRAM MODELS PLACE...: fits the models of models.tsv with lme4, glmmTMB or ordinal and prints a line each: name, seconds.
# The seconds are the median over the runs of the fitting call alone; the data are read before, from the first PLACE that has them.
arguments <- commandArgs(TRUE)
program <- arguments[1]
models <- read.delim(arguments[2], quote = "", colClasses = "character")
places <- arguments[-(1:2)]
suppressPackageStartupMessages(library(program, character.only = TRUE))

read_data <- function(name) {
    candidates <- c(outer(c(".csv", ".csv.gz"), file.path(places, name), function(end, start) paste0(start, end)))
    path <- candidates[file.exists(candidates)][1]
    if (grepl("gz$", path)) path <- gzfile(path)
    utils::read.csv(path, stringsAsFactors = TRUE)
}

family_of <- function(row) switch(row$family, binomial = binomial(), poisson = poisson(), Gamma = Gamma("log"), gaussian = gaussian())

fit_lme4 <- function(row, data) {
    formula <- as.formula(row$formula)
    nodes <- as.integer(sub(".*nodes=", "", row$method))
    if (row$family == "gaussian") return(lme4::lmer(formula, data, REML = row$method == "reml"))
    if (row$family == "nbinom2") return(lme4::glmer.nb(formula, data))
    lme4::glmer(formula, data, family_of(row), nAGQ = if (grepl("nodes=", row$method)) nodes else 1L)
}

# "nbinom2 zi=~mined": a family, and the formula of its zeros.
fit_glmmTMB <- function(row, data) {
    zi <- if (grepl(" zi=", row$family)) as.formula(sub(".* zi=", "", row$family)) else ~0
    row$family <- sub(" zi=.*", "", row$family)
    family <- if (row$family == "nbinom2") glmmTMB::nbinom2() else family_of(row)
    glmmTMB::glmmTMB(as.formula(row$formula), data, family = family, ziformula = zi, REML = row$method == "reml")
}

# The categories are numbers, or texts in the order of the alphabet.
fit_ordinal <- function(row, data) ordinal::clmm(as.formula(row$formula), data)

for (i in seq_len(nrow(models))) {
    row <- models[i, ]
    if (row[[program]] == "-") next
    data <- read_data(row$data)
    if (program == "ordinal") {
        response <- all.vars(as.formula(row$formula))[1]
        data[[response]] <- ordered(data[[response]])
    }
    fit <- switch(program, lme4 = fit_lme4, glmmTMB = fit_glmmTMB, ordinal = fit_ordinal)
    seconds <- replicate(as.integer(row$runs), {
        gc()
        system.time(suppressMessages(suppressWarnings(fit(row, data))))[["elapsed"]]
    })
    cat(row$name, "\t", format(median(seconds), digits = 6), "\n", sep = "")
}
