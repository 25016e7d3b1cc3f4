"""Insight: the rules of reporting rates, which ``route311 insight rates`` applies."""
