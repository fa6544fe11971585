"""What lies in a run's latent space: walks, tables, the latents of real pictures, directions and what they change."""
