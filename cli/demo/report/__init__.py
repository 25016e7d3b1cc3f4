"""What a person sees of the day: live while it is played, and summed up at its end."""
