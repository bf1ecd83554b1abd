# Re-analysis of this bundle in R, with programs that have nothing to do with the one that wrote it.
#
#   Rscript reanalyse.R          (in the folder of the unpacked bundle)
#
# Needs R alone for the first part; every other part is done where its package is installed, and says so where it is not:
#   install.packages(c("iMRMC", "MRMCaov", "RJafroc", "lme4", "ordinal", "irr", "jsonlite"))
# Positive means synthetic everywhere. Hidden repeats serve only the agreement of readers with themselves.

@SETTINGS@

have <- function(package) {
  found <- requireNamespace(package, quietly = TRUE)
  if (!found) message("-- ", package, " is not installed: this part is left out.")
  found
}
part <- function(title) cat("\n== ", title, " ==\n", sep = "")
attempt <- function(expression) tryCatch(print(expression), error = function(e) message("-- ", conditionMessage(e)))

# Text cells that a spreadsheet would run carry one more apostrophe in front.
table_of <- function(file) {
  rows <- read.csv(file, stringsAsFactors = FALSE, check.names = FALSE, encoding = "UTF-8", na.strings = "")
  text <- vapply(rows, is.character, logical(1))
  rows[text] <- lapply(rows[text], function(cell) sub("^'", "", cell))
  names(rows) <- sub("^'", "", names(rows))
  rows
}
scores_of <- function(file) {
  lines <- readLines(file, encoding = "UTF-8")
  rows <- lines[-seq_len(which(lines == "BEGIN DATA:")[1])]
  read.csv(text = rows, header = FALSE, colClasses = c("character", "character", "character", "numeric"),
           col.names = c("readerID", "caseID", "modalityID", "score"))
}

reads <- table_of("reads.csv")
reads$arm[is.na(reads$arm)] <- "reading"
reads$label <- ifelse(reads$truth == 1 & !is.na(reads$generator), reads$generator, reads$source)
first <- reads[reads$is_repeat == 0, ]
first$reader <- factor(first$reader_code)
first$case <- factor(first$case_code)
first$correct <- as.integer(first$call == first$truth)

part("Readers: accuracy, sensitivity, specificity, area under the ROC curve (base R)")
auc <- function(rating, truth) {
  use <- !is.na(rating)
  ranks <- rank(rating[use])
  positive <- truth[use] == 1
  n1 <- sum(positive)
  n0 <- sum(!positive)
  (sum(ranks[positive]) - n1 * (n1 + 1) / 2) / (n1 * n0)
}
per_reader <- do.call(rbind, lapply(split(first, list(first$reader, first$arm), drop = TRUE), function(own) {
  data.frame(
    reader = own$reader_code[1], arm = own$arm[1], n = sum(!is.na(own$call)),
    accuracy = mean(own$correct, na.rm = TRUE),
    sensitivity = mean(own$call[own$truth == 1], na.rm = TRUE),
    specificity = 1 - mean(own$call[own$truth == 0], na.rm = TRUE),
    auc = auc(own$rating, own$truth)
  )
}))
rownames(per_reader) <- NULL
print(per_reader, digits = 10)

part("All readers against chance (base R): Obuchowski-Rockette, one test, DeLong covariance, Hillis df")
one_test <- function(values) {
  # values: cases x readers, complete; rows named by case
  positive <- first$truth[match(rownames(values), first$case_code)] == 1
  n1 <- sum(positive)
  n0 <- sum(!positive)
  readers <- ncol(values)
  if (n1 < 2 || n0 < 2 || readers < 2) stop("two readers and two cases of each class are needed")
  beats <- function(x, others) vapply(x, function(one) mean((one > others) + (one == others) / 2), numeric(1))
  v10 <- apply(values, 2, function(column) beats(column[positive], column[!positive]))
  v01 <- apply(values, 2, function(column) 1 - beats(column[!positive], column[positive]))
  covariance <- cov(v10) / n1 + cov(v01) / n0
  areas <- colMeans(v10)
  ms_r <- var(areas)
  cov2 <- (sum(covariance) - sum(diag(covariance))) / (readers * (readers - 1))
  denominator <- ms_r + readers * max(cov2, 0)
  error <- sqrt(denominator / readers)
  df <- denominator^2 / (ms_r^2 / (readers - 1))
  estimate <- mean(areas)
  half <- qt(1 - alpha / 2, df) * error
  t <- (estimate - null) / error
  inside <- qt(1 - alpha, df) * error
  data.frame(
    estimate = estimate, standard_error = error, df = df, low = estimate - half, high = estimate + half,
    p_value = 2 * pt(-abs(t), df),
    equivalent_within_margin = estimate - inside > null - margin & estimate + inside < null + margin
  )
}
wide_of <- function(column, arm) {
  own <- first[first$arm == arm, ]
  values <- tapply(own[[column]], list(own$case_code, own$reader_code), mean)
  values[stats::complete.cases(values), , drop = FALSE]
}
for (arm in unique(first$arm)) {
  cat("Arm: ", arm, "\n", sep = "")
  cat("Balanced accuracy (the area under the ROC curve of the calls)\n")
  attempt(one_test(wide_of("call", arm)))
  cat("Area under the ROC curve of the ratings\n")
  attempt(one_test(wide_of("rating", arm)))
}

