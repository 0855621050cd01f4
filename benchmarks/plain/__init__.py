"""The plain version, which ours is measured against: an app of its own, never deployed."""
