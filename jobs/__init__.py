"""The jobs behind both doors: each joins what `geo` reads, what `analysis` computes and what `views` words."""