part("iMRMC: U-statistics of ratings")
if (have("iMRMC") && file.exists("reads.imrmc")) attempt(iMRMC::doIMRMC(scores_of("reads.imrmc"))$Ustat)

part("MRMCaov and RJafroc: arms against each other")
arms <- length(unique(first$arm))
if (arms < 2) {
  message("-- There is one arm, and these programs compare at least two.")
} else {
  if (have("MRMCaov")) attempt({
    suppressPackageStartupMessages(library(MRMCaov))
    summary(mrmc(empirical_auc(truth, rating), treatment, reader, case, data = table_of("mrmcaov.csv")))
  })
  if (file.exists("rjafroc.xlsx") && have("RJafroc")) attempt({
    study <- RJafroc::DfReadDataFile("rjafroc.xlsx", newExcelFileFormat = TRUE)
    RJafroc::St(study, FOM = "Wilcoxon", method = "OR")$RRRC
  })
}

part("lme4: crossed readers and cases")
if (have("lme4")) {
  attempt(summary(lme4::glmer(correct ~ 1 + (1 | reader) + (1 | case), data = first, family = binomial)))
  cat("Signal detection: the slope is d', minus the intercept is the criterion\n")
  attempt(summary(lme4::glmer(call ~ I(truth - 0.5) + (1 | reader) + (1 | case), data = first,
                              family = binomial("probit"))))
  cat("Learning: log odds ratio of a correct call for one standard deviation along the list\n")
  attempt(summary(lme4::glmer(correct ~ scale(trial_index) + (1 | reader) + (1 | case), data = first,
                              family = binomial)))
  if (any(first$seconds_active > 0, na.rm = TRUE)) {
    timed <- first[!is.na(first$seconds_active) & first$seconds_active > 0, ]
    attempt(summary(lme4::lmer(log(seconds_active) ~ truth + scale(trial_index) + (1 | reader) + (1 | case),
                               data = timed)))
  }
}

part("ordinal: realism by source")
if ("realism" %in% names(first) && any(!is.na(first$realism)) && have("ordinal")) {
  rated <- first[!is.na(first$realism), ]
  rated$realism <- factor(rated$realism, ordered = TRUE)
  attempt(summary(ordinal::clmm(realism ~ label + (1 | reader) + (1 | case), data = rated)))
}

part("irr: agreement between readers")
if (have("irr")) {
  columns <- function(file) {
    rows <- table_of(file)
    as.matrix(rows[setdiff(names(rows), c("case_code", "source", "truth"))])
  }
  if (file.exists("wide/calls.csv")) {
    calls <- columns("wide/calls.csv")
    attempt(irr::kappam.fleiss(stats::na.omit(calls)))
    attempt(irr::kripp.alpha(t(calls), "nominal"))
  }
  if (file.exists("wide/ratings.csv")) {
    attempt(irr::kripp.alpha(t(columns("wide/ratings.csv")), "ordinal"))
    attempt(irr::icc(columns("wide/ratings.csv"), model = "twoway", type = "agreement", unit = "single"))
  }
}

part("What results.json says of the primary endpoint")
if (have("jsonlite")) {
  primary <- jsonlite::fromJSON("results.json")$analysis$primary
  str(primary[intersect(names(primary), c("name", "random", "verdict"))], max.level = 2)
}
