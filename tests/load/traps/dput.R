structure(list(y = c(2.5, 3.5), g = c("a", "b")), class = "data.frame", row.names = c(NA, -2L))
