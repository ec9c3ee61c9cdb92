"""What a sandbox has beside the portal itself: a made-up grid, scenarios to be played, and a way to begin anew."""
