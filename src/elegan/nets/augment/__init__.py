"""Augmentation inside the discriminator, of every image that it sees."""
