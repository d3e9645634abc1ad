"""What is known of readers and no longer needed: how long each thing is kept, and its task."""
