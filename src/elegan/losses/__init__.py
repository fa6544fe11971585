"""Losses to minimise: adversarial losses, penalties, regularisers, criteria."""
