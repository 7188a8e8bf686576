"""Plots as SVG: rates by model, by noise, and over sessions."""
