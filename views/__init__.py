"""What is shown: pages, maps, charts, printed sheets, and the words in both languages."""
