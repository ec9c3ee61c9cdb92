"""Evidence that holds without the portal: bundles, signed checkpoints, who looked, what partners supplied (§11.5)."""
