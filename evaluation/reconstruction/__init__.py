"""What a checkpoint's autoencoder alone costs: real images encoded and decoded, kept as an image set."""
