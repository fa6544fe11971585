"""Augmentation inside the discriminator: what it sees of every image."""
