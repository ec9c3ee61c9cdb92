"""What homes do: days computed when somebody asks, from the seed and from what was ordered; nothing ticks."""
