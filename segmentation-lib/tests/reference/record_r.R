#!/usr/bin/env Rscript
# Records gap statistics and bootstrap stability as R computes them into validation.json.
#
#     Rscript record_r.R    needs the packages cluster, fpc and jsonlite
#
# Both draw at random, so what is compared with them are means over many draws.
suppressPackageStartupMessages({
  library(cluster)
  library(fpc)
  library(jsonlite)
})

file <- sub("--file=", "", grep("--file=", commandArgs(FALSE), value = TRUE))
here <- if (length(file) > 0) dirname(normalizePath(file)) else "."

set.seed(1)
blob <- function(n, centre, spread) sweep(matrix(rnorm(n * length(centre), sd = spread), n), 2, centre, "+")
sets <- list(
  separated = rbind(blob(60, c(0, 0), 1), blob(50, c(8, 0), 1), blob(40, c(0, 9), 1)),
  overlapping = rbind(blob(90, c(0, 0, 0), 1), blob(60, c(3, 0, 1), 1.2), blob(50, c(0, 3, -1), 0.8)),
  uniform = matrix(runif(300), 150),
  correlated = rbind(blob(80, c(0, 0), 1), blob(80, c(9, 1), 1)) %*% matrix(c(1, 0.6, 0, 0.8), 2)
)

gap <- function(x, space) {
  found <- clusGap(x, kmeans, K.max = 6, B = 500, d.power = 2, spaceH0 = space, nstart = 20, iter.max = 100, verbose = FALSE)
  list(
    box = space,
    log_w = found$Tab[, "logW"],
    gap = found$Tab[, "gap"],
    error = found$Tab[, "SE.sim"],
    k = maxSE(found$Tab[, "gap"], found$Tab[, "SE.sim"], method = "Tibs2001SEmax")
  )
}

boot <- function(x, k) {
  found <- clusterboot(x, B = 400, bootmethod = "boot", clustermethod = kmeansCBI, krange = k, runs = 20, seed = 1, count = FALSE)
  by_size <- order(-table(found$partition))
  list(k = k, sizes = as.vector(table(found$partition))[by_size], jaccard = found$bootmean[by_size])
}

record <- function(name) {
  x <- round(sets[[name]], 6)
  list(
    name = name,
    points = x,
    gaps = list(gap(x, "original"), gap(x, "scaledPCA")),
    stability = lapply(2:4, function(k) boot(x, k))
  )
}

versions <- list(R = as.character(getRversion()), cluster = as.character(packageVersion("cluster")), fpc = as.character(packageVersion("fpc")))
out <- list(versions = versions, cases = lapply(names(sets), record))
write_json(out, file.path(here, "validation.json"), digits = 10, auto_unbox = TRUE)
