"""The consumer loop: decode, one transaction per batch, retry, dead letters, offsets."""
